import { describe, expect, test } from 'vitest';
import { isRefusal, type LeadGrid, type SeriesForecaster, type SeriesHistory } from '../../../models/contract.ts';
import { ewmaRatio } from '../../../models/series/ewma-ratio-series.ts';
import { maximum } from '../../../models/series/maximum-series.ts';
import { lastValue, meanRate, seasonalNaive } from '../../../models/series/naive.ts';
import { reactive } from '../../../models/series/reactive-series.ts';
import { seasonalEmpirical } from '../../../models/series/seasonal-empirical-series.ts';
import { daily, describeSeriesForecaster } from '../series-forecaster-kit.ts';

const HOUR_MS = 3_600_000;

for (const forecaster of [
  lastValue(),
  meanRate(),
  seasonalNaive(),
  seasonalNaive({ spread: 'none' }),
  ewmaRatio(),
  reactive(),
  seasonalEmpirical(),
  maximum(seasonalNaive()),
]) {
  describeSeriesForecaster({ forecaster });
}

function historyOf(demand: Float64Array): SeriesHistory {
  return { key: 'a', binMs: HOUR_MS, startMs: 0, demand };
}

async function quantilesOf(forecaster: SeriesForecaster, demand: Float64Array, grid: LeadGrid): Promise<number[]> {
  const fitted = await forecaster.fit([], { seasonsBins: [24, 168], seed: 1, grid });
  if ('refused' in fitted) throw new Error(fitted.detail);
  const [answer] = await fitted.predict([historyOf(demand)], grid);
  if (answer === undefined || isRefusal(answer)) throw new Error('refused');
  return Array.from(answer.quantiles);
}

const MEDIAN = { leadsMs: [HOUR_MS, 30 * HOUR_MS], levels: [0.5] };

describe('the seasonal naive forecast', () => {
  const days = Float64Array.from({ length: 240 }, (_, i) => i % 24);

  test('repeats the last season, beyond its length as well', async () => {
    expect(await quantilesOf(seasonalNaive({ spread: 'none' }), days, { ...MEDIAN, of: 'bin' })).toEqual([0, 5]);
  });

  test('sums whole seasons and the rest for totals', async () => {
    expect(await quantilesOf(seasonalNaive({ spread: 'none' }), days, { ...MEDIAN, of: 'total' })).toEqual([0, 276 + 15]);
  });

  test('spreads by the errors it has made: about nine in ten lie below its .9 quantile', async () => {
    const grid: LeadGrid = { leadsMs: [HOUR_MS], levels: [0.1, 0.9], of: 'bin' };
    const demand = daily(1_200);
    let below = 0;
    let under = 0;
    for (let end = 900; end < 1_200; end++) {
      const [low = 0, high = 0] = await quantilesOf(seasonalNaive(), demand.subarray(0, end), grid);
      if ((demand[end] ?? 0) <= high) below++;
      if ((demand[end] ?? 0) <= low) under++;
    }
    expect(below / 300).toBeGreaterThan(0.82);
    expect(below / 300).toBeLessThan(0.96);
    expect(under / 300).toBeLessThan(0.2);
  });
});

describe('the ewma-ratio forecast', () => {
  test('never asks for more than twenty times the present rate', async () => {
    const demand = Float64Array.from({ length: 1_000 }, (_, i) => (i % 50 === 0 ? 100_000 : 1));
    const [most = 0] = await quantilesOf(ewmaRatio(), demand, { leadsMs: [HOUR_MS], levels: [0.999], of: 'total' });
    const [rate = 0] = await quantilesOf(reactive(), demand, { leadsMs: [HOUR_MS], levels: [0.5], of: 'total' });
    expect(most).toBeGreaterThan(rate);
    expect(most).toBeLessThanOrEqual(20 * (rate + 0.5));
  });

  test('leaves outages out: they are no silence', async () => {
    const demand = new Float64Array(500).fill(10);
    demand.fill(0, 300, 480);
    const outages = new Uint8Array(500).fill(1, 300, 480);
    const grid: LeadGrid = { leadsMs: [HOUR_MS], levels: [0.1, 0.9], of: 'total' };
    const fitted = await ewmaRatio().fit([], { seasonsBins: [], seed: 1, grid });
    if ('refused' in fitted) throw new Error(fitted.detail);
    const [answer] = await fitted.predict([{ ...historyOf(demand), outages }], grid);
    expect(answer).toMatchObject({ quantiles: Float64Array.of(10, 10) });
  });
});

describe('the maximum', () => {
  test('is never below the reactive rule', async () => {
    const grid: LeadGrid = { leadsMs: [HOUR_MS, 6 * HOUR_MS], levels: [0.5, 0.99], of: 'total' };
    const [both, rule] = [await quantilesOf(maximum(seasonalNaive()), daily(500), grid), await quantilesOf(reactive(), daily(500), grid)];
    expect(both.every((value, i) => value >= (rule[i] ?? 0))).toBe(true);
  });
});
