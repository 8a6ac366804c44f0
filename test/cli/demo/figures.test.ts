import { expect, test } from 'vitest';
import { calendar, compact, duration, sparkline } from '../../../cli/demo/figures.ts';

test.each([
  [0, '0'],
  [0.00423, '0.0042'],
  [0.42, '0.42'],
  [7.3, '7.3'],
  [12.34, '12.3'],
  [100, '100'],
  [1_234, '1,234'],
  [56_700, '56.7k'],
  [234_567, '235k'],
  [8_900_000, '8.90M'],
  [1.2e9, '1.20G'],
])('%d reads as %s', (n, text) => {
  expect(compact(n)).toBe(text);
});

test.each([
  [0.25, '0.3 ms'],
  [850, '850 ms'],
  [2_500, '2.5 s'],
  [36_000, '36 s'],
  [119_000, '119 s'],
  [288_000, '4.8 min'],
  [7_200_000, '2 h'],
  [90 * 3_600_000, '90 h'],
])('%d ms reads as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('a sparkline is scaled to its largest figure, and flat where there is none', () => {
  expect(sparkline([0, 4, 8])).toBe('▁▅█');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});

test('a moment of the trace reads as a calendar would say it', () => {
  expect(calendar(Date.UTC(1995, 6, 1))).toBe('Sat 01 Jul 1995 00:00');
});
