/** The size of the next block, and how early it is asked for, follow the client's own pace. */
import { describe, expect, test } from 'vitest';
import { COUNT_MAX, Pace } from '../../client/src/pace.ts';
import { connected } from './connected.ts';

/** Uses blocks up at a steady rate for so many fetches; each fetch takes the round trip, during which taking goes on. */
function paceAfter(valuesPerSecond: number, fetches: number, roundTripMs = 2): Pace {
  const pace = new Pace();
  let nowMs = 1_000;
  let taken = 0;
  for (let i = 0; i < fetches; i += 1) {
    pace.asks(nowMs, taken);
    pace.lands(nowMs + roundTripMs);
    const lastsMs = (pace.size / valuesPerSecond) * 1_000;
    nowMs += Math.max(lastsMs, roundTripMs);
    taken += pace.size;
  }
  return pace;
}

describe('the size of a block', () => {
  test('starts small', () => {
    expect(new Pace().size).toBe(8);
  });

  test.each([0.01, 1, 30, 1_000])('settles where a block lasts 1 to 10 seconds at %s values a second', (valuesPerSecond) => {
    const seconds = paceAfter(valuesPerSecond, 30).size / valuesPerSecond;
    expect(seconds).toBeGreaterThanOrEqual(1);
    if (valuesPerSecond > 0.1) expect(seconds).toBeLessThanOrEqual(10);
  });

  test('stays within 1 and what the server takes', () => {
    expect(paceAfter(0.001, 30).size).toBe(1);
    expect(paceAfter(10_000_000, 30).size).toBe(COUNT_MAX);
  });

  test('doubles at most with each fetch, and halves at most', () => {
    const pace = new Pace();
    pace.asks(0, 0);
    pace.asks(1, 1_000);
    expect(pace.size).toBe(16);
    pace.asks(1_000_000, 1_001);
    expect(pace.size).toBe(8);
  });

  test('is not taken for smaller because the client had to wait for the server', () => {
    const pace = new Pace();
    pace.asks(0, 0);
    pace.lands(1);
    // 8 values in 1 ms, then 60 s with nothing in hand.
    pace.foundEmpty(2);
    pace.asks(2, 8);
    expect(pace.size).toBe(16);
    pace.lands(60_002);
    pace.asks(60_003, 24);
    expect(pace.size).toBe(32);
  });
});

describe('the mark', () => {
  test('is half of the block before anything is known', () => {
    expect(new Pace().mark).toBe(4);
  });

  test('lasts for two round trips', () => {
    expect(paceAfter(1_000, 30, 5).mark).toBe(10);
  });

  test('is never more than a block, however slow the server', () => {
    const pace = paceAfter(1_000, 30, 60_000);
    expect(pace.mark).toBe(pace.size);
  });
});

test('a hurried client asks for larger and larger blocks', async () => {
  const { orders, server } = await connected();
  for await (const _ of orders.values(20_000));
  expect(server.store.counts.slice(0, 5)).toEqual([1, 8, 16, 32, 64]);
  expect(orders.figures().blockSize).toBeGreaterThan(1_000);
  expect(server.seen.length).toBeLessThan(30);
});
