import { describe, expect, test } from 'vitest';
import { warningOf } from '../../core/exhaustion-warning.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 20_000 * DAY_MS;

describe('a warning that a sequence runs out', () => {
  test.each([
    [90 * DAY_MS + 1, undefined],
    [90 * DAY_MS, 90],
    [30 * DAY_MS + 1, 90],
    [30 * DAY_MS, 30],
    [7 * DAY_MS + 1, 30],
    [7 * DAY_MS, 7],
    [0, 7],
    [-DAY_MS, 7],
  ])('is, %d ms before the early date, that of %s days', (beforeMs, days) => {
    expect(warningOf(NOW_MS + beforeMs, NOW_MS)).toBe(days);
  });
});
