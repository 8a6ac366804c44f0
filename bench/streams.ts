/**
 * What one allocator carries: 100,000 streams in one partition, each with an open shard and a forecast of two horizons. Heap bytes
 * per stream (ledger entry, open shard, plan and forecast together), and decisions per second when every stream reports anew.
 */
import { performance } from 'node:perf_hooks';
import { emptyRanges, type RangesState, replayRanges } from '../core/ledger/ranges.ts';
import type { ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { emptyShards } from '../core/ledger/shards-state.ts';
import { defineSequence } from '../core/sequence.ts';
import { type AllocationState, emptyAllocation, onForecast, onPoolJoined } from '../pipelines/allocation.ts';
import { decode, encode } from '../schemas/codec.ts';
import type { Forecast } from '../schemas/messages.ts';
import type { BenchResult } from './result.ts';

const STREAMS = 100_000;
const ROUNDS = 5;
const BYTES_MAX = 2_048;
const DECISIONS_MIN = 100_000;

export async function run(): Promise<BenchResult[]> {
  const gc = await collector();
  gc();
  const before = process.memoryUsage().heapUsed;
  const allocated = allocatorWithStreams(STREAMS);
  gc();
  const bytes = (process.memoryUsage().heapUsed - before) / STREAMS;
  const rates = Array.from({ length: ROUNDS }, (_, round) => decisionRate(allocated, round + 1)).sort((a, b) => a - b);
  const rate = rates[Math.floor(ROUNDS / 2)] as number;
  return [
    {
      name: 'streams-bytes',
      value: bytes,
      unit: 'heap bytes a stream',
      baseline: BYTES_MAX,
      ratio: bytes / BYTES_MAX,
      target: '<= 2,048',
      kept: bytes <= BYTES_MAX,
    },
    {
      name: 'streams-decisions',
      value: rate,
      unit: 'streams re-decided/s',
      baseline: DECISIONS_MIN,
      ratio: rate / DECISIONS_MIN,
      target: '>= 100,000/s',
      kept: rate >= DECISIONS_MIN,
    },
  ];
}

export interface AllocatedStreams {
  readonly state: AllocationState;
  readonly ranges: RangesState;
  readonly streams: number;
}

/** One partition of them. */
export function allocatorWithStreams(streams: number): AllocatedStreams {
  const ranges = emptyRanges(0);
  replayRanges(ranges, 0, { kind: 'SequenceDefined', name: 'orders', previous: -1, definition: defineSequence({ rideThroughMs: 60_000 }) });
  replayRanges(ranges, 1, { kind: 'RangeClaimed', name: 'orders', generation: 0, partition: 0, start: 0, end: 2 ** 45 });
  const shards = emptyShards(0);
  const state = emptyAllocation({ shards, ranges: () => ranges, partitionCount: 1 });
  const fold = (record: ShardsRecord): unknown =>
    replayShards(shards, shards.nextOffset, decode(encode(record)) as ShardsRecord, () => ranges);
  fold({ kind: 'RangeOpened', claimPartition: 0, claimOffset: 1 });
  onPoolJoined(state, 'pool-0', 'life', 0);
  for (let i = 0; i < streams; i++) {
    fold({ kind: 'StreamAssigned', stream: streamOf(i), pool: 'pool-0', assignment: 1 });
    // The first forecast finds an empty stock: its proposals are folded, as the log would.
    for (const { record } of onForecast(state, forecastOf(i, 0, false), 0)) fold(record as ShardsRecord);
  }
  return { state, ranges, streams };
}

/** Streams decided on a second. Every stream reports a stock above its reorder point, as nearly all reports do: each is decided, and nothing is proposed. */
export function decisionRate({ state, streams }: AllocatedStreams, round: number): number {
  const reports = Array.from({ length: streams }, (_, i) => forecastOf(i, round * 1_000, true));
  const startMs = performance.now();
  let proposals = 0;
  for (const report of reports) proposals += onForecast(state, report, round * 1_000).length;
  const seconds = (performance.now() - startMs) / 1_000;
  if (proposals > streams / 100) throw new Error(`${proposals} proposals: the streams of the bench are not at rest`);
  return streams / seconds;
}

/** Stocked: a little above the reorder point of about 120 seconds of demand, so that nothing is ordered and nothing goes back. */
function forecastOf(index: number, atMs: number, stocked: boolean): Forecast {
  const rate = 1 + (index % 97);
  const horizon = (horizonMs: number, factor: number) => ({
    horizonMs,
    median: rate * factor,
    upper: rate * factor * 2,
    cap: rate * factor * 3,
    insured: rate * factor * 2.5,
  });
  return {
    kind: 'Forecast',
    stream: streamOf(index),
    pool: 'pool-0',
    incarnation: 'life',
    model: 'mixture@1',
    cutoffMs: atMs,
    rate,
    meanSqrtRate: Math.sqrt(rate),
    requestSize: 1,
    leadTimeMs: 5,
    stock: stocked ? 180 * rate + 40 : 0,
    waiting: 0,
    seenOffset: stocked ? Number.MAX_SAFE_INTEGER : -1,
    horizons: [horizon(1_000, 1), horizon(60_010, 60)],
    shardSize: 100,
    experts: [],
  };
}

function streamOf(index: number): string {
  return `orders/web/service-${index}`;
}

/** Collects what nobody holds any more, so that what is left can be counted. */
export async function collector(): Promise<() => void> {
  if (globalThis.gc !== undefined) return globalThis.gc as () => void;
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
