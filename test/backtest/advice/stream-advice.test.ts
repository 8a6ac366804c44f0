import { describe, expect, it } from 'vitest';
import { type DemandProfile, demandProfile } from '../../../backtest/advice/demand-profile.ts';
import { adviceOn, type ForecastFound } from '../../../backtest/advice/stream-advice.ts';
import type { StreamAdvice } from '../../../backtest/report/backtest-report.ts';
import { inMemory } from '../../../backtest/sources/demand-source.ts';
import { exhaustionOf } from '../../../core/exhaustion-dates.ts';

const DAY_S = 86_400;
const DAY_MS = 86_400_000;
const FORESEEN: ForecastFound = { medianError: 0.1, held: { median: 100, insured: 150, cap: 1_500 } };
const UNFORESEEN: ForecastFound = { medianError: 2, held: { median: 100, insured: 1_400, cap: 1_500 } };

async function profileOf(rateAt: (second: number) => number, days = 2, name = 'orders/web/checkout'): Promise<DemandProfile> {
  const counts = Uint32Array.from({ length: days * DAY_S }, (_, second) => rateAt(second));
  return await demandProfile(inMemory({ name, startMs: 0, counts, seasonal: false }));
}

async function adviceFor(rateAt: (second: number) => number, forecast = FORESEEN): Promise<StreamAdvice> {
  const [advice] = adviceOn([{ profile: await profileOf(rateAt), forecast }], () => undefined);
  if (advice === undefined) throw new Error('there is advice for every stream');
  return advice;
}

describe('a demand profile', () => {
  it('knows the volume of days, and the busiest second and quarter of an hour', async () => {
    const profile = await profileOf((second) => (second < 1_800 ? 7 : 1));
    expect(profile.days).toEqual([DAY_S + 6 * 1_800, DAY_S]);
    expect(profile.peaks).toEqual([
      { spanS: 1, demand: 7 },
      { spanS: 60, demand: 420 },
      { spanS: 300, demand: 2_100 },
      { spanS: 900, demand: 6_300 },
    ]);
  });
});

describe('advice on a stream', () => {
  it('sends jobs to an analytics pool, trickles to transactions and the rest to stock in memory', async () => {
    expect(await adviceFor((second) => (second % 3_600 < 60 ? 2_000 : 1))).toMatchObject({ poolKind: 'analytics' });
    expect(await adviceFor((second) => (second % 10 === 0 ? 1 : 0))).toMatchObject({ poolKind: 'transaction' });
    expect(await adviceFor(() => 200)).toMatchObject({
      poolKind: 'throughput',
      because: expect.stringContaining('200 values in a second'),
    });
  });

  it('asks for as long a ride-through as its bursts leave cheap', async () => {
    expect(await adviceFor(() => 200)).toMatchObject({ serviceLevel: { rideThroughS: 900, targetStallsPpm: 10 } });
    // Half of a day's values fall into twenty minutes.
    const bursty = await adviceFor((second) => (second % DAY_S < 1_200 ? 600 : 8));
    expect(bursty).toMatchObject({ serviceLevel: { rideThroughS: 60 } });
    expect(bursty.reasons.join()).toContain('60 s without an allocator');
  });

  it('does not ask for a target that could not be seen to be missed', async () => {
    expect(await adviceFor((second) => (second % 10 === 0 ? 1 : 0))).toMatchObject({ serviceLevel: { targetStallsPpm: 116 } });
  });

  it('calls a stream unforecastable where remembered peaks do as well, and insures it', async () => {
    expect(await adviceFor(() => 5, UNFORESEEN)).toMatchObject({ unforecastable: true, serviceLevel: { rideThroughClass: 'insured' } });
    expect(await adviceFor(() => 5)).toMatchObject({ unforecastable: false, serviceLevel: { rideThroughClass: 'expected' } });
    // Of an even stream memory holds little more than a forecast, and there is nothing to foresee.
    expect(await adviceFor(() => 5, { medianError: 0.1, held: { median: 100, insured: 140, cap: 140 } })).toMatchObject({
      unforecastable: false,
    });
  });

  it('says of all streams of a sequence the date on which it runs out for them together', async () => {
    const streams = await Promise.all(['orders/web/a', 'orders/app/b', 'other/web/c'].map((name) => profileOf(() => 1, 3, name)));
    const spaceOf = (sequence: string) => (sequence === 'orders' ? { left: 20 * DAY_S } : undefined);
    const advice = adviceOn(
      streams.map((profile) => ({ profile, forecast: FORESEEN })),
      spaceOf,
    );
    const dates = advice.map(({ stream, exhaustion }) => [stream, exhaustion?.map(({ atMs }) => Math.round(atMs / DAY_MS))]);
    // Three days were seen; two streams of a value a second use the rest up in ten more.
    expect(dates).toEqual([
      ['orders/app/b', [13, 13, 13]],
      ['orders/web/a', [13, 13, 13]],
      ['other/web/c', undefined],
    ]);
  });
});

describe('exhaustion', () => {
  it('gives dates in order, the further apart the more days differ', () => {
    const even = exhaustionOf({ left: 1e9 }, 1e6, [1e6, 1.01e6, 0.99e6, 1e6, 1e6, 1e6, 1e6], 0) ?? [];
    const uneven = exhaustionOf({ left: 1e9 }, 1e6, [2e5, 1.8e6, 5e5, 1.5e6, 1e6, 1e6, 1e6], 0) ?? [];
    for (const dates of [even, uneven]) expect(dates.map(({ atMs }) => atMs)).toEqual(dates.map(({ atMs }) => atMs).sort((a, b) => a - b));
    const spread = (dates: typeof even) => (dates[2]?.atMs ?? 0) - (dates[0]?.atMs ?? 0);
    expect(even[1]?.atMs).toBeCloseTo(1_000 * DAY_MS, -6);
    expect(spread(uneven)).toBeGreaterThan(20 * spread(even));
  });

  it('holds about as often as it says, for days that are drawn by chance', () => {
    // Days of 0 to 2 million, each as likely: a hundred million are left.
    let below = 0;
    let state = 1;
    const day = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return (2e6 * state) / 2_147_483_647;
    };
    for (let trial = 0; trial < 400; trial++) {
      const seen = Array.from({ length: 28 }, day);
      const mean = seen.reduce((sum, each) => sum + each, 0) / seen.length;
      const early = exhaustionOf({ left: 1e8 }, mean, seen, 0)?.[0]?.atMs ?? 0;
      let left = 1e8;
      let days = 0;
      for (; left > 0; days++) left -= day();
      if (days * DAY_MS < early) below++;
    }
    // One in twenty is promised; days of a week count as one, so it is on the safe side where they do not hang together.
    expect(below / 400).toBeLessThan(0.06);
  });

  it('is silent where the values last longer than a century or nobody asks', () => {
    expect(exhaustionOf({ left: 9e18 }, 1e6, [], 0)).toBeUndefined();
    expect(exhaustionOf({ left: 10 }, 0, [], 0)).toBeUndefined();
  });
});
