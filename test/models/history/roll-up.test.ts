/** The past of a stream in bins of several lengths, and the spans of it that tell nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BIN_MS } from '../../../models/forecaster.ts';
import { DemandHistory, ROLL_UPS_MS } from '../../../models/history/history.ts';
import { Outages } from '../../../models/history/outages.ts';
import { StateReader, StateWriter } from '../../../models/state-bytes.ts';
import { StreamForecast } from '../../../models/stream-forecast.ts';
import { DAY_S, HOUR_S } from '../demand.ts';

const HOUR_MS = HOUR_S * 1_000;
const DAY_MS = DAY_S * 1_000;

function fed(startMs: number, bins: number, demandAt: (bin: number) => number): DemandHistory {
  const history = new DemandHistory();
  for (let bin = 0; bin < bins; bin++) history.observe(startMs + bin * BIN_MS, demandAt(bin), demandAt(bin));
  return history;
}

describe('the roll-ups of a history', () => {
  test.each(ROLL_UPS_MS)('in bins of %i ms say what the 10 s bins sum to, from the first whole bin to the last', (binMs) => {
    const startMs = 70_000;
    const demandAt = (bin: number): number => bin % 11;
    const history = fed(startMs, 2_000, demandAt);
    const rolled = history.rolledUp(binMs, 10_000);
    const first = Math.ceil(startMs / binMs) * binMs;
    expect(rolled.startMs).toBe(first);
    expect(rolled.startMs + rolled.demand.length * binMs).toBe(Math.floor(history.endMs / binMs) * binMs);
    rolled.demand.forEach((demand, i) => {
      let sum = 0;
      for (let ms = first + i * binMs; ms < first + (i + 1) * binMs; ms += BIN_MS) sum += demandAt((ms - startMs) / BIN_MS);
      expect(demand).toBeCloseTo(sum, sum > 1_500 ? -1 : 9);
    });
    expect(history.rolledUp(binMs, 3).demand).toEqual(rolled.demand.slice(-3));
  });

  test('reach back sixty days in five minutes and a year in hours', () => {
    const history = fed(0, 2, () => 6);
    history.skip(400 * 8_640);
    expect(history.rolledUp(BIN_MS, 1e6).demand.length).toBeCloseTo(6.5 * 360, -1);
    expect(history.rolledUp(60_000, 1e6).demand).toHaveLength(15 * 1_440);
    expect(history.rolledUp(300_000, 1e6).demand).toHaveLength(60 * 288);
    expect(history.rolledUp(HOUR_MS, 1e6).demand).toHaveLength(366 * 24);
    expect(history.bytes).toBeLessThan(100);
  });

  test('of a silence that is skipped are those of one that is observed', () => {
    fc.assert(
      fc.property(fc.nat(800), fc.nat(3_000), (before, silent) => {
        const [skipped, observed] = [fed(130_000, before + 1, () => 7), fed(130_000, before + 1, () => 7)];
        skipped.skip(silent);
        for (let bin = 0; bin < silent; bin++) observed.observe(observed.endMs, 0, 0);
        for (const binMs of ROLL_UPS_MS) expect(skipped.rolledUp(binMs, 1e6)).toEqual(observed.rolledUp(binMs, 1e6));
      }),
      { numRuns: 20 },
    );
  });

  test('are a few kilobytes for a stream of one event a day, and hardly more when saved', () => {
    const stream = new StreamForecast();
    stream.watch([500, 301_000]);
    for (let day = 0; day < 30; day++) {
      const fromMs = day * DAY_MS + ((day * 7_919) % 80_000) * 1_000;
      stream.consume({ fromMs, toMs: fromMs + 1_000, demanded: 1, peakPerSecond: 1 });
    }
    expect(stream.bytes).toBeLessThan(9_000);
    expect(stream.save().length).toBeLessThan(12_000);
  });
});

describe('outages', () => {
  test('mask the bins of which a tenth is unknown, in every roll-up', () => {
    const history = fed(0, 6 * 360, () => 10);
    history.missed(2 * HOUR_MS + 5_000, 2 * HOUR_MS + 65_000);
    const masked = (binMs: number): number[] =>
      [...(history.rolledUp(binMs, 1e6).outages ?? [])].flatMap((flag, i) => (flag === 1 ? [i] : []));
    expect(masked(BIN_MS)).toEqual([720, 721, 722, 723, 724, 725, 726]);
    expect(masked(60_000)).toEqual([120]);
    expect(masked(300_000)).toEqual([24]);
    expect(masked(HOUR_MS)).toEqual([]);
    expect(history.isUnknown(2 * HOUR_MS, 2 * HOUR_MS + 60_000)).toBe(true);
    expect(history.isUnknown(3 * HOUR_MS, 4 * HOUR_MS)).toBe(false);
  });

  test('are what nobody reported of, and not zero demand', () => {
    const stream = new StreamForecast();
    stream.watch([500]);
    const second = (atS: number): void => {
      stream.consume({ fromMs: atS * 1_000, toMs: (atS + 1) * 1_000, demanded: 5, peakPerSecond: 5 });
    };
    for (let atS = 0; atS < 600; atS++) second(atS);
    for (let atS = 1_200; atS < 1_800; atS++) second(atS);
    const { demand, outages } = stream.rolledUp(60_000, 100);
    expect([...demand]).toEqual([...Array(10).fill(300), ...Array(10).fill(0), ...Array(10).fill(300)]);
    expect([...(outages ?? [])]).toEqual([...Array(10).fill(0), ...Array(10).fill(1), ...Array(10).fill(0)]);
  });

  test('beyond as many as are kept join the nearest ones, and never forget one of this year', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 })), { maxLength: 300 }),
        (spans) => {
          const outages = new Outages();
          let atMs = 0;
          for (const [gapMs, lastsMs] of spans) {
            const [fromMs, untilMs] = [atMs + gapMs, atMs + gapMs + lastsMs];
            outages.add(fromMs, untilMs);
            atMs = untilMs;
          }
          atMs = 0;
          for (const [gapMs, lastsMs] of spans) {
            expect(outages.hides(atMs + gapMs, atMs + gapMs + lastsMs)).toBe(true);
            atMs += gapMs + lastsMs;
          }
          expect(outages.bytes).toBeLessThanOrEqual(96 * 16);
          const [to, again] = [new StateWriter(), new StateWriter()];
          outages.save(to);
          const restored = new Outages();
          restored.restore(new StateReader(to.bytes()));
          restored.save(again);
          expect(again.bytes()).toEqual(to.bytes());
        },
      ),
    );
  });
});
