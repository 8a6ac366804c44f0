import { describe, expect, test } from 'vitest';
import { seededRng } from '../../../core/rng.ts';
import { isRefusal, type LeadGrid, type SeriesHistory } from '../../../models/contract.ts';
import { ets } from '../../../models/ets/ets-forecaster.ts';
import { mstlEts } from '../../../models/ets/mstl-forecaster.ts';
import { nelderMead } from '../../../models/ets/nelder-mead.ts';
import { daily, describeSeriesForecaster } from '../series-forecaster-kit.ts';

describeSeriesForecaster({ forecaster: ets(), runs: 15 });
describeSeriesForecaster({ forecaster: mstlEts(), runs: 15 });

const HOUR_MS = 3_600_000;

describe('exponential smoothing', () => {
  test('keeps a daily rhythm in mind that the last hours do not show', async () => {
    const demand = daily(24 * 21);
    const history: SeriesHistory = { key: 'a', binMs: HOUR_MS, startMs: 0, demand: demand.subarray(0, 24 * 20) };
    const grid: LeadGrid = { leadsMs: Array.from({ length: 24 }, (_, i) => (i + 1) * HOUR_MS), levels: [0.5], of: 'bin' };
    const fitted = await ets().fit([history], { seasonsBins: [24], seed: 1, grid });
    if ('refused' in fitted) throw new Error(fitted.detail);
    const [answer] = await fitted.predict([history], grid);
    if (answer === undefined || isRefusal(answer)) throw new Error('refused');
    const error = answer.quantiles.reduce((sum, value, i) => sum + Math.abs(value - (demand[24 * 20 + i] ?? 0)), 0) / 24;
    // The scatter itself has a mean size of a twentieth of about 120.
    expect(error).toBeLessThan(10);
  });

  test('follows a level that has shifted, without another fit', async () => {
    const demand = daily(24 * 30);
    for (let i = 24 * 20; i < demand.length; i++) demand[i] = 3 * (demand[i] ?? 0);
    const grid: LeadGrid = { leadsMs: [24 * HOUR_MS], levels: [0.5], of: 'total' };
    const before: SeriesHistory = { key: 'a', binMs: HOUR_MS, startMs: 0, demand: demand.subarray(0, 24 * 20) };
    const fitted = await ets().fit([before], { seasonsBins: [24], seed: 1, grid });
    if ('refused' in fitted) throw new Error(fitted.detail);
    const answers = await fitted.predict([before, { ...before, demand: demand.subarray(0, 24 * 29) }], grid);
    const [small = 0, large = 0] = answers.map((answer) => (isRefusal(answer) ? 0 : (answer.quantiles[0] ?? 0)));
    expect(small).toBeGreaterThan(2_000);
    expect(large / small).toBeGreaterThan(2.2);
    expect(large / small).toBeLessThan(4);
  });

  test('takes a season of 1,440 bins in its stride', async () => {
    const rng = seededRng(2);
    const demand = Float64Array.from({ length: 6 * 1_440 }, (_, i) => 50 * (1.1 + Math.sin((2 * Math.PI * i) / 1_440)) + 10 * rng.next());
    const history: SeriesHistory = { key: 'a', binMs: 60_000, startMs: 0, demand };
    const grid: LeadGrid = { leadsMs: [60_000, 3_600_000, 6 * 3_600_000], levels: [0.5, 0.99], of: 'total' };
    const fitted = await ets().fit([history], { seasonsBins: [1_440, 10_080], seed: 1, grid });
    if ('refused' in fitted) throw new Error(fitted.detail);
    const [answer] = await fitted.predict([history], grid);
    if (answer === undefined || isRefusal(answer)) throw new Error('refused');
    const truth = Array.from({ length: 360 }, (_, i) => 50 * (1.1 + Math.sin((2 * Math.PI * i) / 1_440)) + 5).reduce(
      (sum, x) => sum + x,
      0,
    );
    expect((answer.quantiles[4] ?? 0) / truth).toBeGreaterThan(0.9);
    expect((answer.quantiles[4] ?? 0) / truth).toBeLessThan(1.1);
  });
});

describe('the simplex', () => {
  test('finds the bottom of a bent valley', () => {
    const valley = ([x = 0, y = 0]: Float64Array) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    const { at } = nelderMead(valley, Float64Array.of(-1.2, 1), { step: 0.5, evaluationsMax: 400, flat: 1e-12 });
    expect(at[0]).toBeCloseTo(1, 3);
    expect(at[1]).toBeCloseTo(1, 3);
  });

  test('gives up after its evaluations, with the best it has seen', () => {
    let evaluations = 0;
    const minimum = nelderMead(([x = 0]) => ++evaluations && x, Float64Array.of(0), { step: 1, evaluationsMax: 20, flat: 0 });
    expect(evaluations).toBeLessThanOrEqual(23);
    expect(minimum.value).toBeLessThan(0);
  });
});
