/** Gateways, allocators, forecasters and fillers together, over one log and stores that all of them reach. */
import { beforeEach, describe, expect, it } from 'vitest';
import { TOPICS } from '../../../../schemas/topics.ts';
import { type Exporter, METRICS, type MetricName } from '../../../../workers/runtime/observability/metric-catalogue.ts';
import type { NextAnswer } from '../../../../workers/runtime/service/service.ts';
import { type Installation, installed, until } from './processes.ts';

let installation: Installation;

beforeEach(async () => {
  installation = await installed();
});

/** An allocator, a forecaster, a filler of `pool-0` and a gateway that knows the pool. */
async function smallest() {
  await installation.allocator('allocator-a');
  await installation.forecaster('forecaster-a');
  await installation.filler('filler-a', 'pool-0');
  const gateway = await installation.gateway('gateway-a');
  await until(() => gateway.parts.members.livingPools().length === 1);
  return gateway;
}

async function valuesOf(answer: ReturnType<Awaited<ReturnType<typeof smallest>>['service']['next']>): Promise<bigint[]> {
  const { blocks } = await answer;
  return blocks.flatMap(({ start, count, increment }) => Array.from({ length: count }, (_, index) => start + BigInt(index) * increment));
}

describe('an installation of several processes', () => {
  it('gives out every value once, and accounts for all of them', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    const values: bigint[] = [];
    for (let round = 0; round < 20; round++) {
      const answers = Array.from({ length: 10 }, (_, index) =>
        valuesOf(service.next({ sequence: 'orders', count: 7, service: `s${index % 3}` })),
      );
      for (const answer of await Promise.all(answers)) values.push(...answer);
    }
    expect(values).toHaveLength(1_400);
    expect(new Set(values).size).toBe(1_400);
    const report = await service.audit();
    expect(report).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    expect(report.accounts[0]?.issued).toBe(1_400);
    // When each was issued is read out of the reports, of which the last are on their way still.
    const [first = 0n] = values;
    let owner = await service.who('orders', first);
    while (owner.issuedToMs === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      owner = await service.who('orders', first);
    }
    expect(owner).toMatchObject({ state: 'issued', stream: 'orders/default/s0' });
    expect(owner.issuedToMs - (owner.issuedFromMs ?? 0)).toBeLessThan(5_000);
    expect(Math.abs(Date.now() - owner.issuedToMs)).toBeLessThan(30_000);
  });

  it('says where the values of a caller come from', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    await service.registerClient('till-7', { clientType: 'pos', service: 'store' });
    await service.next({ sequence: 'orders', count: 1, clientId: 'till-7' });
    const found = (): ReturnType<typeof service.find> => service.find('orders', { clientId: 'till-7' });
    await until(() => found().shard !== undefined);
    expect(found()).toMatchObject({
      stream: 'orders/pos/store',
      pool: 'pool-0',
      endpoint: 'redis://pool-0',
      shard: { incarnation: 'life0' },
    });
  });

  it('takes back what a client did not use', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    const { blocks } = await service.next({ sequence: 'orders', count: 10, numbered: true });
    const id = blocks[0]?.id ?? '';
    expect(await service.giveBack({ sequence: 'orders', id, used: 4 })).toEqual({ returned: 6 });
    await expect(service.giveBack({ sequence: 'orders', id, used: 4 })).rejects.toMatchObject({ code: 'SEQ_BLOCK_UNKNOWN' });
    expect(await valuesOf(service.next({ sequence: 'orders', count: 6 }))).toEqual([5n, 6n, 7n, 8n, 9n, 10n]);
  });

  it('goes on with the standby when an allocator leaves its partitions alone', async () => {
    const { service, parts } = await smallest();
    await installation.allocator('allocator-b');
    await service.create('orders', {});
    await service.next({ sequence: 'orders', count: 1 });
    const owner = () => service.members().find(({ role, partitions }) => role === 'allocator' && partitions.length > 0)?.member;
    await until(() => owner() === 'allocator-a');
    // Its timers stop and it decides nothing any more, but nobody tells the group.
    const [frozen] = parts.members.list().filter(({ member }) => member === 'allocator-a');
    expect(frozen?.state).toBe('living');
    installation.freeze('allocator-a');
    const values = await valuesOf(service.next({ sequence: 'orders', count: 5_000, service: 'fresh' }));
    expect(new Set(values).size).toBe(5_000);
    await until(() => (service.members().find(({ member }) => member === 'allocator-b')?.takeOvers ?? 0) > 0);
  });

  it('lets another filler take the pool over, without burning its stock', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    const before = await valuesOf(service.next({ sequence: 'orders', count: 3 }));
    await installation.filler('filler-b', 'pool-0');
    await installation.stop('filler-a');
    const after = await valuesOf(service.next({ sequence: 'orders', count: 4_000 }));
    expect(new Set([...before, ...after]).size).toBe(4_003);
    const { accounts, ok } = await service.audit();
    expect(ok).toBe(true);
    expect(accounts[0]).toMatchObject({ burnt: 0, inDoubt: 0 });
  });

  it('serves from another pool, before its own is gone, when nobody fills that and it has run out', { timeout: 30_000 }, async () => {
    const { service, parts } = await smallest();
    await installation.filler('filler-b', 'pool-1');
    const living = (): string[] => parts.members.livingPools().map(({ member }) => member);
    await until(() => living().length === 2);
    await service.create('orders', {});
    const values = await valuesOf(service.next({ sequence: 'orders', count: 5 }));
    const own = service.find('orders', {}).pool;
    await installation.stop(own === 'pool-0' ? 'filler-a' : 'filler-b');
    while (service.find('orders', {}).pool === own) values.push(...(await valuesOf(service.next({ sequence: 'orders', count: 500 }))));
    expect(living()).toContain(own);
    expect(new Set(values).size).toBe(values.length);
    // Who takes straight out of a store has only the route table to go by.
    const states = async () =>
      (await parts.routes.list('pools/')).map(({ key, value }) => [key, (JSON.parse(value) as { state: string }).state]);
    await expect.poll(states).toContainEqual([`pools/${own}`, 'silent']);
    // A new stream does not begin where nobody fills.
    for (const name of ['a', 'b', 'c', 'd']) {
      await service.next({ sequence: 'orders', count: 1, service: name });
      expect(service.find('orders', { service: name }).pool).not.toBe(own);
    }
    expect(await service.audit()).toMatchObject({ ok: true, duplicates: 0 });
  });

  it('serves from another pool when a store is away, and uses it again when it is back', async () => {
    const { service, parts } = await smallest();
    await installation.filler('filler-b', 'pool-1');
    await until(() => parts.members.livingPools().length === 2);
    await service.create('orders', {});
    const first = await valuesOf(service.next({ sequence: 'orders', count: 5 }));
    const pool = service.find('orders', {}).pool ?? '';
    installation.store(pool).away = true;
    const second = await valuesOf(service.next({ sequence: 'orders', count: 5 }));
    expect(service.find('orders', {}).pool).not.toBe(pool);
    installation.store(pool).away = false;
    installation.store(pool).replaceDataset();
    await until(() => parts.members.livingPools().length === 2);
    const third = await valuesOf(service.next({ sequence: 'orders', count: 5, service: 'other' }));
    expect(new Set([...first, ...second, ...third]).size).toBe(15);
    expect(await service.audit()).toMatchObject({ ok: true, duplicates: 0 });
  });

  it('counts what a replaced store held as in doubt, and never gives it out again', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    const before = await valuesOf(service.next({ sequence: 'orders', count: 5 }));
    installation.store('pool-0').replaceDataset();
    const after = await valuesOf(service.next({ sequence: 'orders', count: 5 }));
    expect(new Set([...before, ...after]).size).toBe(10);
    // The loss of a former life is declared once no order lease can be running.
    const lost = async (): Promise<number> => (await service.audit()).accounts[0]?.inDoubt ?? 0;
    for (let doubt = await lost(); doubt === 0; doubt = await lost()) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await service.audit()).toMatchObject({ ok: true, duplicates: 0 });
  }, 20_000);

  it('restarts a sequence only when nothing of the old generation can be given out', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    await service.next({ sequence: 'orders', count: 5 });
    await service.restart('orders', 1_000n);
    expect(await valuesOf(service.next({ sequence: 'orders', count: 2 }))).toEqual([1_000n, 1_001n]);
  });

  it('answers a request id the same way again', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    await service.create('invoices', { answersKept: 'ever' });
    const asked = (sequence: string, count = 3, payloadHash = 'hash') => ({ request: { sequence, count }, id: 'r-1', payloadHash });
    const blocksOf = (outcome: unknown): readonly { readonly start: bigint }[] => (outcome as NextAnswer).blocks;
    for (const sequence of ['orders', 'invoices']) {
      const [first] = await service.nextForRequests([asked(sequence)]);
      const [second, third] = await service.nextForRequests([asked(sequence), asked(sequence)]);
      expect(blocksOf(second)).toEqual(blocksOf(first));
      expect(blocksOf(third)).toEqual(blocksOf(first));
      expect(await valuesOf(service.next({ sequence, count: 1 }))).not.toEqual([blocksOf(first)[0]?.start]);
    }
    // What is wrong with one concerns no other.
    expect(await service.nextForRequests([asked('orders', 4, 'other'), asked('none'), asked('orders', 0), asked('orders')])).toMatchObject([
      { error: { code: 'SEQ_REQUEST_CONFLICT' } },
      { error: { code: 'SEQ_UNKNOWN_SEQUENCE' } },
      { error: { code: 'SEQ_INVALID_COUNT' } },
      { blocks: [{ count: 3 }] },
    ]);
  });

  it('answers requests that came together and have to wait for an allocation', async () => {
    const { service } = await smallest();
    await service.create('orders', {});
    const requests = Array.from({ length: 40 }, (_, index) => ({
      request: { sequence: 'orders', count: 5 },
      id: `r-${index}`,
      payloadHash: 'hash',
    }));
    const answers = (await service.nextForRequests(requests)) as NextAnswer[];
    const starts = answers.map(({ blocks }) => blocks[0]?.start);
    expect(new Set(starts).size).toBe(requests.length);
    expect(answers[0]?.stalled).toBe(true);
    const again = (await service.nextForRequests(requests)) as NextAnswer[];
    expect(again.map(({ blocks }) => blocks)).toEqual(answers.map(({ blocks }) => blocks));
  });

  it('answers requests over the log on the topic they name', async () => {
    const { service, parts } = await smallest();
    await service.create('orders', {});
    const said = (request: object): Uint8Array => Buffer.from(JSON.stringify(request));
    const records = [
      said({ request: 'r-1', sequence: 'orders', count: 2 }),
      said({ request: 'r-2', sequence: 'none' }),
      said({ request: 'r-3', sequence: 'orders', replyTopic: 'seqcast.shards' }),
      said({ request: 'r-1', sequence: 'orders', count: 2 }),
      said({ sequence: 'orders' }),
    ];
    await parts.log.append({ topic: TOPICS.requests.name, partition: 1, records });
    const replies: unknown[] = [];
    const handler = (entries: readonly { readonly bytes: Uint8Array }[]): void => {
      for (const { bytes } of entries) replies.push(JSON.parse(Buffer.from(bytes).toString()));
    };
    const reading = parts.log.subscribe({
      topic: TOPICS.values.name,
      partition: 1,
      from: 0,
      handler,
      onError: (error) => installation.failures.push(error),
    });
    await until(() => replies.length === 4);
    expect(replies).toEqual([
      { request: 'r-1', sequence: 'orders', blocks: [{ start: '1', count: 2, increment: '1' }] },
      expect.objectContaining({ request: 'r-2', error: 'SEQ_UNKNOWN_SEQUENCE' }),
      expect.objectContaining({ request: 'r-3', error: 'SEQ_TOPIC_FORBIDDEN' }),
      { request: 'r-1', sequence: 'orders', blocks: [{ start: '1', count: 2, increment: '1' }] },
    ]);
    await reading.close();
    const [letter] = await service.deadLetters(10);
    expect(letter).toMatchObject({ topic: TOPICS.requests.name, offset: 4, code: 'SEQ_INVALID_REQUEST' });
  });

  it('exports what the catalogue says of each role', async () => {
    const { parts: gateway } = await smallest();
    const { parts: filler } = await installation.filler('filler-b', 'pool-1');
    const { parts: allocator } = await installation.allocator('allocator-b');
    const { parts: forecaster } = await installation.forecaster('forecaster-b');
    for (const [role, { metrics }] of Object.entries({ gateway, filler, allocator, forecaster })) {
      const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
      const own = names.filter((name) => !/^seqcast_(process|nodejs)_/.test(name));
      expect(own.length, role).toBeGreaterThan(3);
      expect(own.filter((name) => METRICS[name as MetricName]?.exporters.includes(role as Exporter) !== true)).toEqual([]);
    }
  });
});
