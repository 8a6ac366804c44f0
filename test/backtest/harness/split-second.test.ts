import { expect, test } from 'vitest';
import { SplitSecond, STEPS_PER_SECOND } from '../../../backtest/harness/split-second.ts';

test.each([0, 1, 700, 2_000, 2_001, 20_000])('puts each of %i arrivals on one hundredth', (demand) => {
  const steps = new SplitSecond().steps(5, demand);
  expect(steps.length).toBe(STEPS_PER_SECOND);
  expect(steps.reduce((sum, count) => sum + count, 0)).toBe(demand);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
});

test.each([1_000, 20_000])('scatters %i arrivals as independent ones do', (demand) => {
  const split = new SplitSecond();
  const mean = demand / STEPS_PER_SECOND;
  let squares = 0;
  for (let second = 0; second < 100; second++) {
    squares += split.steps(second, demand).reduce((sum, count) => sum + (count - mean) ** 2, 0);
  }
  expect(squares / 100 / STEPS_PER_SECOND / (mean * 0.99)).toBeGreaterThan(0.94);
  expect(squares / 100 / STEPS_PER_SECOND / (mean * 0.99)).toBeLessThan(1.06);
});

test('a second falls alike whatever was looked into before it, and unlike its neighbours', () => {
  const one = new SplitSecond();
  const skipped = [...one.steps(900, 50)];
  const other = new SplitSecond();
  const neighbour = [...other.steps(899, 50)];
  expect([...other.steps(900, 50)]).toEqual(skipped);
  expect(neighbour).not.toEqual(skipped);
});
