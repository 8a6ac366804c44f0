/** Appends that wait for their turn, per partition and in order, bounded in records and bytes. */
import type { Message } from 'kafkajs';
import type { Place } from './fetching.ts';

export interface WaitingAppend extends Place {
  readonly messages: readonly Message[];
  readonly bytes: number;
  readonly sinceMs: number;
  resolve(first: number): void;
  reject(error: unknown): void;
}

/** Consecutive appends of one partition that are sent as one batch. */
export interface PartitionBatch extends Place {
  readonly appends: WaitingAppend[];
}

export interface AppendQueue {
  readonly size: number;
  readonly places: Iterable<Place>;
  /** False where it is full. */
  add(append: WaitingAppend): boolean;
  /** Puts a batch back to where it was taken from. */
  putBack(batch: PartitionBatch): void;
  /** The next batch of each of the partitions, until `bytesMax` is reached. */
  take(isWanted: (place: Place) => boolean): PartitionBatch[];
  /** Takes out what waits since before `ms`, or everything of one partition. */
  takeOlder(thanMs: number): WaitingAppend[];
  takePartition(place: Place): WaitingAppend[];
}

/** Enough for seconds of a busy process; beyond it callers hear at once that the log does not keep up. */
const WAITING_RECORDS_MAX = 100_000;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** A batch is what readers get at once; a single append may be larger, because it stays whole. */
const BATCH_BYTES_MAX = 1024 * 1024;
/** kafkajs decodes a batch by spreading its records over a call, whose arguments are bounded. */
export const BATCH_RECORDS_MAX = 20_000;
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;

export function createAppendQueue(): AppendQueue {
  const queues = new Map<string, WaitingAppend[]>();
  let records = 0;
  let bytes = 0;

  function leave(appends: readonly WaitingAppend[]): WaitingAppend[] {
    for (const append of appends) {
      records -= append.messages.length;
      bytes -= append.bytes;
    }
    return [...appends];
  }

  function replace(key: string, rest: WaitingAppend[]): void {
    if (rest.length === 0) queues.delete(key);
    else queues.set(key, rest);
  }

  function nextBatch(key: string, queue: WaitingAppend[]): WaitingAppend[] {
    let count = 0;
    let batchBytes = 0;
    let batchRecords = 0;
    for (const append of queue) {
      batchBytes += append.bytes;
      batchRecords += append.messages.length;
      if (count > 0 && (batchBytes > BATCH_BYTES_MAX || batchRecords > BATCH_RECORDS_MAX)) break;
      count++;
    }
    replace(key, queue.slice(count));
    return leave(queue.slice(0, count));
  }

  return {
    get size() {
      return records;
    },
    get places() {
      return [...queues.values()].flatMap((queue) => queue.slice(0, 1));
    },
    add(append) {
      if (records + append.messages.length > WAITING_RECORDS_MAX || bytes + append.bytes > WAITING_BYTES_MAX) return false;
      records += append.messages.length;
      bytes += append.bytes;
      const queue = queues.get(keyOf(append));
      if (queue === undefined) queues.set(keyOf(append), [append]);
      else queue.push(append);
      return true;
    },
    putBack({ appends, ...place }) {
      for (const append of appends) {
        records += append.messages.length;
        bytes += append.bytes;
      }
      queues.set(keyOf(place), [...appends, ...(queues.get(keyOf(place)) ?? [])]);
    },
    take(isWanted) {
      const batches: PartitionBatch[] = [];
      let taken = 0;
      for (const [key, queue] of queues) {
        const { topic, partition } = queue[0] as WaitingAppend;
        if (!isWanted({ topic, partition })) continue;
        const appends = nextBatch(key, queue);
        batches.push({ topic, partition, appends });
        taken += appends.reduce((sum, append) => sum + append.bytes, 0);
        if (taken >= REQUEST_BYTES_MAX) break;
      }
      return batches;
    },
    takeOlder(thanMs) {
      const old: WaitingAppend[] = [];
      for (const [key, queue] of queues) {
        const young = queue.findIndex((append) => append.sinceMs >= thanMs);
        const count = young < 0 ? queue.length : young;
        if (count === 0) continue;
        replace(key, queue.slice(count));
        old.push(...leave(queue.slice(0, count)));
      }
      return old;
    },
    takePartition(place) {
      const queue = queues.get(keyOf(place)) ?? [];
      queues.delete(keyOf(place));
      return leave(queue);
    },
  };
}

function keyOf({ topic, partition }: Place): string {
  return `${partition} ${topic}`;
}
