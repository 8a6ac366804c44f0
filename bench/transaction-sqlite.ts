/**
 * The transaction pool's store on SQLite: reservations and confirmations a second, each durable before it is answered and counted in the
 * ledger in the same transaction, against the barest there is, one row inserted and committed at a time with the same settings. One client
 * first, then 128 calls in flight, in groups as the pool writes them: what was asked while a group was on its way is the next one.
 *
 * Both sides take turns, and what is told is the median of the rounds: others may use the machine meanwhile.
 *
 * What one client pays for beyond the bare commit, counted by system calls: no fsync more, but six pages instead of one (the reservation,
 * its key, when it is due, who holds the number, the head of the series, the count in the ledger), and the way to the storage thread and
 * back, which on a busy machine is two turns of its scheduler.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import Database from 'libsql';
import { type EmbeddedStorage, openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import type { RegistrarCommand, RegistrarOutcome } from '../pipelines/ports.ts';
import { TOPICS } from '../schemas/topics.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 9;
/** Commits of each side in a round; a pair is two. */
const COMMITS = 400;
const IN_FLIGHT = 128;
const PAIRS_IN_FLIGHT = 5_000;
const ROUNDS_IN_FLIGHT = 5;
const RATIO_MIN = 0.7;
const OPERATIONS_PER_SECOND_MIN = 20_000;
const WRITER = { life: 'bench', ops: 0 };
const COUNTED_IN = [{ pool: 'bench', topic: TOPICS.shards.name, partition: 0 }];

export async function run(): Promise<BenchResult[]> {
  const directory = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const onFailure = (error: Error): never => {
    throw error;
  };
  const storage = await openEmbeddedStorage({ dataDir: join(directory, 'data'), onFailure });
  try {
    const pairs = await openPairs(storage);
    const one = await oneClient(rawCommits(join(directory, 'raw.db')), pairs);
    return [one, await manyInFlight(pairs)];
  } finally {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Reserves a number under a key nobody used before and confirms it: two operations. */
type Pair = () => Promise<void>;

async function openPairs({ registrar }: EmbeddedStorage): Promise<Pair> {
  await registrar.recordLife(WRITER.life);
  const capacity = 1_000_000_000;
  const name = { sequence: 'invoices', generation: 0, label: '', keyScope: 'invoices' };
  const { status } = await registrar.openSeries(WRITER, { ...name, capacity });
  const { series } = status;
  await registrar.grant(WRITER, series, { start: 0, end: capacity });
  const ask = inGroups(async (commands) => (await registrar.apply(WRITER, commands, COUNTED_IN)).outcomes);
  let keys = 0;

  async function done(command: RegistrarCommand): Promise<string> {
    const outcome = await ask(command);
    if (outcome === undefined || 'refusal' in outcome) throw outcome?.refusal ?? new Error('no outcome');
    return outcome.reservation.id;
  }

  return async () => {
    const key = `order-${(keys++ * 7_919) % 1_000_003}-${keys}`;
    const nowMs = Date.now();
    const common = { series, key, payloadHash: 'e3b0c44298fc1c149afbf4c8996fb924', count: 1, owner: 'shop', nowMs };
    const id = await done({ kind: 'reserve', ...common, ttlMs: 60_000 });
    await done({ kind: 'confirm', id, by: 'shop', nowMs });
  };
}

type Apply = (commands: readonly RegistrarCommand[]) => Promise<readonly RegistrarOutcome[]>;

/** The pool's own rule, without the pool around it. */
function inGroups(apply: Apply): (command: RegistrarCommand) => Promise<RegistrarOutcome | undefined> {
  let waiting: { command: RegistrarCommand; resolve: (outcome: RegistrarOutcome | undefined) => void }[] = [];
  let isWriting = false;
  async function write(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const outcomes = await apply(group.map(({ command }) => command));
      for (const [index, { resolve }] of group.entries()) resolve(outcomes[index]);
    }
    isWriting = false;
  }
  return (command) =>
    new Promise((resolve) => {
      waiting.push({ command, resolve });
      if (!isWriting) void write();
    });
}

/** Inserts and commits so many rows. */
function rawCommits(file: string): (count: number) => void {
  const database = new Database(file);
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
  database.exec('CREATE TABLE number (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, at_ms INTEGER NOT NULL)');
  const insert = database.prepare('INSERT INTO number (owner, at_ms) VALUES (?, ?)');
  return (count) => {
    for (let done = 0; done < count; done++) insert.run('shop', Date.now());
  };
}

async function oneClient(raw: (count: number) => void, pair: Pair): Promise<BenchResult> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const bareMs = await elapsed(() => Promise.resolve(raw(COMMITS)));
    const ourMs = await elapsed(async () => {
      for (let done = 0; done < COMMITS; done += 2) await pair();
    });
    // The first round warms both up.
    if (round === 0) continue;
    ours.push((COMMITS / ourMs) * 1_000);
    bare.push((COMMITS / bareMs) * 1_000);
  }
  const ratio = median(ours.map((rate, index) => rate / (bare[index] as number)));
  return {
    name: 'transaction-sqlite-one',
    value: median(ours),
    unit: 'operations/s of one client (reserve, then confirm)',
    baseline: median(bare),
    ratio,
    target: `>= ${RATIO_MIN} x`,
    kept: ratio >= RATIO_MIN,
    note: 'baseline: one row committed at a time, in this thread, the same settings; ours crosses to the storage thread and back',
  };
}

async function manyInFlight(pair: Pair): Promise<BenchResult> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS_IN_FLIGHT; round++) {
    let left = PAIRS_IN_FLIGHT;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await pair();
    };
    const ms = await elapsed(async () => {
      await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
    });
    rates.push(((2 * PAIRS_IN_FLIGHT) / ms) * 1_000);
  }
  const rate = median(rates);
  return {
    name: 'transaction-sqlite-many',
    value: rate,
    unit: `operations/s with ${IN_FLIGHT} in flight`,
    baseline: OPERATIONS_PER_SECOND_MIN,
    ratio: rate / OPERATIONS_PER_SECOND_MIN,
    target: '>= 20,000/s',
    kept: rate >= OPERATIONS_PER_SECOND_MIN,
  };
}

async function elapsed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
