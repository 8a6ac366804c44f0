import { describe, expect, test } from 'vitest';
import { equalRows, ruleRows, trackOf, warmUpSeconds } from '../../../backtest/closed-loop/comparison.ts';
import { reportPage } from '../../../backtest/closed-loop/report.ts';
import { verdictOf } from '../../../backtest/closed-loop/verdict.ts';
import { batch } from '../../../backtest/traces/generators.ts';
import { demandOf } from './constant-track.ts';

const HOUR_S = 3_600;

describe('the rule on a steady stream', () => {
  const demand = demandOf(14 * HOUR_S, () => 20);
  const options = { leadTimeMs: 500, rideThroughMs: 300_000 };
  const track = trackOf(demand, options);

  test('holds what a ride-through asks for and about half an order, in both classes', () => {
    const rows = ruleRows(demand, track, options);
    expect(rows.map(({ rideThroughClass }) => rideThroughClass)).toEqual(['expected', 'insured']);
    for (const { result } of rows) {
      // 301 s at 20 a second, and half of 65 s on top.
      expect(result.meanIdle).toBeGreaterThan(301 * 20);
      expect(result.meanIdle).toBeLessThan(1.25 * 301 * 20 + 1_309);
      expect(result).toMatchObject({ survivedPercent: 100, stalledPpm: 0, seconds: demand.counts.length - warmUpSeconds(demand) });
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

test('on a job that comes every hour, far less is held than a job asks for, and nobody stalls', { timeout: 60_000 }, () => {
  const demand = batch();
  const options = { leadTimeMs: 500, rideThroughMs: 0 };
  const [row] = ruleRows(demand, trackOf(demand, options), options);
  // 20,000 a second for a minute; the study held 6,500 to 8,000.
  expect(row?.result.meanIdle).toBeLessThan(8_000);
  expect(row?.result.stalledPpm).toBe(0);
  expect(row?.result.operationsPerHour).toBeLessThan(60);
});
