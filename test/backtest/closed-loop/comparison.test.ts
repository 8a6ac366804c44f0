import { describe, expect, test } from 'vitest';
import { equalRows, ruleRows, trackOf, warmUpSeconds } from '../../../backtest/closed-loop/comparison.ts';
import { reportPage } from '../../../backtest/closed-loop/report.ts';
import { verdictOf } from '../../../backtest/closed-loop/verdict.ts';
import { survivedPercent } from '../../../backtest/harness/result.ts';
import { demandOf } from '../policies/constant-track.ts';

const HOUR_S = 3_600;

describe('the rule on a steady stream', () => {
  const demand = demandOf(14 * HOUR_S, () => 20);
  const options = { leadTimeS: 0.5, rideThroughS: 300 };
  const track = trackOf(demand, options);

  test('holds what a ride-through asks for and about half an order, in both classes', () => {
    const rows = ruleRows(demand, track, options);
    expect(rows.map(({ rideThroughClass }) => rideThroughClass)).toEqual(['expected', 'insured']);
    for (const { result } of rows) {
      // 301 s at 20 a second, and half of 65 s on top.
      expect(result.meanIdle).toBeGreaterThan(301 * 20);
      expect(result.meanIdle).toBeLessThan(1.25 * 301 * 20 + 1_309);
      expect(result).toMatchObject({ stalled: 0, seconds: demand.counts.length - warmUpSeconds(demand) });
      expect(result.outages.map(survivedPercent)).toEqual([100]);
    }
  });

  test('is compared at equal survival, and the page says it', { timeout: 60_000 }, () => {
    const equal = equalRows(demand, track, undefined, options);
    expect(equal.map(({ survivedPercent }) => survivedPercent)).toEqual([99.9, 99]);
    const verdict = verdictOf(equal, 'mixture');
    expect(verdict.worst?.ratio).toBeGreaterThan(0.98);
    expect(verdict.worst?.ratio).toBeLessThan(1.02);
    const page = reportPage({
      command: 'c',
      commit: 'x',
      node: 'v20',
      lstm: 'none',
      rule: ruleRows(demand, track, options),
      equal,
      verdicts: [verdict],
    });
    expect(page).toContain('| made up | 300 | expected | 99.9 |');
    expect(page).toContain('0 of 0 seasonal traces');
  });
});
