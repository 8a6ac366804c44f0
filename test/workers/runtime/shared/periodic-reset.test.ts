/** A new day in an installation of several processes: stock held across midnight belongs to the old one, over HTTP and over Kafka alike. */
import { beforeEach, describe, expect, it } from 'vitest';
import { partitionOf } from '../../../../core/stream.ts';
import { decode, encode } from '../../../../schemas/codec.ts';
import type { ValueReply } from '../../../../schemas/messages.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import type { NextAnswer } from '../../../../workers/runtime/service/service.ts';
import { type Installation, installed, until } from './processes.ts';

const TIME_ZONE = 'Pacific/Auckland';
/** Midnight there, between the 29th and the 30th. */
const MIDNIGHT_MS = Date.parse('2026-11-29T11:00:00Z');
const [YESTERDAY, TODAY] = ['2026-11-29', '2026-11-30'];
/** So slow that a second before midnight lasts for the whole test, on a busy machine, too. */
const SLOWNESS = 1_000;

let installation: Installation;
let jumpedMs: number;

beforeEach(async () => {
  installation = await installed();
  const startMs = Date.now();
  jumpedMs = -1_000;
  installation.nowMs = () => MIDNIGHT_MS + jumpedMs + Math.floor((Date.now() - startMs) / SLOWNESS);
});

function printed({ blocks, printing }: NextAnswer): string[] {
  return blocks.flatMap(({ start, count }) => Array.from({ length: count }, (_, n) => printing?.write(start + BigInt(n)) ?? ''));
}

describe('a sequence that begins again each day, in an installation of several processes', () => {
  it('gives out nothing of yesterday after midnight, although a pool holds it, and the same over Kafka', { timeout: 30_000 }, async () => {
    await installation.allocator('allocator-a');
    await installation.filler('filler-a', 'pool-0');
    const { service, parts } = await installation.gateway('gateway-a');
    await until(() => parts.members.livingPools().length === 1);
    await service.create('tickets', { format: '{YYYY}-{MM}-{DD}/{value:04}', reset: 'daily', timeZone: TIME_ZONE });
    const { log } = parts;
    const partition = partitionOf('tickets', parts.partitionCount);

    let asked = 0;
    /** A request over Kafka, and its reply. */
    async function overKafka(count: number): Promise<ValueReply> {
      const request = `r-${++asked}`;
      const said = { kind: 'ValueRequest', request, sequence: 'tickets', count, clientType: 'pos', service: 'till', clientId: '' } as const;
      const from = await log.endOffset(TOPICS.values.name, partition);
      const record = encode({ ...said, replyTopic: TOPICS.values.name });
      await log.append({ topic: TOPICS.requests.name, partition, records: [record] });
      for (;;) {
        const entries = await log.read(TOPICS.values.name, partition, from, 10);
        const replies = entries.map(({ bytes }) => decode(bytes)).filter((each) => each.kind === 'ValueReply');
        const reply = replies.find((each) => each.request === request);
        if (reply !== undefined) return reply;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }

    const caller = { sequence: 'tickets', clientType: 'pos', service: 'till' };
    expect(printed(await service.next({ ...caller, count: 2 }))).toEqual([`${YESTERDAY}/0001`, `${YESTERDAY}/0002`]);
    const before = await overKafka(1);
    expect(before).toMatchObject({ formatted: [`${YESTERDAY}/0003`], period: YESTERDAY, error: '' });
    const old = service.describe('tickets').generation;
    const store = installation.store('pool-0');
    const held = async (): Promise<number> => {
      const cursors = (await store.cursors()).filter(({ generation }) => generation === old);
      return cursors.reduce((sum, { cursor, end }) => sum + end - cursor, 0);
    };
    expect(await held()).toBeGreaterThan(0);

    // Midnight passes while nobody begins the new day: there is stock, and it is not served.
    await installation.stop('allocator-a');
    jumpedMs = 0;
    const waiting = [service.next({ ...caller, count: 1 }), overKafka(2)] as const;
    const served = await Promise.race([...waiting, new Promise((resolve) => setTimeout(() => resolve('nothing'), 300))]);
    expect(served).toBe('nothing');
    expect(await held()).toBeGreaterThan(0);

    await installation.allocator('allocator-b');
    const [answer, reply] = await Promise.all(waiting);
    expect(answer.period).toBe(TODAY);
    expect(reply.period).toBe(TODAY);
    const all = [...printed(answer), ...reply.formatted, ...printed(await service.next({ ...caller, count: 1 }))];
    expect(all.sort()).toEqual([1, 2, 3, 4].map((number) => `${TODAY}/000${number}`));
    expect(service.describe('tickets').generation).toBeGreaterThan(old);
    // What was held goes back to the ledger, closed, and the books balance.
    await until(() => parts.reader.shards.every((state) => [...state.openShards.values()].every(({ generation }) => generation > old)));
    expect(await service.audit()).toMatchObject({ ok: true, duplicates: 0, problems: [] });
  });
});
