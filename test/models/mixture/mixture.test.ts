import { describe, expect, test } from 'vitest';
import { BIN_MS, type Forecaster, orderly } from '../../../models/forecaster.ts';
import { DemandHistory } from '../../../models/history/history.ts';
import { Mixture } from '../../../models/mixture/mixture.ts';
import { Maximum } from '../../../models/online/maximum.ts';

/** An expert that says the same for ever. */
function constant(value: number, ready = true): Forecaster & { ready: boolean; value: number } {
  return {
    id: `constant-${value}`,
    ready,
    value,
    bytes: 0,
    observe() {},
    quantiles(query) {
      return query.levels.map(() => this.value);
    },
    retarget() {},
    save() {},
    restore() {},
  };
}

function mixtureOf(experts: readonly Forecaster[]): { mixture: Mixture; feed: (bins: number, demand: number) => void } {
  const history = new DemandHistory();
  const mixture = new Mixture({ history, horizonMs: BIN_MS, experts, scale: () => 10, atLeast: () => 0 });
  const feed = (bins: number, demand: number): void => {
    for (let i = 0; i < bins; i++) {
      history.observe(history.endMs, demand, demand / 10);
      mixture.observe(history.endMs - BIN_MS, demand);
    }
  };
  return { mixture, feed };
}

const MEDIAN = { horizonMs: BIN_MS, levels: [0.5] };

describe('the mixture', () => {
  test('moves its weight to the expert that is right, and back when another one is', () => {
    const { mixture, feed } = mixtureOf([constant(100), constant(200)]);
    feed(50, 100);
    expect(mixture.quantiles(MEDIAN)[0]).toBeLessThan(102);
    feed(50, 200);
    expect(mixture.quantiles(MEDIAN)[0]).toBeGreaterThan(198);
  });

  test('one burst beyond everybody leaves finite weights that sum to one', () => {
    const experts = [constant(100), constant(200), constant(50)];
    const { mixture, feed } = mixtureOf(experts);
    feed(20, 120);
    feed(20, 1e14);
    const sum = experts.reduce((total, _, k) => total + mixture.weightOf(k), 0);
    expect(sum).toBeCloseTo(1, 9);
    expect(mixture.quantiles(MEDIAN)[0]).toBeGreaterThan(0);
  });

  test('leaves out an expert that is not ready or not finite, and takes it back later', () => {
    const broken = constant(NaN);
    const { mixture, feed } = mixtureOf([constant(100), broken, constant(300, false)]);
    feed(20, 100);
    expect(mixture.quantiles(MEDIAN)[0]).toBeCloseTo(100, 9);
    expect(mixture.weightOf(1)).toBeGreaterThan(0.2);
    broken.value = 200;
    feed(1, 100);
    expect(mixture.quantiles(MEDIAN)[0]).toBeGreaterThan(110);
  });

  test('says nothing, and blames nobody, before an expert is ready', () => {
    const { mixture, feed } = mixtureOf([constant(100, false)]);
    feed(50, 100);
    expect(mixture.ready).toBe(false);
    expect(mixture.tracker.shift).toBe(0);
  });

  test('its upper quantile is never below what the schedule promises', () => {
    const history = new DemandHistory();
    const experts = [constant(10)];
    const mixture = new Mixture({ history, horizonMs: BIN_MS, experts, scale: () => 1, atLeast: () => 500 });
    history.observe(0, 10, 1);
    mixture.observe(0, 10);
    expect(mixture.quantiles({ horizonMs: BIN_MS, levels: [0.5, 0.99] })).toEqual([10, 500]);
  });
});

describe('an upper quantile', () => {
  test('is not lifted by a median that crosses it', () => {
    const history = new DemandHistory();
    const late: Forecaster = { ...constant(0), quantiles: ({ levels }) => levels.map((level) => (level === 0.5 ? 10_000 : 100)) };
    const mixture = new Mixture({ history, horizonMs: BIN_MS, experts: [constant(100), late], scale: () => 10, atLeast: () => 0 });
    history.observe(0, 100, 10);
    mixture.observe(0, 100);
    const [median = NaN, upper = NaN] = mixture.quantiles({ horizonMs: BIN_MS, levels: [0.5, 0.99] });
    expect(upper).toBeCloseTo(100, 6);
    expect(median).toBe(upper);
  });

  test('of a long horizon learns as much from its overlapping outcomes as a short one from one', () => {
    const weightAfter = (bins: number, outcomes: number): number => {
      const history = new DemandHistory();
      const experts = [constant(100), constant(103)];
      const mixture = new Mixture({ history, horizonMs: bins * BIN_MS, experts, scale: () => 10, atLeast: () => 0 });
      // The first outcome is known one horizon after the first forecast.
      for (let bin = 0; bin < bins + outcomes; bin++) {
        history.observe(history.endMs, 105 / bins, 11 / bins);
        mixture.observe(history.endMs - BIN_MS, 105 / bins);
      }
      return mixture.weightOf(0);
    };
    const short = weightAfter(1, 10);
    expect(short).toBeLessThan(0.2);
    expect(Math.abs(weightAfter(6, 60) - short)).toBeLessThan(0.01);
  });
});

describe('the maximum', () => {
  test('is the larger of the best forecast and the reactive rule', () => {
    const maximum = new Maximum({ reactive: constant(7), best: () => constant(9) });
    expect(maximum.quantiles(MEDIAN)).toEqual([9]);
    expect(new Maximum({ reactive: constant(12), best: () => constant(9) }).quantiles(MEDIAN)).toEqual([12]);
  });
});

describe('quantiles that leave a forecaster', () => {
  test('are finite, not negative and ascending', () => {
    expect(orderly([-3, 5, 4, NaN, Infinity], 2)).toEqual([0, 10, 10, 10, Number.MAX_SAFE_INTEGER]);
  });
});
