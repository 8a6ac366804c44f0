/**
 * The history in a golden data directory: sequences of every kind, values given out by three lives of which the second was killed, and
 * what must still be true of them in every later version.
 */
import { spawn } from 'node:child_process';
import type { SequenceAttributes, SequenceDefinition } from '../core/sequence.ts';
import { open } from '../workers/embedded.ts';
import type { ReservationView } from '../workers/runtime/reservations/reservation-service.ts';
import type { SeqcastService, ValueBlock } from '../workers/runtime/service/service.ts';

export const GOLDEN_PARTITIONS = 2;
/** Pools report once a second: after two of them everything is on the record. */
const REPORTED_MS = 2_500;
const HOUR_MS = 3_600_000;
const KILLED = 'killed';

const SEQUENCES: Readonly<Record<string, SequenceAttributes>> = {
  orders: { start: 1_000n },
  tickets: { increment: -3n, start: 900n, min: 1n, max: 900n, order: 'sequence' },
  rounds: { min: 1n, max: 60n, start: 5n, cycle: true },
  'event-ids': { order: 'stream', increment: 10n, rideThroughMs: 60_000, rideThroughClass: 'insured' },
  vouchers: { format: '{opaque:10}-{check:mod37-2}', opaqueKey: '00112233445566778899aabbccddeeff', max: 2n ** 40n },
  payments: { durability: 'answered' },
  invoices: { guarantee: 'gapless', format: 'INV-{value:06}', burnCost: 'high' },
};

/** A value of one that cycles, or was altered, has had several owners, or one in another generation. */
const OWNED = ['orders', 'tickets', 'vouchers', 'payments'];

const CALLERS = [
  { clientType: 'web', service: 'checkout' },
  { clientType: 'batch', service: 'import' },
];

type Said = Readonly<Record<string, unknown>>;

/** What was answered, in the order in which it was. Values are text. */
export interface GoldenFacts {
  readonly lastSeenMs: number;
  readonly definitions: Readonly<Record<string, Said>>;
  /** Runs of values that were given out: first value, count, increment. */
  readonly given: Readonly<Record<string, readonly (readonly [string, number, string])[]>>;
  readonly answered: {
    readonly sequence: string;
    readonly count: number;
    readonly idempotencyKey: string;
    readonly blocks: readonly Said[];
  };
  readonly reservations: readonly Said[];
  readonly voids: readonly Said[];
  readonly owners: readonly { readonly sequence: string; readonly value: string; readonly stream: string; readonly state: string }[];
  readonly client: { readonly id: string; readonly clientType: string; readonly service: string };
  readonly profiles: readonly Said[];
  readonly issued: Readonly<Record<string, number>>;
  readonly inDoubt: Readonly<Record<string, number>>;
}

/** Anything as JSON holds it, big numbers as text. */
export function plain<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))) as T;
}

type Given = Record<string, (readonly [string, number, string])[]>;

function note(given: Given, sequence: string, blocks: readonly ValueBlock[]): void {
  const runs = given[sequence] ?? [];
  given[sequence] = runs;
  runs.push(...blocks.map(({ start, count, increment }) => [String(start), count, String(increment)] as const));
}

async function take(seqcast: SeqcastService, given: Given): Promise<void> {
  for (const [sequence, { guarantee }] of Object.entries(SEQUENCES)) {
    if (guarantee === 'gapless') continue;
    for (const caller of CALLERS) {
      for (const count of [1, 5, 12]) note(given, sequence, (await seqcast.next({ sequence, count, ...caller })).blocks);
    }
  }
}

async function reserve(seqcast: SeqcastService, key: string, count: number): Promise<ReservationView> {
  return await seqcast.reservations().reserve({ sequence: 'invoices', key, count, ttlMs: HOUR_MS, owner: 'checkout' });
}

async function firstLife(dataDir: string, given: Given): Promise<GoldenFacts['answered']> {
  const seqcast = await open({ dataDir, partitions: GOLDEN_PARTITIONS });
  for (const [name, attributes] of Object.entries(SEQUENCES)) await seqcast.create(name, attributes);
  await seqcast.create('dropped', {});
  note({}, 'dropped', (await seqcast.next({ sequence: 'dropped', count: 3 })).blocks);
  await seqcast.drop('dropped');
  await seqcast.setProfile({ clientType: 'web' }, { pattern: 'office-hours', rate: 20 });
  await seqcast.registerClient('till-1', { clientType: 'web', service: 'checkout' });
  await take(seqcast, given);
  const once = { sequence: 'orders', count: 3, idempotencyKey: 'payment-17' };
  const { blocks } = await seqcast.next(once);
  note(given, 'orders', blocks);
  const numbered = await seqcast.next({ sequence: 'orders', count: 10, numbered: true });
  const [block] = numbered.blocks;
  note(given, 'orders', [{ ...block, count: 4 } as ValueBlock]);
  await seqcast.giveBack({ sequence: 'orders', id: block?.id ?? '', used: 4 });
  for (const key of ['order-1', 'order-2']) {
    await seqcast.reservations().confirm({ id: (await reserve(seqcast, key, 1)).id, by: 'checkout' });
  }
  const lost = await reserve(seqcast, 'order-3', 2);
  await reserve(seqcast, 'order-4', 1);
  await seqcast.reservations().cancel({ id: lost.id, by: 'checkout', because: 'payment refused' });
  await seqcast.alter('event-ids', { increment: 100n });
  await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
  await seqcast.close();
  return { ...once, blocks: plain(blocks) };
}

/** In a process of its own, because it ends by `kill -9`. */
async function killedLife(dataDir: string): Promise<void> {
  const given: Given = {};
  const seqcast = await open({ dataDir });
  await take(seqcast, given);
  await reserve(seqcast, 'order-5', 1);
  await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
  await take(seqcast, given);
  process.stdout.write(JSON.stringify(given), () => process.kill(process.pid, 'SIGKILL'));
}

function runKilledLife(dataDir: string): Promise<Given> {
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, KILLED, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  return new Promise((resolve) => child.once('close', () => resolve(JSON.parse(text) as Given)));
}

/** Writes the directory, and says what was answered. */
export async function writeHistory(dataDir: string): Promise<GoldenFacts> {
  const given: Given = {};
  const answered = await firstLife(dataDir, given);
  for (const [sequence, runs] of Object.entries(await runKilledLife(dataDir))) given[sequence]?.push(...runs);
  const seqcast = await open({ dataDir });
  await take(seqcast, given);
  await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
  const { entries } = await seqcast.reservations().voids({ sequence: 'invoices', from: 1, limit: 100 });
  const keys = { 'order-1': 1, 'order-2': 1, 'order-3': 2, 'order-4': 1, 'order-5': 1 };
  const reservations: unknown[] = [];
  for (const [key, count] of Object.entries(keys)) reservations.push(await reserve(seqcast, key, count));
  const owners = await Promise.all(OWNED.map((sequence) => seqcast.who(sequence, BigInt(given[sequence]?.[0]?.[0] ?? ''))));
  const { accounts } = await seqcast.audit();
  const sums = (of: 'issued' | 'inDoubt') =>
    Object.fromEntries(
      Object.keys(SEQUENCES).map((name) => [
        name,
        accounts.filter(({ sequence }) => sequence === name).reduce((sum, each) => sum + each[of], 0),
      ]),
    );
  const facts = {
    lastSeenMs: Date.now(),
    definitions: Object.fromEntries(seqcast.list().map(({ name, definition }) => [name, plain<SequenceDefinition>(definition)])),
    given,
    answered,
    reservations,
    voids: entries,
    owners: owners.map(({ sequence, value, stream, state }) => ({ sequence, value, stream, state })),
    client: { id: 'till-1', ...(await seqcast.lookUpClient('till-1')) },
    profiles: seqcast.profiles(),
    issued: sums('issued'),
    inDoubt: sums('inDoubt'),
  };
  await seqcast.close();
  return plain(facts);
}

if (process.argv[1] === import.meta.filename && process.argv[2] === KILLED) await killedLife(process.argv[3] ?? '');
