/** Where catching up from the database meets following from memory: every interleaving delivers each record once, in order. */
import { describe, expect, test } from 'vitest';
import { type CatchUp, follow } from '../../adapters/follower.ts';
import type { LogEntry } from '../../pipelines/ports.ts';
import { chance } from '../conformance/harness.ts';

describe('a follower', () => {
  test.each(Array.from({ length: 200 }, (_, index) => index + 1))('gets every record once and in order (seed %i)', async (seed) => {
    const pick = chance(seed);
    const log: LogEntry[] = [];
    const queries: (() => void)[] = [];
    const delivered: number[] = [];
    const handlers: (() => void)[] = [];
    const errors: unknown[] = [];

    function append(): void {
      const entries = Array.from({ length: 1 + pick(3) }, (_, index) => ({
        offset: log.length + index,
        atMs: 0,
        bytes: new Uint8Array(1 + pick(1_000)),
      }));
      log.push(...entries);
      // Whether the records are at hand depends on who subscribed when.
      if (pick(5) === 0) follower.notice(log.length);
      else follower.offer(entries);
    }

    for (let count = pick(20); count > 0; count--) log.push({ offset: log.length, atMs: 0, bytes: new Uint8Array(1) });
    const from = pick(log.length + 3);
    const follower = follow({
      topic: 't',
      partition: 0,
      from,
      handler(entries) {
        delivered.push(...entries.map((entry) => entry.offset));
        if (pick(2) === 0) return undefined;
        return new Promise<void>((resolve) => {
          handlers.push(resolve);
        });
      },
      onError: (error) => errors.push(error),
      onEnd: () => undefined,
      // The answer shows the log as it was when the thread read it, and arrives some time later.
      catchUp: (next) =>
        new Promise<CatchUp>((resolve) => {
          queries.push(() => {
            const entries = log.slice(next, next + 1 + pick(8));
            resolve({ entries, next: Math.max(next + entries.length, entries.length === 0 ? log.length : 0), end: log.length });
          });
        }),
    });

    for (let step = 0; step < 60; step++) {
      const act = pick(4);
      if (act === 0) queries.shift()?.();
      else if (act === 1) handlers.shift()?.();
      else append();
      // Each message of the thread is a turn of the event loop.
      await new Promise(setImmediate);
    }
    for (let turn = 0; turn < 500 && delivered.at(-1) !== log.length - 1; turn++) {
      queries.shift()?.();
      handlers.shift()?.();
      await new Promise(setImmediate);
    }
    expect(errors).toEqual([]);
    expect(delivered).toEqual(Array.from({ length: log.length - from }, (_, index) => from + index));
    await follower.close();
  });

  test('that is caught up reads nothing more from the database', async () => {
    let reads = 0;
    const delivered: number[] = [];
    const follower = follow({
      topic: 't',
      partition: 0,
      from: 0,
      handler: (entries) => void delivered.push(...entries.map((entry) => entry.offset)),
      onError: () => undefined,
      onEnd: () => undefined,
      catchUp: () => Promise.resolve({ entries: [], next: 0, end: 0, reads: ++reads }),
    });
    await new Promise(setImmediate);
    for (let offset = 0; offset < 100; offset++) {
      follower.offer([{ offset, atMs: 0, bytes: new Uint8Array(1) }]);
      await new Promise(setImmediate);
    }
    expect(delivered).toEqual(Array.from({ length: 100 }, (_, offset) => offset));
    expect(reads).toBe(1);
    await follower.close();
  });

  test('reads what it was told of while its first batch was on the way, though nothing follows', async () => {
    const log = Array.from({ length: 3 }, (_, offset) => ({ offset, atMs: 0, bytes: new Uint8Array(1) }));
    const delivered: number[] = [];
    const batches: ((batch: CatchUp) => void)[] = [];
    const follower = follow({
      ...{ topic: 't', partition: 0, from: 0, onError: () => undefined, onEnd: () => undefined },
      handler: (entries) => void delivered.push(...entries.map(({ offset }) => offset)),
      catchUp: () => new Promise((resolve) => batches.push(resolve)),
    });
    // The batch was read before the third record was there, and arrives after word of it.
    follower.offer(log.slice(2));
    batches.shift()?.({ entries: log.slice(0, 2), next: 2, end: 2 });
    await new Promise(setImmediate);
    batches.shift()?.({ entries: log.slice(2), next: 3, end: 3 });
    await new Promise(setImmediate);
    expect(delivered).toEqual([0, 1, 2]);
    await follower.close();
  });
});
