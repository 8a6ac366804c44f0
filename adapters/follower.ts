/**
 * One subscriber of a partition. It catches up by reads, batch by batch, and follows from memory: records that this process
 * appended are kept for it as they were sent, and handed over as soon as they are on disk.
 *
 * Where the two meet nothing is lost or doubled: records are taken from memory only while they continue, offset by offset, what was
 * delivered last. Whatever does not (the queue was full, a batch was being read) is dropped from memory and read from the database.
 */
import type { LogEntry, SubscribeOptions, Subscription } from '../pipelines/ports.ts';

/** What memory keeps for a handler that is behind; beyond it the database is read again. */
const QUEUE_ENTRIES_MAX = 4_096;
const QUEUE_BYTES_MAX = 4 * 1024 * 1024;

/** A batch out of the database, and the offset to go on from. */
export interface CatchUp {
  readonly entries: readonly LogEntry[];
  readonly next: number;
  /** One past the last record there was at that time. */
  readonly end: number;
}

export interface Follower extends Subscription {
  /** Records that have just reached the disk, in offset order. */
  offer(entries: readonly LogEntry[]): void;
  /** Records reached the disk that are not at hand in memory. */
  notice(end: number): void;
}

export interface FollowOptions extends SubscribeOptions {
  /** Reads the next batch from an offset on. */
  readonly catchUp: (from: number) => Promise<CatchUp>;
  readonly onEnd: () => void;
}

export function follow({ from, handler, onError, catchUp, onEnd }: FollowOptions): Follower {
  let next = from;
  /** One past the last record known to be on disk; nothing is known before the first batch was read. */
  let end = Number.POSITIVE_INFINITY;
  /** One past the last record that was told of: a batch that was under way meanwhile may not have it. */
  let told = 0;
  let queue: LogEntry[] = [];
  let queueBytes = 0;
  let ahead: Promise<CatchUp> | undefined;
  let wake: (() => void) | undefined;
  let closed = false;

  function takeQueue(): readonly LogEntry[] {
    // The first batch out of the database may hold what was appended while it was read.
    const taken = queue;
    queue = [];
    queueBytes = 0;
    const skip = taken.findIndex((entry) => entry.offset >= next);
    return skip === 0 ? taken : skip < 0 ? [] : taken.slice(skip);
  }

  async function readOn(): Promise<readonly LogEntry[]> {
    const batch = await (ahead ?? catchUp(next));
    ahead = undefined;
    end = Math.max(end === Number.POSITIVE_INFINITY ? 0 : end, batch.end, told);
    // Nothing there although the log is longer: retention cut it off.
    if (batch.entries.length === 0) next = Math.max(next, batch.next);
    return batch.entries;
  }

  async function deliver(entries: readonly LogEntry[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined || closed) return;
    next = last.offset + 1;
    if (next < end && queue.length === 0) {
      // The next batch is read while the handler works on this one. Memory takes nothing meanwhile: it would not continue `next`.
      ahead = catchUp(next);
      ahead.catch(() => undefined);
    }
    const outcome = handler(entries);
    if (outcome !== undefined) await outcome;
  }

  async function run(): Promise<void> {
    try {
      while (!closed) {
        if (queue.length > 0) {
          await deliver(takeQueue());
        } else if (next < end) {
          await deliver(await readOn());
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } catch (error) {
      if (closed) return;
      close();
      onError(error);
    }
  }

  function wakeUp(): void {
    wake?.();
    wake = undefined;
  }

  function close(): void {
    if (closed) return;
    closed = true;
    queue = [];
    onEnd();
    wakeUp();
  }

  void run();
  return {
    offer(entries) {
      const first = entries[0];
      const last = entries.at(-1);
      if (first === undefined || last === undefined) return;
      told = Math.max(told, last.offset + 1);
      end = Math.max(end, told);
      const expected = queue.at(-1)?.offset ?? next - 1;
      const size = entries.reduce((total, entry) => total + entry.bytes.byteLength, 0);
      const continues = first.offset <= expected + 1 && last.offset > expected;
      if (continues && queue.length + entries.length <= QUEUE_ENTRIES_MAX && queueBytes + size <= QUEUE_BYTES_MAX) {
        for (const entry of entries) queue.push(entry);
        queueBytes += size;
      }
      wakeUp();
    },
    notice(newEnd) {
      told = Math.max(told, newEnd);
      end = Math.max(end, told);
      wakeUp();
    },
    close() {
      close();
      return Promise.resolve();
    },
  };
}
