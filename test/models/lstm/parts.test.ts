/** A history of which only what the features look at is handed over gives the same answer as the whole, to the bit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DemandHistory, MINUTE_MS } from '../../../models/history/history.ts';
import { FeatureWriter, featureBatch } from '../../../models/lstm/features.ts';
import { binsLookedAt } from '../../../models/lstm/parts.ts';
import { FIVE_MINUTE_SPEC, HOURLY_SPEC, historyBinsMin, LIVE_SPEC, type LstmSpec } from '../../../models/lstm/spec.ts';
import { SMALL_SPEC } from './series.ts';

/** Shares a day and a week with the live one, in bins that a history has soon. */
const SHORT_SPEC: LstmSpec = { ...LIVE_SPEC, contextBins: 30, leadsBins: [1, 10, 100], seasonsBins: { day: 144, week: 1_008 } };
const BIN_MS = 10_000;

/** Everything that the network would be shown. */
function shown(spec: LstmSpec, history: { startMs: number; demand: Float64Array; outages?: Uint8Array }): Float32Array[] {
  const batch = featureBatch(spec, 1);
  const isUsable = new FeatureWriter(spec).write({ key: 'a', binMs: spec.binMs, ...history }, history.demand.length, batch, 0);
  return [
    Float32Array.of(isUsable ? 1 : 0),
    batch.steps,
    batch.leads,
    batch.statics,
    Float32Array.from(batch.refs),
    batch.scales,
    batch.bases,
  ];
}

/** A past with gaps that were skipped and outages, of random demand, quiet or busy. */
function pastOf({ stretches, startMinute }: { stretches: readonly Stretch[]; startMinute: number }): DemandHistory {
  const history = new DemandHistory();
  let seed = 1;
  history.observe(startMinute * MINUTE_MS, 1, 1);
  for (const { minutes, perBin, isSilent, isOutage } of stretches) {
    const fromMs = history.endMs;
    if (isSilent) history.skip(minutes * 6);
    for (let bin = 0; !isSilent && bin < minutes * 6; bin++) {
      seed = (seed * 48_271) % 2_147_483_647;
      history.observe(history.endMs, (seed % (perBin + 1)) / (perBin > 1_000 ? 1 : 2), perBin);
    }
    if (isOutage) history.missed(fromMs, history.endMs);
  }
  return history;
}

interface Stretch {
  readonly minutes: number;
  readonly perBin: number;
  readonly isSilent: boolean;
  readonly isOutage: boolean;
}

const stretch = fc.record({
  minutes: fc.integer({ min: 1, max: 500 }),
  perBin: fc.constantFrom(1, 3, 40, 5_000),
  isSilent: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  isOutage: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
});

describe('the bins that features look at', () => {
  test.each([
    ['live', LIVE_SPEC],
    ['five minutes', FIVE_MINUTE_SPEC],
    ['hourly', HOURLY_SPEC],
    ['small', SMALL_SPEC],
    ['without seasons', { ...LIVE_SPEC, seasonsBins: {} }],
    ['with leads longer than a day', { ...SMALL_SPEC, leadsBins: [1, 40, 200] }],
  ])('are all that a window needs (%s)', (_, spec) => {
    const parts = binsLookedAt(spec);
    const longest = parts[0]?.from ?? 0;
    for (const bins of [historyBinsMin(spec), Math.floor(longest / 2) + historyBinsMin(spec), longest, longest + 100]) {
      const whole = Float64Array.from({ length: bins }, (_, bin) => (bin * 7_919) % 31);
      const some = new Float64Array(bins).fill(NaN);
      for (const { from, until } of parts) {
        for (let bin = Math.max(0, bins - from); bin < bins - until; bin++) some[bin] = whole[bin] ?? NaN;
      }
      expect(shown(spec, { startMs: 0, demand: some })).toEqual(shown(spec, { startMs: 0, demand: whole }));
      expect(shown(spec, { startMs: 0, demand: some })[0]?.[0]).toBe(1);
    }
  });

  test('are less than half of the week that a live stream is forecast from', () => {
    const bins = binsLookedAt(LIVE_SPEC).reduce((sum, { from, until }) => sum + from - until, 0);
    expect(bins).toBeLessThan(8 * 1_440 * 0.46);
  });

  test('read alone out of any past give what the whole past gives: young streams, gaps and outages', () => {
    const parts = binsLookedAt(SHORT_SPEC);
    const bins = parts[0]?.from ?? 0;
    // Used again from past to past, as it is from batch to batch.
    const memory = new Float64Array(bins).fill(NaN);
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 8 }), fc.nat(5_000), (stretches, startMinute) => {
        const history = pastOf({ stretches, startMinute });
        if (history.endMs - history.startMs < (historyBinsMin(SHORT_SPEC) + 2) * MINUTE_MS) return;
        const whole = history.rolledUp(MINUTE_MS, bins);
        const some = history.rolledUp(MINUTE_MS, bins, memory, parts);
        expect([some.startMs, some.demand.length, some.outages]).toEqual([whole.startMs, whole.demand.length, whole.outages]);
        expect(shown(SHORT_SPEC, some)).toEqual(shown(SHORT_SPEC, whole));
        // The oldest bin of fine ones, too: they are differences.
        const fine = history.rolledUp(BIN_MS, 300, undefined, [{ from: 200, until: 100 }]);
        expect(fine.demand.slice(-200, -100)).toEqual(history.rolledUp(BIN_MS, 300).demand.slice(-200, -100));
      }),
      { numRuns: 60 },
    );
    expect(memory.some(Number.isNaN)).toBe(true);
  });
});
