import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BIN_MS } from '../../../models/forecaster.ts';
import { type BinSink, DemandBins, type DemandSpan } from '../../../models/history/bins.ts';

interface Seen {
  readonly startMs: number;
  readonly demand: number;
  readonly peakPerSecond: number;
  readonly count: number;
}

function collected(spans: readonly DemandSpan[], untilMs: number, missed: [number, number][] = []): Seen[] {
  const seen: Seen[] = [];
  const sink: BinSink = {
    bin: (startMs, demand, peakPerSecond) => seen.push({ startMs, demand, peakPerSecond, count: 1 }),
    quiet: (startMs, count) => seen.push({ startMs, demand: 0, peakPerSecond: 0, count }),
    missed: (fromMs, untilMs) => missed.push([fromMs, untilMs]),
  };
  const bins = new DemandBins();
  for (const span of spans) bins.add(span, sink);
  bins.closeUntil(untilMs, sink);
  return seen;
}

describe('consumption spans become bins', () => {
  test('a span over three bins is spread evenly', () => {
    const seen = collected([{ fromMs: 5_000, toMs: 25_000, demanded: 200, peakPerSecond: 10 }], 30_000);
    expect(seen.map((bin) => bin.demand)).toEqual([50, 100, 50]);
  });

  test('a bin is handed on as soon as a span has reached its end', () => {
    expect(collected([{ fromMs: 9_000, toMs: 10_000, demanded: 7, peakPerSecond: 7 }], 10_000)).toEqual([
      { startMs: 0, demand: 7, peakPerSecond: 7, count: 1 },
    ]);
  });

  test('time that no span covers is told to be unknown, and so is a report that was half an hour late', () => {
    const missed: [number, number][] = [];
    const second = { demanded: 1, peakPerSecond: 1 };
    const spans = [
      [0, 1_000],
      [1_000, 301_000],
      [309_000, 310_000],
      [370_000, 371_000],
      [371_000, 2_471_000],
    ] as const;
    collected(
      spans.map(([fromMs, toMs]) => ({ fromMs, toMs, ...second })),
      2_471_000,
      missed,
    );
    expect(missed).toEqual([
      [310_000, 370_000],
      [371_000, 2_471_000],
    ]);
  });

  test('an idle gap is one stretch of silence', () => {
    const day = 86_400_000;
    const seen = collected(
      [
        { fromMs: 0, toMs: 1_000, demanded: 1, peakPerSecond: 1 },
        { fromMs: 5 * day, toMs: 5 * day + 1_000, demanded: 2, peakPerSecond: 2 },
      ],
      5 * day + BIN_MS,
    );
    expect(seen.map((bin) => bin.count)).toEqual([1, (5 * day) / BIN_MS - 1, 1]);
  });

  test('a span that comes late counts in the bin that is open', () => {
    const spans = [
      { fromMs: 30_000, toMs: 31_000, demanded: 1, peakPerSecond: 1 },
      { fromMs: 2_000, toMs: 3_000, demanded: 5, peakPerSecond: 5 },
    ];
    expect(collected(spans, 40_000)).toEqual([{ startMs: 30_000, demand: 6, peakPerSecond: 5, count: 1 }]);
  });

  test('a span of days is spread over its last six hours', () => {
    const seen = collected([{ fromMs: 0, toMs: 864_000_000, demanded: 2_160, peakPerSecond: 1 }], 864_000_000);
    expect(seen).toHaveLength(2_160);
    expect(seen[0]?.demand).toBe(1);
  });

  test('whatever the spans are, no demand is lost, bins follow each other and the busiest second fits its bin', () => {
    const spans = fc.array(
      fc.record({
        gapMs: fc.integer({ min: -30_000, max: 400_000 }),
        lengthMs: fc.integer({ min: 0, max: 90_000 }),
        demanded: fc.oneof(fc.nat(50), fc.nat(2 ** 40)),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(spans, (shapes) => {
        let atMs = 1_000_000;
        const made = shapes.map(({ gapMs, lengthMs, demanded, share }) => {
          const fromMs = Math.max(0, atMs + gapMs);
          atMs = fromMs + lengthMs;
          return { fromMs, toMs: atMs, demanded, peakPerSecond: Math.floor(demanded * share) };
        });
        const seen = collected(made, 100_000_000);
        let next = seen[0]?.startMs ?? 0;
        for (const bin of seen) {
          expect(bin.startMs).toBe(next);
          next += bin.count * BIN_MS;
          expect(bin.peakPerSecond).toBeLessThanOrEqual(bin.demand);
          expect(bin.peakPerSecond * 10).toBeGreaterThanOrEqual(bin.demand * (1 - 1e-12));
        }
        expect(sum(seen.map((bin) => bin.demand))).toBe(sum(made.map((span) => span.demanded)));
      }),
    );
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
