import { expect, test } from 'vitest';
import { loadNasaTrace } from '../../../backtest/traces/nasa.ts';

test('the bundled trace is the first three weeks of July 1995, minute by minute, as its page describes it', () => {
  const { startMs, binMs, counts } = loadNasaTrace();
  expect(new Date(startMs).toISOString()).toBe('1995-07-01T00:00:00.000Z');
  expect(binMs).toBe(60_000);
  expect(counts.length).toBe(21 * 1_440);
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(1_542_640);
  expect(Math.max(...counts)).toBe(409);
});

test('the longest silence of the bundled trace is the evening of 13 July', () => {
  const { counts } = loadNasaTrace();
  const evening = 12 * 1_440 + 19 * 60;
  expect(counts.subarray(evening + 49, evening + 71).every((n) => n === 0)).toBe(true);
});
