/** The rules that all job queues share. */
import { describe, expect, test } from 'vitest';
import {
  failureText,
  jobResultJson,
  nextIntervalMs,
  progressShare,
  retryPauseMs,
  scheduledId,
  scheduleOf,
} from '../../adapters/job-rules.ts';

describe('the pause before a job is tried again', () => {
  test('doubles with every failure, and chance takes up to half of it', () => {
    for (let attempt = 1; attempt <= 5; attempt++) {
      const longest = 100 * 2 ** (attempt - 1);
      const pauses = Array.from({ length: 200 }, () => retryPauseMs(attempt, { pauseMs: 100 }));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(longest / 2);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(longest);
      expect(new Set(pauses).size).toBeGreaterThan(5);
    }
  });

  test('never exceeds five minutes', () => {
    expect(retryPauseMs(60, { pauseMs: 2_000 })).toBeLessThanOrEqual(300_000);
  });
});

describe('an interval', () => {
  test('begins at a multiple of its length, the next one always later', () => {
    expect(nextIntervalMs(3_599_999, 3_600_000)).toBe(3_600_000);
    expect(nextIntervalMs(3_600_000, 3_600_000)).toBe(7_200_000);
  });

  test('names its job, and only such names are those of a schedule', () => {
    expect(scheduleOf(scheduledId('rollup', 7_200_000))).toEqual({ name: 'rollup', atMs: 7_200_000 });
    expect(scheduleOf('rollup/7200000')).toBeUndefined();
  });
});

describe('what a handler gives', () => {
  test('a result that is too large or no JSON is left out, because the work is done', () => {
    expect(jobResultJson({ rows: 3 })).toBe('{"rows":3}');
    expect(jobResultJson('x'.repeat(300_000))).toMatch(/^"left out: 300002 characters"$/);
    expect(jobResultJson(1n)).toMatch(/^"left out: /);
  });

  test('an error is kept as its message, cut where it is endless', () => {
    expect(failureText(new Error('why'))).toBe('why');
    expect(failureText('x'.repeat(10_000))).toHaveLength(2_000);
  });

  test('progress is a share between 0 and 1', () => {
    expect([-1, 0.5, 3, Number.NaN].map(progressShare)).toEqual([0, 0.5, 1, 0]);
  });
});
