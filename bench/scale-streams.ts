/**
 * A million streams in the partitions of one allocator, each with an open shard and a forecast of two horizons: memory, how many it decides
 * on a second, how large its snapshots are, and what a take-over costs: the snapshots read and folded, and every stream decided once.
 */
import { performance } from 'node:perf_hooks';
import { shardsFromJson, shardsToJson } from '../core/ledger/state-json.ts';
import { emptyAllocation, onPoolJoined } from '../pipelines/allocation.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';
import { type AllocatedStreams, allocatorWithStreams, collector, decisionRate } from './streams.ts';

const PARTITIONS = 4;
const STREAMS = 1_000_000;
/** Of each partition, as the bench of 100,000 streams has all of them. */
const BYTES_MAX = 2_048;
const DECISIONS_MIN = 100_000;
const MEGABYTE = 1e6;

export async function run({ progress }: BenchRequest): Promise<BenchResult[]> {
  const gc = await collector();
  gc();
  const before = process.memoryUsage().heapUsed;
  const partitions: AllocatedStreams[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    partitions.push(allocatorWithStreams(STREAMS / PARTITIONS));
    progress(`partition ${partition + 1} of ${PARTITIONS} has its streams`);
  }
  gc();
  const bytes = (process.memoryUsage().heapUsed - before) / STREAMS;
  const rates = partitions.map((each) => decisionRate(each, 1));
  const rate = STREAMS / rates.reduce((seconds, each) => seconds + STREAMS / PARTITIONS / each, 0);
  progress('decided; now the take-over');
  const taken = partitions.map((each) => takenOver(each));
  const sum = (of: (one: (typeof taken)[number]) => number): number => taken.reduce((total, one) => total + of(one), 0);
  const takeOverMs = sum(({ readMs }) => readMs) + sum(({ decideMs }) => decideMs);
  const shared = { baseline: 0, ratio: 0 };
  return [
    {
      name: 'scale-streams-bytes',
      value: bytes,
      unit: `heap bytes a stream, of ${STREAMS / 1e6} M in ${PARTITIONS} partitions`,
      baseline: BYTES_MAX,
      ratio: bytes / BYTES_MAX,
      target: '<= 2,048',
      kept: bytes <= BYTES_MAX,
      note: `${Math.round((bytes * STREAMS) / MEGABYTE)} MB in all`,
    },
    {
      name: 'scale-streams-decisions',
      value: rate,
      unit: 'streams decided on again a second, one core',
      baseline: DECISIONS_MIN,
      ratio: rate / DECISIONS_MIN,
      target: '>= 100,000/s',
      kept: rate >= DECISIONS_MIN,
    },
    {
      ...shared,
      name: 'scale-streams-snapshot',
      value: sum(({ bytes: each }) => each) / MEGABYTE,
      unit: `MB of snapshots, ${PARTITIONS} of them`,
      note: `${Math.round(Math.max(...taken.map(({ writeMs }) => writeMs)))} ms to write the slowest one, which holds its thread`,
    },
    {
      ...shared,
      name: 'scale-streams-takeover',
      value: takeOverMs,
      unit: 'ms for another process to take over all partitions, one after the other',
      note: `${Math.round(sum(({ readMs }) => readMs))} ms read and folded, ${Math.round(sum(({ decideMs }) => decideMs))} ms until each stream was decided on`,
    },
  ];
}

interface TakenOver {
  readonly bytes: number;
  readonly writeMs: number;
  readonly readMs: number;
  readonly decideMs: number;
}

/** As a standby does that begins from the snapshot: a new allocation over the folded ledger, and every stream's newest forecast. */
function takenOver({ state, ranges, streams }: AllocatedStreams): TakenOver {
  const wroteMs = performance.now();
  const text = shardsToJson(state.shards);
  const readMs = performance.now();
  const shards = shardsFromJson(text);
  const decideMs = performance.now();
  const next = emptyAllocation({ shards, ranges: () => ranges, partitionCount: 1 });
  onPoolJoined(next, 'pool-0', 'life', 0);
  const rate = decisionRate({ state: next, ranges, streams }, 2);
  return {
    bytes: Buffer.byteLength(text),
    writeMs: readMs - wroteMs,
    readMs: decideMs - readMs,
    decideMs: (streams / rate) * 1_000,
  };
}
