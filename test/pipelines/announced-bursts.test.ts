import { describe, expect, it } from 'vitest';
import { ANNOUNCEMENTS_PER_STREAM_MAX } from '../../core/limits.ts';
import { burstDemand, burstRate, NO_BURSTS, notOver, peakBurstRate, withBurst } from '../../pipelines/announced-bursts.ts';
import type { BurstDeclared } from '../../schemas/messages.ts';

function burst(fromS: number, untilS: number, rate = 100): BurstDeclared {
  return { kind: 'BurstDeclared', stream: 's/a/b', rate, fromMs: fromS * 1_000, untilMs: untilS * 1_000 };
}

const NEVER = Number.NEGATIVE_INFINITY;
const TWO = withBurst(withBurst(NO_BURSTS, burst(30, 60), NEVER), burst(10, 40, 5), NEVER);

describe('announced bursts', () => {
  it('are kept side by side, by when they begin', () => {
    expect(TWO.map(({ fromMs, rate }) => [fromMs, rate])).toEqual([
      [10_000, 5],
      [30_000, 100],
    ]);
    expect([9, 10, 35, 40, 59, 60].map((s) => burstRate(TWO, s * 1_000))).toEqual([0, 5, 105, 100, 100, 0]);
  });

  it('are said again by the same begin: the later word holds', () => {
    expect(withBurst(TWO, burst(30, 90, 7), NEVER).map(({ rate, untilMs }) => [rate, untilMs])).toEqual([
      [5, 40_000],
      [7, 90_000],
    ]);
  });

  it('are taken back with a rate of nothing', () => {
    expect(withBurst(TWO, burst(10, 40, 0), NEVER)).toHaveLength(1);
    expect(withBurst([burst(10, 40)], burst(10, 40, 0), NEVER)).toBe(NO_BURSTS);
  });

  it('are dropped when they are over, and never taken up after it', () => {
    expect(notOver(TWO, 40_000).map(({ rate }) => rate)).toEqual([100]);
    expect(notOver(TWO, 39_999)).toBe(TWO);
    expect(notOver(TWO, 60_000)).toBe(NO_BURSTS);
    expect(withBurst(NO_BURSTS, burst(10, 40), 40_000)).toBe(NO_BURSTS);
  });

  it('that make no sense are none, whoever wrote them', () => {
    for (const wrong of [burst(10, 10), burst(20, 10), burst(10, 20, -1), burst(10, 20, Number.NaN), burst(10, 20, Infinity)])
      expect(withBurst(NO_BURSTS, wrong, NEVER)).toBe(NO_BURSTS);
  });

  it('are bounded in number, whoever writes more', () => {
    let bursts = NO_BURSTS;
    for (let i = 0; i < 2 * ANNOUNCEMENTS_PER_STREAM_MAX; i++) bursts = withBurst(bursts, burst(i, i + 1), NEVER);
    expect(bursts).toHaveLength(ANNOUNCEMENTS_PER_STREAM_MAX);
    expect(bursts.at(-1)?.fromMs).toBe((2 * ANNOUNCEMENTS_PER_STREAM_MAX - 1) * 1_000);
  });

  it('ask of a window for their rate times the overlap', () => {
    expect(burstDemand(TWO, 0, 10_000)).toBe(0);
    expect(burstDemand(TWO, 0, 11_500)).toBe(7.5);
    expect(burstDemand(TWO, 35_000, 45_000)).toBe(5 * 5 + 10 * 100);
    expect(burstDemand(TWO, 0, 100_000)).toBe(150 + 3_000);
  });

  it('know the most that they ask for at a time', () => {
    expect(peakBurstRate(TWO, 0, 9_999)).toBe(0);
    expect(peakBurstRate(TWO, 0, 10_000)).toBe(5);
    expect(peakBurstRate(TWO, 0, 100_000)).toBe(105);
    expect(peakBurstRate(TWO, 45_000, 100_000)).toBe(100);
  });
});
