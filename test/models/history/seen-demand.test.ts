import { describe, expect, test } from 'vitest';
import { LiveForecast } from '../../../backtest/policies/forecast-feed.ts';
import { seededRng } from '../../../core/rng.ts';
import type { HorizonDemand } from '../../../core/sizing/reserve.ts';
import { raisedBySeen } from '../../../models/history/seen-demand.ts';
import { StreamForecast } from '../../../models/stream-forecast.ts';

const SAID: HorizonDemand = { horizonMs: 1_000, median: 20, upper: 30, cap: 50, insured: 40 };

describe('what an open bin shows', () => {
  test('raises the insured demand by a quarter more than the median missed, and the cap above it', () => {
    expect(raisedBySeen(SAID, 100, 300)).toEqual({ ...SAID, cap: 125, insured: 120 });
  });

  test('changes nothing below what is insured against already', () => {
    expect(raisedBySeen(SAID, 36, 100)).toBe(SAID);
    expect(raisedBySeen(SAID, 10, 10)).toBe(SAID);
  });

  test('is all that counts while nobody can say anything', () => {
    expect(raisedBySeen({ ...SAID, insured: 50 }, 100, 300)).toMatchObject({ cap: 125, insured: 125 });
  });

  test('counts for the horizon: what five seconds asked for, and nothing where the horizon is longer than the bin', () => {
    const five = { ...SAID, horizonMs: 5_000 };
    expect(raisedBySeen(five, 100, 300).insured).toBe(20 + 1.25 * 280);
    expect(raisedBySeen({ ...SAID, horizonMs: 2_000 }, 100, 300).insured).toBe(20 + 1.25 * 180);
    expect(raisedBySeen({ ...SAID, horizonMs: 60_000 }, 900, 4_000).insured).toBe(40);
  });
});

test('a stream that is told of each second and a backtest that is fed the same forecast alike, second by second', () => {
  const rng = seededRng(2);
  const stream = new StreamForecast();
  stream.watch([500, 5_000]);
  const feed = new LiveForecast(0, [500, 5_000]);
  let raised = 0;
  for (let second = 0; second < 1_200; second++) {
    const demand = second > 900 && second % 97 < 7 ? 500 : Math.floor(20 * rng.next());
    stream.consume({ fromMs: second * 1_000, toMs: (second + 1) * 1_000, demanded: demand, peakPerSecond: demand });
    const isNew = feed.second(demand);
    if (isNew && (second + 1) % 10 !== 0) raised++;
    expect(feed.horizons.map(({ insured }) => insured)).toEqual(stream.forecasts().map(({ insured }) => insured));
  }
  expect(raised).toBeGreaterThan(0);
});
