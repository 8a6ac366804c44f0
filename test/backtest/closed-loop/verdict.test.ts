import { describe, expect, test } from 'vitest';
import type { EqualRow, PolicyCost } from '../../../backtest/closed-loop/comparison.ts';
import { verdictOf } from '../../../backtest/closed-loop/verdict.ts';

function cost(meanIdle: number): PolicyCost {
  return { meanIdle, factor: 1, operationsPerHour: 50 };
}

/** A row in which the log-regression holds 100, and the mixture so much; no number: it does not reach the survival. */
function row(trace: string, mixture: number | undefined, more: Partial<EqualRow> = {}): EqualRow {
  const policies = { 'log-regression': cost(100), ...(mixture === undefined ? {} : { mixture: cost(mixture) }) };
  return { trace, seasonal: true, rideThroughS: 300, survivedPercent: 99.9, rideThroughClass: 'expected', policies, ...more };
}

describe('the verdict on a policy', () => {
  test('is kept by a twentieth less on half of the seasonal traces and never a fiftieth more', () => {
    expect(verdictOf([row('day', 95), row('week', 102)], 'mixture')).toMatchObject({ seasonal: 2, saves: 1, kept: true });
  });

  test('is missed by a single trace above, seasonal or not', () => {
    const verdict = verdictOf([row('day', 80), row('crowd', 102.1, { seasonal: false })], 'mixture');
    expect(verdict).toMatchObject({ seasonal: 1, saves: 1, kept: false });
    expect(verdict.worst).toMatchObject({ trace: 'crowd', ratio: 1.021 });
  });

  test('is missed by saving too little on too many', () => {
    expect(verdictOf([row('day', 90), row('week', 96), row('year', 100)], 'mixture')).toMatchObject({ saves: 1, kept: false });
  });

  test('takes the mean of the ride-throughs of a trace', () => {
    const rows = [row('day', 100), row('day', 90, { rideThroughS: 900 })];
    expect(verdictOf(rows, 'mixture')).toMatchObject({ seasonal: 1, saves: 1 });
  });

  test('takes the insured where the log-regression does not survive as expected, and never a lower survival', () => {
    const rows = [row('day', 10), row('day', 10, { survivedPercent: 99 }), row('day', 90, { rideThroughClass: 'insured' })];
    rows[0] = { ...(rows[0] as EqualRow), policies: { mixture: cost(10) } };
    expect(verdictOf(rows, 'mixture').ratios).toEqual([
      { trace: 'day', seasonal: true, rideThroughS: 300, survivedPercent: 99.9, rideThroughClass: 'insured', ratio: 0.9 },
    ]);
  });

  test('is missed where only the log-regression reaches the survival', () => {
    expect(verdictOf([row('day', 80), row('job', undefined)], 'mixture')).toMatchObject({ worst: { ratio: Infinity }, kept: false });
  });
});
