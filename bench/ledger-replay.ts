/**
 * What a restart costs: ledger records decoded and folded per second, and a whole restart of a data directory with a million
 * records through its snapshot. Shards are allocated, issued and returned in turn, as a running pool does it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { emptyRanges, replayRanges } from '../core/ledger/ranges.ts';
import type { Decision, RangesRecord, ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { emptyShards } from '../core/ledger/shards-state.ts';
import { defineSequence } from '../core/sequence.ts';
import { partitionOf } from '../core/stream.ts';
import { decode, encode } from '../schemas/codec.ts';
import { TOPICS } from '../schemas/topics.ts';
import { LedgerReader } from '../workers/runtime/ledger/ledger-reader.ts';
import type { BenchResult } from './result.ts';

const RECORDS = 1_000_000;
const STREAMS = 100;
const SHARD_SIZE = 1_000;
const APPEND_BATCH = 5_000;
const PARTITIONS = 4;
const SEQUENCE = 'orders';

export async function run(): Promise<BenchResult[]> {
  const partition = partitionOf(SEQUENCE, PARTITIONS);
  const ranges = rangesRecords(partition);
  const shards = [...shardsRecords(partition, RECORDS)].map(encode);
  const rates = Array.from({ length: 5 }, () => foldRate(ranges, shards, partition)).sort((a, b) => a - b);
  const rate = rates[2] as number;
  const { restartMs, replayMs } = await restart(ranges.map(encode), shards, partition);
  return [
    {
      name: 'ledger-replay',
      value: rate,
      unit: 'records/s decoded and folded',
      baseline: 400_000,
      ratio: rate / 400_000,
      target: '>= 400,000/s',
      kept: rate >= 400_000,
    },
    {
      name: 'ledger-restart',
      value: restartMs,
      unit: 'ms for 1 M records through a snapshot',
      baseline: 2_000,
      ratio: restartMs / 2_000,
      target: '<= 2,000 ms',
      kept: restartMs <= 2_000,
      note: `from the first record ${Math.round(replayMs)} ms`,
    },
  ];
}

function rangesRecords(partition: number): RangesRecord[] {
  const definition = defineSequence({});
  return [
    { kind: 'SequenceDefined', name: SEQUENCE, previous: -1, definition },
    { kind: 'RangeClaimed', name: SEQUENCE, generation: 0, partition, start: 0, end: 2 ** 40 },
  ];
}

function* shardsRecords(partition: number, count: number): Generator<ShardsRecord> {
  yield { kind: 'RangeOpened', claimPartition: partition, claimOffset: 1 };
  for (let s = 0; s < STREAMS; s++) yield { kind: 'StreamAssigned', stream: streamOf(s), pool: 'pool-0', assignment: 1 };
  const decision: Decision = {
    trigger: 'order',
    position: 100,
    reorderPoint: 120,
    orderUpTo: 1_000,
    rate: 12.5,
    reserve: 'forecast',
    forecastAtMs: 1_700_000_000_000,
    decidedAtMs: 1_700_000_000_500,
  };
  let offset = STREAMS + 1;
  let cursor = 0;
  for (let order = 1; offset + 2 * STREAMS <= count; order++) {
    const first = offset;
    for (let s = 0; s < STREAMS; s++, offset++, cursor += SHARD_SIZE) {
      yield {
        kind: 'ShardAllocated',
        source: 0,
        start: cursor,
        end: cursor + SHARD_SIZE,
        stream: streamOf(s),
        pool: 'pool-0',
        incarnation: 'life',
        order,
        decision,
      };
    }
    for (let s = 0; s < STREAMS; s++, offset++) yield { kind: 'ShardReturned', shard: first + s, incarnation: 'life', slices: [] };
  }
}

function streamOf(index: number): string {
  return `${SEQUENCE}/web/service-${index}`;
}

function foldRate(ranges: readonly RangesRecord[], shards: readonly Uint8Array[], partition: number): number {
  const rangesState = emptyRanges(partition);
  for (const [offset, record] of ranges.entries()) replayRanges(rangesState, offset, record);
  const state = emptyShards(partition);
  const startMs = performance.now();
  let accepted = 0;
  for (let offset = 0; offset < shards.length; offset++) {
    const verdict = replayShards(state, offset, decode(shards[offset] as Uint8Array) as ShardsRecord, () => rangesState);
    if (verdict === 'accepted') accepted++;
  }
  const seconds = (performance.now() - startMs) / 1_000;
  if (accepted !== shards.length)
    throw new Error(`${shards.length - accepted} records of the bench were rejected: it measures the wrong thing`);
  return shards.length / seconds;
}

async function restart(
  ranges: readonly Uint8Array[],
  shards: readonly Uint8Array[],
  partition: number,
): Promise<{ restartMs: number; replayMs: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  try {
    const storage = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: raise });
    await storage.log.append({ topic: TOPICS.ranges.name, partition, records: ranges });
    for (let at = 0; at < shards.length; at += APPEND_BATCH) {
      await storage.log.append({ topic: TOPICS.shards.name, partition, records: shards.slice(at, at + APPEND_BATCH) });
    }
    await storage.close();
    const replayMs = await timedCatchUp(dataDir);
    const restartMs = await timedCatchUp(dataDir);
    return { restartMs, replayMs };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Opens, folds to the end; closing writes the snapshot that the next one starts from. */
async function timedCatchUp(dataDir: string): Promise<number> {
  const startMs = performance.now();
  const { log, snapshots, partitionCount, close } = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: raise });
  const reader = new LedgerReader({ log, snapshots, partitionCount, onFailure: raise });
  await reader.catchUp();
  const elapsedMs = performance.now() - startMs;
  await reader.close();
  await close();
  return elapsedMs;
}

function raise(error: unknown): void {
  throw error;
}
