import { describe, expect, test } from 'vitest';
import { runLoop } from '../../../backtest/closed-loop/loop.ts';
import { demandOf, LEAD_OF_ONE_SECOND, trackOf } from './constant-track.ts';

const HOUR_S = 3_600;
/** Ten values a second: an order of 3600/55 × 10 values lasts 65.45 s, so there are 55 an hour. */
const RATE = 10;
const ORDER_SIZE = (HOUR_S / 55) * RATE;

describe('the closed loop at a steady rate', () => {
  const seconds = 3 * HOUR_S;
  const demand = demandOf(seconds, () => RATE);
  const result = runLoop(demand, trackOf(seconds, RATE, 100), LEAD_OF_ONE_SECOND);

  test('counts only what comes after the warm-up', () => {
    expect(result.seconds).toBe(seconds - 600);
    expect(result.demanded).toBe((seconds - 600) * RATE);
  });

  test('orders as often as the order size says, and returns nothing', () => {
    expect(result.operationsPerHour).toBeGreaterThan(53);
    expect(result.operationsPerHour).toBeLessThan(57);
    expect(result.returnsPerHour).toBe(0);
  });

  test('holds the reserve less a lead time, and half an order on top', () => {
    // The stock swings between reserve - rate x lead time and that plus an order.
    const expected = 100 - RATE * 1 + ORDER_SIZE / 2;
    expect(Math.abs(result.meanIdle - expected)).toBeLessThan(0.03 * expected);
    expect(result.maxIdle).toBeLessThanOrEqual(100 - RATE + Math.ceil(ORDER_SIZE) + RATE);
    expect(result.stalledPpm).toBe(0);
  });

  test('burns what is on the way as well: a lead time of demand', () => {
    expect(result.burnAtCrash - result.meanIdle).toBeGreaterThan(0.97 * RATE);
    expect(result.burnAtCrash - result.meanIdle).toBeLessThan(1.03 * RATE);
  });

  test('is the same each time', () => {
    expect(runLoop(demand, trackOf(seconds, RATE, 100), LEAD_OF_ONE_SECOND)).toEqual(result);
  });
});

describe('a burst', () => {
  const seconds = 1_200;
  const burst = demandOf(seconds, (second) => (second === 900 ? 1_000 : 0));

  test('that the reserve covers stalls nobody', () => {
    const result = runLoop(burst, trackOf(seconds, 0, 1_000), LEAD_OF_ONE_SECOND);
    expect(result).toMatchObject({ demanded: 1_000, stalledPpm: 0 });
  });

  test('above the reserve stalls what the reserve lacks, and not what was there', () => {
    const result = runLoop(burst, trackOf(seconds, 0, 600), LEAD_OF_ONE_SECOND);
    // An order of one value on top of the reserve: 601 on hand, and a lead time until there is more.
    expect(result.stalledPpm).toBe(399_000);
  });
});

describe('an outage that begins at any time', () => {
  const seconds = 3 * HOUR_S;
  const steady = demandOf(seconds, () => RATE);
  const options = { ...LEAD_OF_ONE_SECOND, rideThroughMs: 60_000 };
  // What must be on hand when it begins: 61 s of demand. The stock falls to the reserve less a second of demand.
  const needed = 61 * RATE;

  test('is always survived by a reserve of ride-through and two lead times', () => {
    const result = runLoop(steady, trackOf(seconds, RATE, 0, needed + RATE), options);
    expect(result.outages).toBeGreaterThan(160);
    expect(result).toMatchObject({ survivedPercent: 100, stalledInOutagesPercent: 0 });
  });

  test('is not survived by less, by as much as is lacking', () => {
    const result = runLoop(steady, trackOf(seconds, RATE, 0, needed / 2), options);
    // Half is lacking at worst; the rest of the time an order of more than that is on hand.
    expect(result.survivedPercent).toBeLessThan(65);
    expect(result.survivedPercent).toBeGreaterThan(40);
  });

  test('is answered by the factor: twice half the reserve is the reserve', () => {
    const half = runLoop(steady, trackOf(seconds, RATE, 0, needed / 2), { ...options, rideThroughFactor: 2 });
    expect(half).toEqual(runLoop(steady, trackOf(seconds, RATE, 0, needed), options));
  });

  test('means the insured demand to those who are insured', () => {
    const track = trackOf(seconds, RATE, 0, 100);
    track.horizons[1]?.insured.fill(needed + RATE);
    expect(runLoop(steady, track, options).survivedPercent).toBeLessThan(100);
    expect(runLoop(steady, track, { ...options, rideThroughClass: 'insured' }).survivedPercent).toBe(100);
  });
});

describe('stock that is not needed any more', () => {
  const seconds = 1_800;
  const quiet = demandOf(seconds, () => 0);
  // The reserve falls from 10,000 to the floor of 32 at the end of the hundredth bin.
  const falling = trackOf(seconds, 0, (bin) => (bin < 99 ? 10_000 : 0));

  test('goes back in one operation', () => {
    const result = runLoop(quiet, falling, LEAD_OF_ONE_SECOND);
    expect(result.returnsPerHour * result.seconds).toBe(HOUR_S);
    // 10,001 for 400 of the 1,200 counted seconds, 33 for the rest.
    expect(result.meanIdle).toBeCloseTo((10_001 * 400 + 33 * 800) / 1_200, 0);
  });

  test('stays where returns are off', () => {
    const result = runLoop(quiet, falling, { ...LEAD_OF_ONE_SECOND, returns: false });
    expect(result).toMatchObject({ returnsPerHour: 0, meanIdle: 10_001 });
  });
});
