import { describe, expect, test } from 'vitest';
import { fixedLeadTime, sampledLeadTimes, withOutages } from '../../../backtest/harness/lead-times.ts';

describe('sampled lead times', () => {
  const measured = Array.from({ length: 200 }, (_, i) => (i < 196 ? 0.1 : 2));
  const leadTimes = sampledLeadTimes(measured, 7);

  test('are as often short and long as they were measured, and plan with a high quantile', () => {
    const drawn = Array.from({ length: 20_000 }, (_, i) => leadTimes.usableAtS(i) - i);
    const long = drawn.filter((leadTimeS) => leadTimeS > 1).length / drawn.length;
    expect(long).toBeGreaterThan(0.016);
    expect(long).toBeLessThan(0.024);
    expect(leadTimes.plannedS).toBe(2);
  });

  test('belong to the moment: whoever asks, and however often, gets the same', () => {
    const again = sampledLeadTimes([...measured].reverse(), 7);
    again.usableAtS(3);
    for (const atS of [0.01, 17, 86_400.5]) expect(again.usableAtS(atS)).toBe(leadTimes.usableAtS(atS));
  });
});

describe('an allocator that is away', () => {
  const leadTimes = withOutages(fixedLeadTime(0.5), [
    { fromS: 200, untilS: 300 },
    { fromS: 100, untilS: 160 },
    { fromS: 300.2, untilS: 310 },
  ]);

  test('changes nothing before and after', () => {
    expect(leadTimes.usableAtS(99)).toBe(99.5);
    expect(leadTimes.usableAtS(160)).toBe(160.5);
    expect(leadTimes.plannedS).toBe(0.5);
  });

  test('answers a lead time after it is back what was ordered meanwhile, and what would have come meanwhile', () => {
    expect(leadTimes.usableAtS(130)).toBe(160.5);
    expect(leadTimes.usableAtS(99.7)).toBe(160.5);
  });

  test('that goes away again before it answers, answers after that', () => {
    expect(leadTimes.usableAtS(250)).toBe(310.5);
  });
});
