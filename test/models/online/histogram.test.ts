import { describe, expect, test } from 'vitest';
import { seededRng } from '../../../core/rng.ts';
import { Histogram } from '../../../models/online/histogram.ts';

describe('a forgetting histogram', () => {
  test('finds the quantiles of what it was given', () => {
    const histogram = new Histogram({ lowest: -1, highest: 2, memoryBins: 1e6 });
    const rng = seededRng(1);
    for (let i = 0; i < 20_000; i++) histogram.add(rng.next(), 1);
    for (const level of [0.01, 0.25, 0.5, 0.9, 0.99]) expect(Math.abs(histogram.quantile(level) - level)).toBeLessThan(0.02);
  });

  test('forgets the old regime within a few memories', () => {
    const histogram = new Histogram({ lowest: 0, highest: 10, memoryBins: 1_000 });
    for (let i = 0; i < 50_000; i++) histogram.add(9, 1);
    for (let i = 0; i < 6_000; i++) histogram.add(1, 1);
    expect(histogram.quantile(0.99)).toBeLessThan(1.2);
    expect(histogram.quantile(0.999)).toBeGreaterThan(8);
  });

  test('a sample that stands for several bins weighs as much as so many', () => {
    const histogram = new Histogram({ lowest: 0, highest: 10, memoryBins: 1e6 });
    histogram.add(1, 3);
    histogram.add(9, 1);
    expect(histogram.quantile(0.7)).toBeLessThan(1.2);
    expect(histogram.quantile(0.8)).toBeGreaterThan(8);
  });

  test('what lies outside counts at the edge', () => {
    const histogram = new Histogram({ lowest: -1, highest: 1, memoryBins: 100 });
    histogram.add(1e300, 1);
    expect(histogram.quantile(0.5)).toBeLessThanOrEqual(1);
    histogram.add(-Infinity, 1);
    expect(histogram.quantile(0.01)).toBeGreaterThanOrEqual(-1);
  });
});
