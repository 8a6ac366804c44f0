import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HorizonDemand } from '../../core/sizing/reserve.ts';
import { BIN_MS } from '../../models/forecaster.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { type Bin, binsOf, DAY_S, HOUR_S, hourlyJob } from './demand.ts';

const LEAD_MS = 500;
const RIDE_THROUGH_MS = 61_000;

function fed(bins: readonly Bin[], stream = new StreamForecast()): StreamForecast {
  stream.watch([LEAD_MS, RIDE_THROUGH_MS]);
  for (const bin of bins) stream.observe(bin.startMs, bin.demand, bin.peakPerSecond);
  return stream;
}

function isOrderly(forecast: HorizonDemand): boolean {
  const { median, upper, insured, cap } = forecast;
  return Number.isFinite(cap) && 0 <= median && median <= upper && upper <= insured && insured <= cap;
}

describe('a stream forecast', () => {
  test('is finite and in order for any demand, also silence and giant bursts', () => {
    const demand = fc.oneof(fc.constant(0), fc.nat(20), fc.nat(100_000), fc.double({ min: 0, max: 1e300, noNaN: true }));
    const bin = fc.record({ demand, share: fc.double({ min: 0, max: 1, noNaN: true }), repeat: fc.nat(60) });
    const horizons = fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 10_000, max: 100_000_000 }));
    fc.assert(
      fc.property(fc.array(bin, { maxLength: 20 }), fc.array(horizons, { minLength: 1, maxLength: 3 }), (bins, watched) => {
        const stream = new StreamForecast();
        let atMs = 0;
        bins.forEach(({ demand: values, share, repeat }, i) => {
          stream.watch(watched[i % watched.length] ?? []);
          for (let k = 0; k <= repeat; k++, atMs += BIN_MS) {
            stream.observe(atMs, values, values * share);
            for (const forecast of stream.forecasts()) expect(forecast).toSatisfy(isOrderly);
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  test('restored midway it goes on to the same bytes and forecasts', () => {
    const bins = binsOf(16 * HOUR_S, (second) => (second % HOUR_S < 40 ? 900 : 3 + second / 5_000));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bins.length - 1 }), (cut) => {
        const whole = fed(bins.slice(0, cut));
        const restored = StreamForecast.restored(whole.save());
        expect(restored.save()).toEqual(whole.save());
        expect(restored.forecasts()).toEqual(whole.forecasts());
        const rest = bins.slice(cut, cut + 400);
        for (const stream of [whole, restored]) fed(rest, stream);
        expect(restored.forecasts()).toEqual(whole.forecasts());
        expect(Buffer.compare(restored.save(), whole.save())).toBe(0);
      }),
      { numRuns: 6 },
    );
  });

  test('restored after weeks, a change of horizons and a silence of days, it goes on to the same bytes', () => {
    const stream = new StreamForecast();
    stream.watch([LEAD_MS, 901_000]);
    for (const bin of binsOf(2 * DAY_S, (second) => (second % DAY_S < 7_000 ? 30 : 4))) {
      stream.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    }
    stream.watch([3_000, 500_000]);
    stream.observe(9 * DAY_S * 1_000, 55, 9);
    const restored = StreamForecast.restored(stream.save());
    for (let bin = 1; bin < 2_000; bin++) {
      for (const each of [stream, restored]) each.observe((9 * DAY_S + bin * 10) * 1_000, bin % 90, bin % 9);
    }
    expect(Buffer.compare(restored.save(), stream.save())).toBe(0);
  });

  test('spans and ticks make the same forecast as their bins', () => {
    const bins = binsOf(HOUR_S, () => 12);
    const byBins = fed(bins);
    const bySpans = new StreamForecast();
    bySpans.watch([LEAD_MS, RIDE_THROUGH_MS]);
    let completed = 0;
    for (const { startMs, demand, peakPerSecond } of bins) {
      const first = Math.floor(demand / 2);
      const midMs = startMs + 4_000;
      if (bySpans.consume({ fromMs: startMs, toMs: midMs, demanded: first, peakPerSecond: 1 })) completed++;
      if (bySpans.consume({ fromMs: midMs, toMs: startMs + 9_000, demanded: demand - first, peakPerSecond })) completed++;
      if (bySpans.tick(startMs + BIN_MS)) completed++;
    }
    expect(completed).toBe(bins.length);
    expect(bySpans.forecasts()).toEqual(byBins.forecasts());
  });

  test('a young stream insures its whole remembered peak, times 1.25', () => {
    const stream = fed([...binsOf(10 * HOUR_S, () => 5), { startMs: 10 * HOUR_S * 1_000, demand: 1_000, peakPerSecond: 400 }]);
    const [lead, outage] = stream.forecasts();
    expect(lead).toMatchObject({ horizonMs: 1_000, cap: 500, insured: 500 });
    expect(outage?.cap).toBeGreaterThan(1.25 * 1_000);
    expect(outage?.insured).toBe(outage?.cap);
  });

  test('before any demand everything is zero', () => {
    expect(fed([]).forecasts()).toEqual([
      { horizonMs: 1_000, median: 0, upper: 0, cap: 0, insured: 0 },
      { horizonMs: RIDE_THROUGH_MS, median: 0, upper: 0, cap: 0, insured: 0 },
    ]);
  });

  test('insures an hourly job only around its hour', () => {
    const bins = hourlyJob(1);
    const stream = new StreamForecast();
    const insured: number[] = [];
    stream.watch([LEAD_MS, RIDE_THROUGH_MS]);
    for (const bin of bins) {
      stream.observe(bin.startMs, bin.demand, bin.peakPerSecond);
      insured.push(stream.forecasts()[1]?.insured ?? 0);
    }
    const lastHour = insured.slice(-361, -1);
    expect(lastHour[0]).toBeGreaterThan(20_000 * 60);
    const mean = lastHour.reduce((sum, value) => sum + value, 0) / lastHour.length;
    expect(mean).toBeLessThan(70_000);
  });

  test('insures against a burst like one that came without notice before', () => {
    const burst = (second: number): boolean => second >= 20 * HOUR_S && second < 20 * HOUR_S + 300;
    const stream = fed(binsOf(30 * HOUR_S, (second) => (burst(second) ? 2_000 : 10)));
    const [lead, outage] = stream.forecasts();
    expect(lead?.insured).toBeGreaterThan(2_000);
    expect(outage?.insured).toBeGreaterThan(2_000 * 61);
    expect(outage?.upper).toBeLessThan(5_000);
  });

  test('forgets half of a peak in thirty days', () => {
    const stream = fed([{ startMs: 0, demand: 1_000, peakPerSecond: 800 }]);
    stream.observe(30 * DAY_S * 1_000, 0, 0);
    expect(stream.forecasts()[0]?.cap).toBeCloseTo(500, 0);
  });

  test('takes years of silence in bounded time', () => {
    const stream = fed(binsOf(HOUR_S, () => 5));
    const cutoff = stream.cutoffMs;
    stream.consume({ fromMs: cutoff, toMs: cutoff + 1_000, demanded: 5, peakPerSecond: 5 });
    stream.consume({ fromMs: cutoff + 1e12, toMs: cutoff + 1e12 + 1_000, demanded: 5, peakPerSecond: 5 });
    expect(stream.cutoffMs).toBe(Math.floor((cutoff + 1e12) / BIN_MS) * BIN_MS);
    expect(stream.rate).toBe(0);
  });

  test('keeps what it learnt when the lead time moves, and answers small moves in proportion', () => {
    const stream = fed(binsOf(14 * HOUR_S, () => 50));
    const before = stream.forecasts()[1];
    stream.watch([LEAD_MS, 64_000]);
    expect(stream.forecasts()[1]?.upper).toBeCloseTo(((before?.upper ?? 0) * 64_000) / RIDE_THROUGH_MS, 6);
    stream.watch([LEAD_MS, 122_000]);
    const doubled = stream.forecasts()[1];
    expect(doubled?.median).toBeGreaterThan(1.8 * (before?.median ?? 0));
    expect(doubled?.median).toBeLessThan(2.2 * (before?.median ?? 0));
    expect(doubled?.cap).toBeLessThan(2.2 * (before?.cap ?? 0));
  });

  test('holds under 5 KB in its first minutes and about 100 KB for ever', () => {
    const young = fed(binsOf(300, () => 20));
    expect(young.bytes).toBeLessThan(5 * 1_024);
    young.observe(20 * DAY_S * 1_000, 1, 1);
    const laterMs = 20 * DAY_S * 1_000 + BIN_MS;
    for (const bin of binsOf(HOUR_S, () => 20)) young.observe(laterMs + bin.startMs, bin.demand, bin.peakPerSecond);
    expect(young.bytes).toBeLessThan(104 * 1_024);
  });
});
