/** What is believed of a report: numbers that can be, and no more of them than can be. */
import { describe, expect, test } from 'vitest';
import { AMOUNT_MAX, LEAD_TIME_MS_MAX, plausible, RATE_MAX, upTo } from '../../pipelines/plausible.ts';
import { forecastOf } from './allocation-fixture.ts';

describe('a number in a report', () => {
  test.each([
    [5.5, 5.5],
    [0, 0],
    [-1, 0],
    [10, 10],
    [10.1, 10],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 10],
    [Number.NEGATIVE_INFINITY, 0],
  ])('of %d counts as %d where 10 is the most', (said, counted) => {
    expect(upTo(10, said)).toBe(counted);
  });

  test('is made plausible wherever a decision uses it', () => {
    const horizon = { horizonMs: -1, median: Number.NaN, upper: 7, cap: 1e300, insured: -3 };
    const forecast = plausible(
      forecastOf({ rate: Number.NaN, meanSqrtRate: -2, leadTimeMs: 1e300, requestSize: 1e300, horizons: [horizon] }),
    );
    expect(forecast).toMatchObject({ rate: 0, meanSqrtRate: 0, leadTimeMs: LEAD_TIME_MS_MAX, requestSize: AMOUNT_MAX });
    expect(forecast.horizons).toEqual([{ horizonMs: 0, median: 0, upper: 7, cap: AMOUNT_MAX, insured: 0 }]);
    const fast = plausible(forecastOf({ rate: 1e300, meanSqrtRate: 1e300 }));
    expect(fast).toMatchObject({ rate: RATE_MAX, meanSqrtRate: Math.sqrt(RATE_MAX) });
  });
});
