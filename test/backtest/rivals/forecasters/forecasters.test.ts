import { describe, expect, test } from 'vitest';
import type { MinuteVoices } from '../../../../backtest/policies/minute-voices.ts';
import type { DemandQuantiles } from '../../../../backtest/rivals/forecasters/demand-quantiles.ts';
import { ewmaQuantiles } from '../../../../backtest/rivals/forecasters/ewma.ts';
import { fittedQuantiles } from '../../../../backtest/rivals/forecasters/fitted.ts';
import { holtWintersQuantiles } from '../../../../backtest/rivals/forecasters/holt-winters.ts';
import { mixtureQuantiles } from '../../../../backtest/rivals/forecasters/mixture.ts';
import { seasonalNaiveQuantiles } from '../../../../backtest/rivals/forecasters/seasonal-naive.ts';
import { arrivals } from '../../../../backtest/traces/demand-seconds.ts';
import { seededRng } from '../../../../core/rng.ts';

const DAY_S = 86_400;
const wave = (second: number): number => 60 - 50 * Math.cos((2 * Math.PI * second) / DAY_S);
/** Three days from midnight to midnight. */
const days = arrivals(3 * DAY_S, wave, seededRng(9));
const hourIn = (fromS: number): number => days.subarray(fromS, fromS + 3_600).reduce((sum, count) => sum + count, 0);

function fed(forecaster: DemandQuantiles, untilS: number): DemandQuantiles {
  for (const count of days.subarray(0, untilS)) forecaster.observe(count);
  return forecaster;
}

describe('the rate of the last minute', () => {
  test('goes on, and scatters by its own seconds', () => {
    const ewma = ewmaQuantiles();
    for (let i = 0; i < 1_000; i++) ewma.observe(i % 2 === 0 ? 8 : 12);
    const middle = ewma.quantile(0.5, 60);
    expect(Math.abs(middle - 600)).toBeLessThan(5);
    // At least as independent arrivals would: 3.09 roots of 600.
    expect(ewma.quantile(0.999, 60) - middle).toBeCloseTo(3.09 * Math.sqrt(600), -1);
  });

  test('has all but forgotten a burst five minutes later', () => {
    const ewma = ewmaQuantiles();
    for (let i = 0; i < 60; i++) ewma.observe(1_000);
    for (let i = 0; i < 300; i++) ewma.observe(0);
    expect(ewma.quantile(0.5, 1)).toBeLessThan(10);
  });
});

describe('the seasonal naive', () => {
  const noonS = 2.5 * DAY_S;

  test('expects yesterday again, to the minute and beyond', () => {
    const naive = fed(seasonalNaiveQuantiles(), noonS);
    expect(naive.quantile(0.5, 3_600)).toBe(hourIn(noonS - DAY_S));
    expect(naive.quantile(0.99, 3_600)).toBeGreaterThan(hourIn(noonS));
    const parts = [30, 60, 90].map((horizonS) => naive.quantile(0.5, horizonS));
    expect(parts[2]).toBeGreaterThan(parts[1] ?? 0);
    expect(parts[0]).toBeCloseTo((parts[1] ?? 0) / 2, 6);
  });

  test('expects last week again once a week is known', () => {
    const naive = seasonalNaiveQuantiles();
    for (let second = 0; second < 8 * DAY_S; second++) naive.observe(second < DAY_S ? 7 : 1);
    expect(naive.quantile(0.5, 600)).toBe(600);
    const weekLater = seasonalNaiveQuantiles();
    for (let second = 0; second < 7 * DAY_S; second++) weekLater.observe(second < DAY_S ? 7 : 1);
    expect(weekLater.quantile(0.5, 600)).toBe(4_200);
  });

  test('expects the mean of all before a day is over', () => {
    const naive = seasonalNaiveQuantiles();
    for (let i = 0; i < 600; i++) naive.observe(i < 300 ? 2 : 4);
    expect(naive.quantile(0.5, 60)).toBe(180);
  });
});

describe('Holt and Winters', () => {
  test('know the shape of the day after two of them', () => {
    const morningS = 2.25 * DAY_S;
    const forecaster = fed(holtWintersQuantiles(days.subarray(0, 2 * DAY_S), 3_600), morningS);
    const hour = hourIn(morningS);
    expect(Math.abs(forecaster.quantile(0.5, 3_600) / hour - 1)).toBeLessThan(0.05);
    expect(forecaster.quantile(0.999, 3_600)).toBeGreaterThan(hour);
    // The rate alone does not know that it rises.
    expect(fed(ewmaQuantiles(), morningS).quantile(0.5, 3_600) / hour).toBeLessThan(0.95);
  });

  test('say nothing after a training of a few minutes', () => {
    const forecaster = holtWintersQuantiles(days.subarray(0, 600), 60);
    expect(forecaster.observe(5)).toBe(false);
    expect(forecaster.quantile(0.999, 60)).toBe(0);
  });
});

/** A model that says ten a minute at the median and twenty nearly always, from the second hour on. */
const tenAMinute: MinuteVoices = {
  family: 'lstm',
  model: 'lstm@test',
  leadsMs: [60_000, 120_000, 300_000],
  levels: [0.5, 0.999],
  firstOriginMs: 3_600_000,
  quantiles: Float32Array.from({ length: 120 * 6 }, (_, i) => [10, 20, 20, 40, 50, 100][i % 6] ?? 0),
};

test('the mixture answers by its upper quantile at the horizon that is watched', () => {
  const mixture = mixtureQuantiles({ startMs: 0, horizonsS: [60, 120] }, [tenAMinute]);
  expect(mixture.name).toBe('mixture with lstm');
  expect(mixture.quantile(0.999, 60)).toBe(0);
  fed(mixture, DAY_S / 4);
  const morning = days.subarray(DAY_S / 4, DAY_S / 4 + 60).reduce((sum, count) => sum + count, 0);
  expect(mixture.quantile(0.999, 60)).toBeGreaterThan(morning);
  expect(mixture.quantile(0.999, 60)).toBeLessThan(1.5 * morning);
  expect(mixture.quantile(0.5, 120)).toBeGreaterThan(morning);
});

test('a fitted model speaks for itself from its first forecast on, until its last one is two minutes old', () => {
  const spoken = () => fittedQuantiles({ startMs: 0, horizonsS: [60, 120] }, tenAMinute, 'lstm');
  const rate = fed(ewmaQuantiles(), 3_600).quantile(0.999, 60);
  expect(fed(spoken(), 3_600).quantile(0.999, 60)).toBe(rate);
  const heard = fed(spoken(), 3_610);
  expect(heard.quantile(0.5, 60)).toBeCloseTo(10, 0);
  expect(heard.quantile(0.999, 120)).toBeCloseTo(40, 0);
  expect(fed(spoken(), 4 * 3_600).quantile(0.999, 60)).toBe(fed(ewmaQuantiles(), 4 * 3_600).quantile(0.999, 60));
});
