import { describe, expect, test } from 'vitest';
import type { Forecaster } from '../../models/forecaster.ts';
import { DemandHistory } from '../../models/history/history.ts';
import { EwmaRatio } from '../../models/online/ewma-ratio.ts';
import { LogRegression } from '../../models/online/log-regression.ts';
import { Reactive } from '../../models/online/reactive.ts';
import { SeasonalEmpirical } from '../../models/online/seasonal-empirical.ts';
import { type Bin, binsOf, DAY_S, HOUR_S } from './demand.ts';

const HORIZON_MS = 300_000;
const QUERY = { horizonMs: HORIZON_MS, levels: [0.1, 0.5, 0.99] };

interface Run {
  readonly expert: Forecaster;
  /** Share of five-minute windows of the last third that were at most the quantile, per level. */
  readonly coverage: readonly number[];
}

function run(make: (history: DemandHistory) => Forecaster, bins: readonly Bin[]): Run {
  const history = new DemandHistory();
  const expert = make(history);
  const covered = [0, 0, 0];
  let origins = 0;
  bins.forEach((bin, i) => {
    history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    expert.observe(bin.startMs, bin.demand);
    if (i < (bins.length * 2) / 3 || i + 30 >= bins.length || i % 6 !== 0) return;
    const demand = bins.slice(i + 1, i + 31).reduce((sum, next) => sum + next.demand, 0);
    origins++;
    expert.quantiles(QUERY).forEach((quantile, k) => {
      if (demand <= quantile) covered[k] = (covered[k] ?? 0) + 1;
    });
  });
  return { expert, coverage: covered.map((count) => count / origins) };
}

const STEADY = binsOf(DAY_S, () => 20);
/** Busy by day, quiet by night. */
const DAILY = binsOf(6 * DAY_S, (second) => 2 + 40 * Math.max(0, Math.sin((2 * Math.PI * second) / DAY_S)));

describe('every expert', () => {
  test.each([
    ['reactive', (history: DemandHistory) => new Reactive(history, HORIZON_MS)],
    ['ewma-ratio', (history: DemandHistory) => new EwmaRatio(history, HORIZON_MS)],
    ['log-regression', (history: DemandHistory) => new LogRegression(history, HORIZON_MS)],
  ])('covers steady demand about as often as it says: %s', (_, make) => {
    const { coverage } = run(make, STEADY);
    expect(coverage[2]).toBeGreaterThan(0.975);
    expect(coverage[1]).toBeGreaterThan(0.35);
    expect(coverage[1]).toBeLessThan(0.65);
    expect(coverage[0]).toBeLessThan(0.2);
  });

  test.each([
    ['log-regression', (history: DemandHistory) => new LogRegression(history, HORIZON_MS)],
    ['seasonal-empirical', (history: DemandHistory) => new SeasonalEmpirical(history, HORIZON_MS)],
  ])('that knows the time of day covers a daily rhythm: %s', (_, make) => {
    expect(run(make, DAILY).coverage[2]).toBeGreaterThan(0.95);
  });

  test('answers another horizon in proportion', () => {
    const { expert } = run((history) => new Reactive(history, HORIZON_MS), STEADY);
    const [, median = 0] = expert.quantiles(QUERY);
    expect(expert.quantiles({ ...QUERY, horizonMs: 2 * HORIZON_MS })[1]).toBeCloseTo(2 * median, 6);
  });
});

describe('seasonal-empirical', () => {
  test('is ready once it has seen this time of day before', () => {
    const firstDay = run((history) => new SeasonalEmpirical(history, HORIZON_MS), STEADY.slice(0, (20 * HOUR_S) / 10));
    expect(firstDay.expert.ready).toBe(false);
    expect(run((history) => new SeasonalEmpirical(history, HORIZON_MS), DAILY).expert.ready).toBe(true);
  });
});

describe('ewma-ratio', () => {
  test('never asks for more than twenty times the present rate', () => {
    const bins = binsOf(DAY_S, (second) => (second % 7_000 < 60 ? 5_000 : 1));
    const { expert } = run((history) => new EwmaRatio(history, HORIZON_MS), bins);
    const { expert: reactive } = run((history) => new Reactive(history, HORIZON_MS), bins);
    const [rate = 0] = reactive.quantiles({ horizonMs: HORIZON_MS, levels: [0.5] });
    expect(expert.quantiles(QUERY)[2]).toBeLessThanOrEqual(20 * (rate + 1));
  });
});
