/** What a handler is told, out of the envelope in which BullMQ keeps it. */
import { describe, expect, test } from 'vitest';
import { toldOf } from '../../../adapters/bullmq/job-views.ts';

describe('what a job is told', () => {
  test('is what was said when it was added', () => {
    expect(toldOf({ id: 'j-a', data: { told: [1, 2], by: 'x' } })).toEqual([1, 2]);
  });

  test('is the start of the interval beside what the schedule says, also where the schedule runs late in each', () => {
    for (const atMs of [9_000, 9_001, 9_299]) {
      expect(toldOf({ id: `repeat:rollup:${atMs}`, data: { told: { of: 'usage' }, everyMs: 300 } })).toEqual({ of: 'usage', atMs: 9_000 });
    }
  });
});
