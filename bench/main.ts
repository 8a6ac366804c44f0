/**
 * `seqcast bench NAME`: runs one benchmark (or all) and prints what was measured, as a ratio to a baseline of the same run. A
 * result that misses its target is said to miss it; nothing here fails a build.
 */
import { forgetEngines, hasBenchEngines, hasBenchPostgres } from './installation/engines.ts';
import { inOwnProcess } from './own-process.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';
import { ResultsFile } from './saved-results.ts';

interface Bench {
  readonly what: string;
  /** Kafka and Redis, from the environment. */
  readonly needsEngines?: boolean;
  /** PostgreSQL, from the environment. */
  readonly needsPostgres?: boolean;
  /** Runs only when it is named: it takes too long to be one of all. */
  readonly byNameOnly?: boolean;
  readonly load: () => Promise<{ run(request: BenchRequest): Promise<BenchResult | readonly BenchResult[]> }>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  'sdk-next': { what: 'tryNext() as bigint against a bare counter class', load: () => import('./sdk-next.ts') },
  'sdk-await': { what: 'await next() against awaiting a bare async function', load: () => import('./sdk-await.ts') },
  'sdk-block': { what: 'numbers counted out of blocks against a bare counter', load: () => import('./sdk-block.ts') },
  'http-next': { what: 'POST next against the same server answering a fixed body', load: () => import('./http-next.ts') },
  'http-guarded': { what: 'POST next with keys, quota, metrics and spans, against bare fastify', load: () => import('./http-guarded.ts') },
  soak: {
    byNameOnly: true,
    what: 'twenty minutes of 5,000 requests a second with everything on: memory and open files',
    load: () => import('./soak.ts'),
  },
  'redis-next': { what: 'seqcast_next through the adapter against INCR through ioredis', load: () => import('./redis-next.ts') },
  'ledger-replay': { what: 'ledger records decoded and folded a second; restart of 1 M records', load: () => import('./ledger-replay.ts') },
  streams: { what: 'bytes a stream and decisions a second of one allocator with 100,000 streams', load: () => import('./streams.ts') },
  who: { what: 'who got one of 100 M values in 1 M shards; building the index, its memory', load: () => import('./who.ts') },
  'transaction-sqlite': {
    what: 'reservations and confirmations on SQLite against raw single-row commits; with 128 in flight',
    load: () => import('./transaction-sqlite.ts'),
  },
  'transaction-postgres': {
    needsPostgres: true,
    what: 'reserve+confirm pairs on PostgreSQL against a counter row that 8 clients update',
    load: () => import('./transaction-postgres.ts'),
  },
  bulk: {
    what: '10 M values issued into a Parquet file against DuckDB alone writing the same column',
    load: () => import('./bulk.ts'),
  },
  'forecast-refresh': {
    what: 'asking an LSTM about 10,000 streams, and folding what it says; memory; fits of the statistical models',
    load: () => import('./forecast-refresh.ts'),
  },
  dashboard: {
    byNameOnly: true,
    what: 'the dashboard in Chromium: first paint, size, and its share of a core with 100 streams 60 times a second',
    load: () => import('./dashboard.ts'),
  },
  start: { what: 'open() to the first value; process start to ready', load: () => import('./start.ts') },
  'client-size': { what: 'the client as npm packs it, and the time to import it', load: () => import('./client-size.ts') },
  'kafka-values': { needsEngines: true, what: 'values over Kafka against a raw kafkajs echo', load: () => import('./kafka-values.ts') },
  'allocation-lead-time': {
    needsEngines: true,
    what: 'from the first request of a stream to its answer, through Kafka and Redis',
    load: () => import('./allocation-lead-time.ts'),
  },
  'gateway-redis': {
    needsEngines: true,
    what: 'POST next out of Redis against fastify with one INCR',
    load: () => import('./gateway-redis.ts'),
  },
  takeover: {
    needsEngines: true,
    what: 'an allocator killed: until another one answered every order',
    load: () => import('./takeover.ts'),
  },
  failover: {
    needsEngines: true,
    what: 'two of each role, killed in turn under load: stalls, duplicates, audit',
    load: () => import('./failover.ts'),
  },
  rebalance: {
    needsEngines: true,
    what: '1,000 streams of a drained pool moved under load: seconds, stalls, burnt values',
    load: () => import('./rebalance.ts'),
  },
  accuracy: {
    byNameOnly: true,
    what: 'forecasters and their mixture on M4 and count series (--data): MASE, sMAPE, WQL, coverage',
    load: () => import('./accuracy.ts'),
  },
  'closed-loop': {
    byNameOnly: true,
    what: 'idle stock against outages survived, by what the forecast is made of',
    load: () => import('./closed-loop.ts'),
  },
  sizing: {
    byNameOnly: true,
    what: 'the sizing rule against Leaf, TinyID, tuned constants and foresight: every promise, trace by trace; replay speed',
    load: () => import('./sizing.ts'),
  },
  'lstm-training': {
    byNameOnly: true,
    what: 'training steps with the matmul wrap against as shipped; memory over 2,000 steps; equal bytes',
    load: () => import('./lstm-training.ts'),
  },
  'scale-streams': {
    byNameOnly: true,
    what: 'a million streams in one allocator: memory, decisions, snapshots, take-over',
    load: () => import('./scale-streams.ts'),
  },
  'scale-values': {
    byNameOnly: true,
    what: 'a billion values of 1,000 sequences by 100 client types, held against each other, and the audit',
    load: () => import('./scale-values.ts'),
  },
  'scale-ledger': {
    byNameOnly: true,
    what: 'ten million shards: who, snapshot of the index, restart',
    load: () => import('./scale-ledger.ts'),
  },
  peers: {
    byNameOnly: true,
    what: 'beside PostgreSQL, Redis, MariaDB, hi-lo, Snowflake, UUIDv7: speed, order, what crashes burn (--quick: two minutes)',
    load: () => import('./peers.ts'),
  },
  simulate: { what: 'simulated seeds a second', load: () => import('./simulate.ts') },
};

export const BENCH_NAMES = Object.keys(BENCHES);

/** Runs a benchmark by name, or all of them for `all`, one process each; returns the exit code. */
export async function benchCommand(options: BenchRequest & { readonly name: string }): Promise<number> {
  const isAll = options.name === 'all';
  const names = isAll ? BENCH_NAMES : [options.name];
  const file = options.save === undefined ? undefined : new ResultsFile(options.save, options.name);
  let exitCode = 0;
  for (const name of names) {
    const bench = BENCHES[name];
    if (bench === undefined) {
      options.out(`there is no bench ${name}; there are: ${BENCH_NAMES.join(', ')}, all`);
      return 2;
    }
    const why = isAll ? leftOutBecause(bench) : undefined;
    if (why !== undefined) {
      options.out(`${name.padEnd(22)} left out: ${why}`);
      file?.leaveOut(name, why);
      continue;
    }
    try {
      const results = isAll ? await inOwnProcess(name) : await resultsOf(bench, options);
      for (const result of results) options.out(options.json ? JSON.stringify(result) : sentence(result));
      file?.add(results);
    } catch (error) {
      // One of all that fails is told and does not keep the others from being measured.
      if (!isAll) throw error;
      options.out(`${name.padEnd(22)} FAILED: ${(error as Error).message}`);
      file?.leaveOut(name, `failed: ${(error as Error).message}`);
      exitCode = 1;
    }
  }
  return exitCode;
}

async function resultsOf(bench: Bench, request: BenchRequest): Promise<BenchResult[]> {
  if (bench.needsEngines !== true && bench.needsPostgres !== true) forgetEngines();
  const { run } = await bench.load();
  return [await run(request)].flat() as BenchResult[];
}

function leftOutBecause({ needsEngines, needsPostgres, byNameOnly }: Bench): string | undefined {
  if (needsEngines === true && !hasBenchEngines()) return 'it needs Kafka and Redis, see `seqcast stack up`';
  if (needsPostgres === true && !hasBenchPostgres()) return 'it needs PostgreSQL, see `seqcast stack up`';
  return byNameOnly === true ? 'it takes long, name it to run it' : undefined;
}

function sentence({ name, value, unit, baseline, ratio, target, kept, note }: BenchResult): string {
  const against = baseline > 0 ? ` against ${shown(baseline)} (${ratio.toFixed(2)} x)` : '';
  const promise = target === undefined ? '' : `; promised ${target}: ${kept === true ? 'kept' : 'MISSED'}`;
  return `${name.padEnd(22)} ${shown(value)} ${unit}${against}${promise}${note === undefined ? '' : ` [${note}]`}`;
}

function shown(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
