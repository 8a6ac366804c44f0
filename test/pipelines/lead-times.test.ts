/** What lead time is planned for, out of what orders took. */
import { describe, expect, test } from 'vitest';
import { noteLeadTime, plannedLeadTimeMs } from '../../pipelines/lead-times.ts';

function planned(...samples: number[]): number {
  const kept: number[] = [];
  for (const sample of samples) noteLeadTime(kept, sample);
  return plannedLeadTimeMs(kept);
}

describe('the planned lead time', () => {
  test('is a millisecond before the first order, and that of the first order after it', () => {
    expect(planned()).toBe(1);
    expect(planned(40)).toBe(40);
  });

  test('is the second longest, so that one pause does not count and two do', () => {
    expect(planned(5, 900, 7, 6)).toBe(7);
    expect(planned(5, 900, 7, 800, 6)).toBe(800);
    expect(planned(3, 3, 3)).toBe(3);
  });

  test('forgets by orders: the two hundred and first pushes the first out', () => {
    const slowOnce = [900, 900, ...Array.from({ length: 199 }, () => 5)];
    expect(planned(...slowOnce)).toBe(5);
    expect(planned(...slowOnce.slice(0, 200))).toBe(900);
  });
});
