import { describe, expect, test } from 'vitest';
import { spreadDemand } from '../../backtest/demand.ts';
import { replayRival } from '../../backtest/replay-rival.ts';
import { leaf } from '../../backtest/rivals/leaf.ts';
import { staticStep } from '../../backtest/rivals/static-step.ts';
import { loadNasaTrace } from '../../backtest/traces/nasa.ts';

const SLICE_MS = 10_000;
const demandOf = (...counts: number[]) => ({ sliceMs: SLICE_MS, counts: Uint32Array.from(counts) });

describe('a replayed rival', () => {
  test('stalls the first request for one lead time, as nothing is there before', () => {
    // Fetch of 100 at 0 s, there at 4 s. The request of 10 waits; 10 % used is not more than 20 %, so no prefetch.
    const result = replayRival(staticStep(100, 0.2), demandOf(10, 5), { leadTimeMs: 4_000 });
    expect(result.requests).toBe(2);
    expect(result.stalledPpm).toBe(500_000);
    expect(result.lostPpm).toBe(500_000);
    // 0 on hand for 4 s, 90 for 6 s, 85 for 10 s.
    expect(result.meanIdle).toBe((90 * 6 + 85 * 10) / 20);
    // A crash also burns the 100 on their way for 4 s.
    expect(result.burnAtCrash).toBe((100 * 4 + 90 * 6 + 85 * 10) / 20);
    expect(result.allocationsPerHour).toBe(180);
  });

  test('serves a request across the block in use and the next one without a stall', () => {
    // 0 s: fetch A. 10 s: 30 of A used, fetch B. 30 s: 100 wanted, 70 of A and 30 of B taken, fetch C.
    const result = replayRival(staticStep(100, 0.2), demandOf(0, 30, 0, 100, 0), { leadTimeMs: 1_000 });
    expect(result.requests).toBe(2);
    // Only the first waits: nothing was there.
    expect(result.stalledPpm).toBe(500_000);
    expect(result.allocationsPerHour).toBe(3 * 72);
    // The first 10 s nothing, since no request came; from 11 s 70, from 12 s 170; from 30 s 70, from 31 s 170.
    expect(result.meanIdle).toBe((70 * 1 + 170 * 18 + 70 * 1 + 170 * 19) / 50);
    expect(result.maxIdle).toBe(170);
  });

  test('makes a request larger than its blocks wait for as many fetches as it takes', () => {
    // 250 from blocks of 100, one fetch after another: answered with the third, 6 s later; the rest of it is 50.
    const result = replayRival(staticStep(100, 0.5), demandOf(250, 1), { leadTimeMs: 2_000, lostAfterMs: 6_000 });
    expect(result.stalledPpm).toBe(500_000);
    expect(result.lostPpm).toBe(0);
    expect(result.allocationsPerHour).toBe(4 * 180);
  });

  test('makes requests that come due behind a waiting one wait as well', () => {
    const result = replayRival(staticStep(1_000, 0.2), demandOf(1, 1, 1, 1, 1), { leadTimeMs: 25_000 });
    // Due at 0, 10 and 20 s, the block comes at 25 s.
    expect(result.stalledPpm).toBe(600_000);
    expect(result.lostPpm).toBe(600_000);
  });

  test('splits a slice into calls of at most 10,000 values', () => {
    expect(replayRival(staticStep(), demandOf(25_000), { leadTimeMs: 1_000 }).requests).toBe(3);
  });

  test('counts only the slices it is told to', () => {
    const result = replayRival(staticStep(100, 0.2), demandOf(1, 1, 1), { leadTimeMs: 1_000, slices: 2 });
    expect(result.requests).toBe(2);
    expect(result.allocationsPerHour).toBe(180);
  });

  test('is asked for nothing and has nothing when there is no demand', () => {
    const result = replayRival(leaf(), demandOf(0, 0), { leadTimeMs: 1_000 });
    expect(result).toMatchObject({
      requests: 0,
      stalledPpm: 0,
      lostPpm: 0,
      meanIdle: 0,
      maxIdle: 0,
      allocationsPerHour: 0,
      burnAtCrash: 0,
    });
  });

  test('holds more than a quarter of an hour of steady demand when it follows the Leaf rule', () => {
    // 10 values a second for two days. A fetch comes 0.9 of the block before and 0.1 of the one in use after the previous one,
    // so the steps swing between 8,000 and 32,000: 13 to 53 minutes each, and up to two of them are held.
    const steady = demandOf(...new Array<number>(2 * 8_640).fill(100));
    const result = replayRival(leaf(), steady, { leadTimeMs: 500 });
    expect(result.meanIdle).toBeGreaterThan(10 * 15 * 60);
    expect(result.maxIdle).toBeLessThanOrEqual(64_000);
    expect(result.allocationsPerHour).toBeGreaterThan(1);
    expect(result.allocationsPerHour).toBeLessThan(4);
    expect(result.stalledPpm).toBeCloseTo(1_000_000 / 17_280, 6);
  });

  test('comes near the figures of the design study on the bundled trace', () => {
    // There: seconds of all of July, Leaf 1,799 idle and 1.9 fetches an hour. Here: slices of 10 s, three weeks with more traffic.
    const demand = spreadDemand(loadNasaTrace(), { factor: 1, sliceMs: SLICE_MS, seed: 1 });
    const result = replayRival(leaf(), demand, { leadTimeMs: 500 });
    expect(result.meanIdle).toBeGreaterThan(1_300);
    expect(result.meanIdle).toBeLessThan(2_700);
    expect(result.allocationsPerHour).toBeGreaterThan(1);
    expect(result.allocationsPerHour).toBeLessThan(3);
  });
});
