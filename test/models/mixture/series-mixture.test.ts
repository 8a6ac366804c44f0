/** The mixture over series: finds the better expert and the better blend, calibrates what it holds ready, leaves the silent out. */
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../core/rng.ts';
import { pooledWeights } from '../../../models/mixture/pooled-weights.ts';
import { RatioQuantiles } from '../../../models/mixture/quantile-calibration.ts';
import { SeriesMixture } from '../../../models/mixture/series-mixture.ts';

const SCALE = Float64Array.of(10);
const WIDE_SCALE = Float64Array.of(200);

/** One lead of one origin; what the experts say does not depend on the origin. */
function run(
  mixture: SeriesMixture,
  said: (t: number) => number[],
  demand: (t: number) => number,
  outcomes: number,
  scale = SCALE,
): number {
  let missed = 0;
  const { experts, levels } = mixture.shape;
  for (let t = 0; t < outcomes; t++) {
    const spoken = Float64Array.from({ length: levels.length * experts }, (_, i) => said(t)[i % experts] ?? NaN);
    const forecast = mixture.combine(spoken, scale);
    if (demand(t) > (forecast.answer.at(-1) ?? 0)) missed++;
    mixture.learn(forecast, 0, demand(t));
  }
  return missed / outcomes;
}

describe('the mixture over series', () => {
  it('gives its weight to the expert that is right', () => {
    const mixture = new SeriesMixture({ experts: 2, leadsBins: [1], levels: [0.5] });
    run(
      mixture,
      () => [100, 160],
      () => 100,
      200,
    );
    expect(mixture.weightOf(0, 0, 0)).toBeGreaterThan(0.9);
  });

  it('finds a blend that is better than either expert', () => {
    const rng = seededRng(3);
    const mixture = new SeriesMixture({ experts: 2, leadsBins: [1], levels: [0.5] });
    run(
      mixture,
      () => [80, 120],
      () => 97 + 6 * rng.next(),
      2_000,
      WIDE_SCALE,
    );
    const { answer } = mixture.combine(Float64Array.of(80, 120), SCALE);
    expect(answer[0]).toBeGreaterThan(95);
    expect(answer[0]).toBeLessThan(105);
  });

  it('brings an upper quantile that all experts have too low to its level', () => {
    const rng = seededRng(4);
    const mixture = new SeriesMixture({ experts: 2, leadsBins: [1], levels: [0.9] });
    run(
      mixture,
      () => [10, 12],
      () => 100 * rng.next(),
      500,
    );
    const missed = run(
      mixture,
      () => [10, 12],
      () => 100 * rng.next(),
      4_000,
    );
    expect(Math.abs(missed - 0.1)).toBeLessThan(0.015);
  });

  it('leaves out experts that say nothing, and keeps its levels in order', () => {
    const mixture = new SeriesMixture({ experts: 2, leadsBins: [1], levels: [0.5, 0.9] });
    const { answer } = mixture.combine(Float64Array.of(5, NaN, NaN, 4), SCALE);
    expect([...answer]).toEqual([5, 5]);
    expect([...mixture.combine(new Float64Array(4).fill(NaN), SCALE).answer]).toEqual([0, 0]);
  });

  it('learns less from each outcome where outcomes overlap', () => {
    const short = new SeriesMixture({ experts: 2, leadsBins: [1], levels: [0.5] });
    const long = new SeriesMixture({ experts: 2, leadsBins: [12], levels: [0.5] });
    for (const mixture of [short, long])
      run(
        mixture,
        () => [100, 110],
        () => 100,
        20,
      );
    expect(long.weightOf(0, 0, 0)).toBeGreaterThan(0.5);
    expect(long.weightOf(0, 0, 0)).toBeLessThan(short.weightOf(0, 0, 0));
  });

  it('begins with the weights that it is given in the tail, and alike elsewhere', () => {
    const mixture = new SeriesMixture({ experts: 2, leadsBins: [1], levels: [0.5, 0.99], tailPrior: [0.8, 0.2] });
    expect([mixture.weightOf(0, 0, 0), mixture.weightOf(0, 1, 0)]).toEqual([0.5, 0.8]);
  });

  it('lets nobody shout: what is far above the middle expert counts as half as much again', () => {
    const mixture = new SeriesMixture({ experts: 3, leadsBins: [1], levels: [0.5] });
    const { answer } = mixture.combine(Float64Array.of(100, 110, 100_000), SCALE);
    expect(answer[0]).toBeCloseTo((100 + 110 + (1.5 * 110 + 5)) / 3, 9);
  });
});

describe('ratio quantiles', () => {
  it('say of a median what came of former ones', () => {
    const ratios = new RatioQuantiles(10);
    expect(ratios.quantile(50, 0.9)).toBe(50);
    // Ratios of 1 to 10, with half a value on both sides.
    for (let i = 1; i <= 10; i++) ratios.learn(9.5, 10 * i - 0.5);
    expect(ratios.quantile(19.5, 0.5)).toBeCloseTo(99.5, 9);
    expect(ratios.quantile(19.5, 0.9)).toBeCloseTo(179.5, 9);
  });

  it('forget the oldest, and cap what a jump teaches', () => {
    const ratios = new RatioQuantiles(3);
    for (const demand of [1e9, 9.5, 9.5, 9.5]) ratios.learn(9.5, demand);
    expect(ratios.quantile(9.5, 1)).toBeCloseTo(9.5, 9);
    ratios.learn(9.5, 1e9);
    expect(ratios.quantile(9.5, 1)).toBeCloseTo(199.5, 9);
  });
});

describe('pooled weights', () => {
  /** Two experts, one too low and one too high by twice as much. */
  const past = (count: number, said: (n: number) => readonly number[]) => ({
    said: Float64Array.from(Array.from({ length: count }, (_, n) => said(n)).flat()),
    demand: new Float64Array(count).fill(100),
    scale: new Float64Array(count).fill(1),
  });

  it('are those of the blend with the least loss', () => {
    const weights = pooledWeights(
      past(50, () => [90, 120]),
      0.5,
      2,
    );
    expect((weights[0] ?? 0) * 90 + (weights[1] ?? 0) * 120).toBeCloseTo(100, 0);
    expect((weights[0] ?? 0) + (weights[1] ?? 0)).toBeCloseTo(1, 12);
  });

  it('go to the expert that is right, whatever others say', () => {
    const weights = pooledWeights(
      past(50, (n) => [100, n % 2 === 0 ? 60 : 140, NaN]),
      0.5,
      3,
    );
    // The one that never said anything has nothing to lose or to win.
    expect(weights[0]).toBeGreaterThan(10 * (weights[1] ?? 1));
  });

  it('are alike where all experts are', () => {
    expect([
      ...pooledWeights(
        past(5, () => [70, 70]),
        0.5,
        2,
      ),
    ]).toEqual([0.5, 0.5]);
  });

  it('leave out what has no unit to be measured in', () => {
    const useless = past(2, (n) => (n === 0 ? [100, 0] : [0, 100]));
    const weights = pooledWeights({ ...useless, scale: Float64Array.of(1, 0) }, 0.5, 2);
    expect(weights[0]).toBeGreaterThan(0.9);
  });
});
