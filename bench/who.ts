/**
 * Who got a value, among a hundred million in a million shards: records are appended in bulk to a real data directory, which is opened as
 * `seqcast up` opens it. Asked are values drawn at random; measured too is what the index costs: to fold beside callers who want values,
 * to load again, and in memory.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { seededRng } from '../core/rng.ts';
import { partitionOf } from '../core/stream.ts';
import { encode } from '../schemas/codec.ts';
import { TOPICS } from '../schemas/topics.ts';
import { open } from '../workers/embedded.ts';
import type { Seqcast } from '../workers/runtime/service/seqcast.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';
import { rangesOf, shardHistory } from './shard-history.ts';

const SHARDS = 1_000_000;
const PARTITIONS = 4;
const SEQUENCE = 'orders';
const APPEND_BATCH = 5_000;
const QUESTIONS = 1_000;
const WHO_MS_MAX = 20;
const BYTES_MAX = 48;
const CALLER_PAUSE_MS = 10;

export function run({ progress }: BenchRequest): Promise<BenchResult[]> {
  return whoAmong(SHARDS, progress);
}

/** The questions of the bench, among so many shards of a hundred values. */
export async function whoAmong(shards: number, progress: BenchRequest['progress']): Promise<BenchResult[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  try {
    const values = await appended(dataDir, shards, progress);
    progress('asking for the first time: the index is folded from the first record');
    const first = await asked(dataDir, values, 1);
    progress('asking after a restart: the index is loaded from its snapshot');
    const again = await asked(dataDir, values, QUESTIONS);
    return resultsOf({ shards, values }, first, again);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Values that lie in the shards. */
async function appended(dataDir: string, shards: number, progress: BenchRequest['progress']): Promise<number> {
  const { log, close } = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: raise });
  const partition = partitionOf(SEQUENCE, PARTITIONS);
  await log.append({ topic: TOPICS.ranges.name, partition, records: rangesOf(SEQUENCE, partition).map(encode) });
  const batches = { shards: [] as Uint8Array[], consumption: [] as Uint8Array[] };
  const flush = async (topic: keyof typeof batches): Promise<void> => {
    const records = batches[topic].splice(0);
    if (records.length > 0) await log.append({ topic: TOPICS[topic].name, partition, records });
  };
  let values = 0;
  for (const { topic, record, end } of shardHistory(SEQUENCE, partition, shards)) {
    batches[topic].push(encode(record));
    values = Math.max(values, end);
    if (batches[topic].length === APPEND_BATCH) await flush(topic);
  }
  await flush('shards');
  await flush('consumption');
  await close();
  progress(`${values} values lie in ${shards} shards`);
  return values;
}

interface Asked {
  readonly firstMs: number;
  /** Of the questions after the first, ascending. */
  readonly lasted: readonly number[];
  readonly bytes: number;
  readonly shards: number;
  /** The longest that a caller who wants a value waited while the first question was being answered, and how many there were. */
  readonly nextMsMax: number;
  readonly nexts: number;
}

async function asked(dataDir: string, values: number, questions: number): Promise<Asked> {
  const seqcast = await open({ dataDir, onFailure: raise });
  try {
    await seqcast.create('beside', {}).catch(() => undefined);
    await seqcast.next({ sequence: 'beside', count: 1 });
    const rng = seededRng(questions);
    const ask = async (): Promise<number> => {
      const value = BigInt(1 + Math.floor(rng.next() * values));
      const startMs = performance.now();
      const { state, issuedToMs } = await seqcast.who(SEQUENCE, value);
      const ms = performance.now() - startMs;
      if (state !== 'issued' || issuedToMs === undefined) throw new Error(`value ${value} is ${state}: the bench measures the wrong thing`);
      return ms;
    };
    let isAnswered = false;
    const first = ask().finally(() => {
      isAnswered = true;
    });
    const { nextMsMax, nexts } = await callersBeside(seqcast, () => isAnswered);
    const firstMs = await first;
    const lasted: number[] = [];
    for (let question = 0; question < questions; question++) lasted.push(await ask());
    const metrics = await seqcast.metrics();
    const gauge = (name: string): number => Number(new RegExp(`^seqcast_${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
    const size = { shards: gauge('indexed_shards'), bytes: gauge('shard_index_bytes') };
    return { firstMs, lasted: lasted.sort((a, b) => a - b), ...size, nextMsMax, nexts };
  } finally {
    await seqcast.close();
  }
}

async function callersBeside(seqcast: Seqcast, isOver: () => boolean): Promise<{ nextMsMax: number; nexts: number }> {
  let nextMsMax = 0;
  let nexts = 0;
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, CALLER_PAUSE_MS));
    const startMs = performance.now();
    // As a request comes in: after a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    await seqcast.next({ sequence: 'beside', count: 1 });
    nextMsMax = Math.max(nextMsMax, performance.now() - startMs);
    nexts++;
  }
  return { nextMsMax, nexts };
}

function resultsOf({ shards, values }: { readonly shards: number; readonly values: number }, first: Asked, again: Asked): BenchResult[] {
  const at = (share: number): number => again.lasted[Math.floor((again.lasted.length - 1) * share)] as number;
  const bytes = again.bytes / again.shards;
  return [
    {
      name: 'who',
      value: at(0.99),
      unit: `ms, p99 of ${QUESTIONS} random values among ${Math.round(values / 1e6)} M in ${shards / 1e6} M shards`,
      baseline: WHO_MS_MAX,
      ratio: at(0.99) / WHO_MS_MAX,
      target: `<= ${WHO_MS_MAX} ms`,
      kept: at(0.99) <= WHO_MS_MAX,
      note: `p50 ${at(0.5).toFixed(2)} ms, longest ${at(1).toFixed(2)} ms`,
    },
    {
      name: 'who-memory',
      value: bytes,
      unit: 'bytes a shard',
      baseline: BYTES_MAX,
      ratio: bytes / BYTES_MAX,
      note: `${Math.round(again.bytes / 1e6)} MB in all; room left in the last page included`,
    },
    {
      name: 'who-first',
      value: again.firstMs,
      unit: 'ms until the first answer after a restart, through the snapshot of the index',
      baseline: 0,
      ratio: 0,
      note:
        `from the first record ${Math.round(first.firstMs)} ms; ${first.nexts} callers beside it waited ${first.nextMsMax.toFixed(1)} ms at most, ` +
        `${again.nexts} beside the loading ${again.nextMsMax.toFixed(1)} ms`,
    },
  ];
}

function raise(error: unknown): void {
  throw error;
}
