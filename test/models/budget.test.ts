import { describe, expect, test } from 'vitest';
import { budgetLeft, type FitCandidate, nextFits } from '../../models/budget.ts';

const HOUR_MS = 3_600_000;
const BUDGET = { msPerHour: 60_000, costMs: 500, freshMs: HOUR_MS };
const NOW_MS = 100 * HOUR_MS;

function candidate(key: string, more: Partial<FitCandidate> = {}): FitCandidate {
  return { key, ratePerSecond: 10, regret: 0.2, fittedAtMs: NOW_MS - 2 * HOUR_MS, costMs: 500, ...more };
}

const next = (candidates: readonly FitCandidate[], leftMs = 10_000) => nextFits(candidates, NOW_MS, leftMs, BUDGET);

describe('the streams that get a fit next', () => {
  test('are those with the largest volume times regret', () => {
    expect(next([candidate('small', { ratePerSecond: 1 }), candidate('good', { regret: 0.02 }), candidate('bad', { regret: 1 })])).toEqual([
      'bad',
      'good',
      'small',
    ]);
  });

  test('cost no more than is left, and a cheap one goes in beside a dear one that does not', () => {
    expect(next([candidate('dear', { costMs: 5_000, regret: 3, ratePerSecond: 1_000 }), candidate('cheap')], 1_000)).toEqual(['cheap']);
  });

  test('are never silent ones, nor those that were fitted just now, even on a clock that went back', () => {
    const fresh = candidate('fresh', { fittedAtMs: NOW_MS - 1 });
    expect(next([candidate('silent', { ratePerSecond: 0 }), fresh, candidate('ahead', { fittedAtMs: NOW_MS + HOUR_MS })])).toEqual([]);
  });

  test('wait longer after each refusal', () => {
    const refusing = candidate('refusing', { refusals: 3 });
    expect(next([refusing])).toEqual([]);
    expect(nextFits([refusing], NOW_MS + 7 * HOUR_MS, 10_000, BUDGET)).toEqual(['refusing']);
  });

  test('take a regret that is no number for unknown', () => {
    expect(next([candidate('odd', { regret: NaN }), candidate('known', { regret: 0.1 })])).toEqual(['odd', 'known']);
  });
});

describe('the budget', () => {
  test('is earned with time, up to a quarter of an hour of it', () => {
    expect(budgetLeft(0, 0, 60_000, BUDGET)).toBe(1_000);
    expect(budgetLeft(0, 0, 10 * HOUR_MS, BUDGET)).toBe(15_500);
    expect(budgetLeft(-2_000, 0, 60_000, BUDGET)).toBe(-1_000);
  });
});
