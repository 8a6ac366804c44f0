/** What a fitted model says of a stream, as the mixture hears it: turned into any horizon from now, or turned away. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BIN_MS } from '../../../models/forecaster.ts';
import { DemandHistory } from '../../../models/history/history.ts';
import { PeakLadder } from '../../../models/history/peak-memory.ts';
import { EXPERT_FAMILIES, ExpertVoices, type SaidForecast } from '../../../models/mixture/expert-voices.ts';
import { FittedExpert } from '../../../models/mixture/fitted-expert.ts';
import { StreamForecast } from '../../../models/stream-forecast.ts';
import { binsOf, HOUR_S } from '../demand.ts';

const MINUTE_MS = 60_000;
const RIDE_THROUGH_MS = 300_000;

/** Five values a second at the median, and half as much again at .99. */
function forecast(originMs: number, more: Partial<SaidForecast> = {}): SaidForecast {
  const leadsMs = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS];
  const quantiles = leadsMs.flatMap((leadMs) => [0.5, 1, 1.25, 1.5].map((factor) => (factor * 5 * leadMs) / 1_000));
  return {
    family: 'lstm',
    model: 'lstm@test',
    originMs,
    freshMs: 2 * MINUTE_MS,
    leadsMs,
    levels: [0.1, 0.5, 0.9, 0.99],
    quantiles,
    ...more,
  };
}

function fed(seconds = HOUR_S): { history: DemandHistory; ladder: PeakLadder; voices: ExpertVoices } {
  const history = new DemandHistory();
  const ladder = new PeakLadder(history);
  for (const bin of binsOf(seconds, () => 5)) {
    history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    ladder.observe();
  }
  return { history, ladder, voices: new ExpertVoices() };
}

function expertOf({ history, voices }: ReturnType<typeof fed>, horizonMs: number): FittedExpert {
  return new FittedExpert({ history, voices, family: 'lstm', horizonMs });
}

function streamOf(seconds = HOUR_S): StreamForecast {
  const stream = new StreamForecast();
  stream.watch([500, RIDE_THROUGH_MS]);
  for (const bin of binsOf(seconds, () => 5)) stream.observe(bin.startMs, bin.demand, bin.peakPerSecond);
  return stream;
}

describe('a fitted expert', () => {
  test('says nothing before it is told something, and then has the model that told it as its name', () => {
    const parts = fed();
    const expert = expertOf(parts, RIDE_THROUGH_MS);
    expect([expert.ready, expert.id]).toEqual([false, 'lstm']);
    parts.voices.hear(forecast(parts.history.endMs), parts.history.endMs, parts.ladder);
    expect([expert.ready, expert.id]).toEqual([true, 'lstm@test']);
  });

  test('answers a lead from its origin as it was said, and levels between the said ones in between', () => {
    const parts = fed();
    parts.voices.hear(forecast(parts.history.endMs), parts.history.endMs, parts.ladder);
    const [low, median, high, higher] = expertOf(parts, RIDE_THROUGH_MS).quantiles({
      horizonMs: RIDE_THROUGH_MS,
      levels: [0.1, 0.5, 0.9, 0.95],
    }) as [number, number, number, number];
    expect(median).toBeCloseTo(1_500, 6);
    expect(high).toBeCloseTo(1_875, 0);
    expect(low).toBeCloseTo(750, 0);
    expect(higher).toBeGreaterThan(high);
    expect(higher).toBeLessThan(1.5 * 1_500);
  });

  test('from a later moment takes what the medians say of the rest', () => {
    const parts = fed();
    const originMs = parts.history.endMs;
    // A burst of 3,000 between the first minute and the fifth.
    const leadsMs = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS];
    const medians = [300, 3_300, 6_300];
    const burst = { leadsMs, levels: [0.5, 0.99], quantiles: medians.flatMap((value) => [value, 2 * value]) };
    parts.voices.hear(forecast(originMs, burst), originMs, parts.ladder);
    for (let bin = 0; bin < 6; bin++) parts.history.observe(originMs + bin * BIN_MS, 50, 5);
    const [median, upper] = expertOf(parts, 4 * MINUTE_MS).quantiles({ horizonMs: 4 * MINUTE_MS, levels: [0.5, 0.99] });
    expect(median).toBeCloseTo(3_000, 6);
    expect(upper).toBeCloseTo(6_000, -1);
  });

  test('falls silent when what it was told is two refresh periods old, and for horizons that it knows nothing of', () => {
    const parts = fed();
    const originMs = parts.history.endMs;
    parts.voices.hear(forecast(originMs), originMs, parts.ladder);
    expect(expertOf(parts, 20_000).ready).toBe(false);
    expect(expertOf(parts, 31_000).ready).toBe(true);
    expect(expertOf(parts, 31 * MINUTE_MS).ready).toBe(false);
    const expert = expertOf(parts, RIDE_THROUGH_MS);
    for (let bin = 0; bin < 12; bin++) parts.history.observe(originMs + bin * BIN_MS, 50, 5);
    expect(expert.ready).toBe(true);
    parts.history.observe(originMs + 12 * BIN_MS, 50, 5);
    expect(expert.ready).toBe(false);
  });

  test('is finite, not negative and ascending whatever it was told, for any horizon and moment', () => {
    const steps = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.nat(12), fc.integer({ min: 1, max: 40 * MINUTE_MS }), (values, later, horizonMs) => {
        const parts = fed(600);
        const originMs = parts.history.endMs;
        const quantiles: number[] = [];
        values.forEach((step, i) => {
          quantiles.push(step + Math.max(i % 4 > 0 ? (quantiles[i - 1] ?? 0) : 0, quantiles[i - 4] ?? 0));
        });
        const wrong = parts.voices.hear(forecast(originMs, { quantiles }), originMs, parts.ladder);
        expect([undefined, 'absurd']).toContain(wrong);
        for (let bin = 0; bin < later; bin++) parts.history.observe(originMs + bin * BIN_MS, 50, 5);
        const expert = expertOf(parts, horizonMs);
        if (!expert.ready) return;
        const said = expert.quantiles({ horizonMs, levels: [0.01, 0.3, 0.5, 0.95, 0.999] });
        said.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(said[i - 1] ?? 0);
          expect(Number.isFinite(value)).toBe(true);
        });
      }),
    );
  });
});

describe('what harms is turned away', () => {
  const endMs = HOUR_S * 1_000;
  const { quantiles } = forecast(endMs);
  const withFirst = (value: number): Partial<SaidForecast> => ({ quantiles: [value, ...quantiles.slice(1)] });
  test.each([
    ['a family that has no slot', { family: 'oracle' }, 'unknown-family'],
    ['not a number', withFirst(NaN), 'not-finite'],
    ['without end', withFirst(Infinity), 'not-finite'],
    ['negative', withFirst(-1), 'negative'],
    ['falling from level to level', withFirst(301), 'not-monotone'],
    ['falling from lead to lead', { quantiles: [...quantiles.slice(0, 8), 1, 1, 1, 1] }, 'not-monotone'],
    ['of fewer quantiles than it says', { quantiles: quantiles.slice(1) }, 'malformed'],
    ['of leads that do not ascend', { leadsMs: [MINUTE_MS, MINUTE_MS, 2 * MINUTE_MS] }, 'malformed'],
    ['without a median', { levels: [0.6, 0.7, 0.8, 0.9] }, 'malformed'],
    ['certain of anything', { levels: [0.1, 0.5, 0.9, 1] }, 'malformed'],
    ['beyond all that was ever asked for', { quantiles: quantiles.map((value) => 1e4 * value) }, 'absurd'],
    ['made from the future', { originMs: endMs + MINUTE_MS }, 'stale'],
    ['made too long ago', { originMs: endMs - 3 * MINUTE_MS }, 'stale'],
    ['good for ever', { freshMs: 1e12 }, 'stale'],
  ] as const)('a forecast that is %s', (_, more, reason) => {
    const stream = streamOf();
    const before = stream.save();
    expect(stream.hear(forecast(endMs, more as Partial<SaidForecast>))).toBe(reason);
    expect(Buffer.compare(stream.save(), before)).toBe(0);
  });

  test('a forecast that is older than the one before', () => {
    const stream = streamOf();
    expect(stream.hear(forecast(endMs))).toBeUndefined();
    expect(stream.hear(forecast(endMs - MINUTE_MS))).toBe('stale');
  });
});

describe('a stream that hears fitted models', () => {
  const endMs = HOUR_S * 1_000;

  test('gives their family a share, and learns to trust the one that is right', () => {
    const stream = streamOf(6 * HOUR_S);
    const share = (): number => stream.trust.find(({ expert }) => expert.startsWith('lstm'))?.weight ?? 0;
    expect(share()).toBe(0);
    expect(stream.trust.map(({ expert }) => expert)).toEqual(expect.arrayContaining([...EXPERT_FAMILIES]));
    stream.hear(forecast(stream.cutoffMs));
    // What every expert beside the first is given at the start.
    expect(share()).toBeGreaterThan(0.05);
    expect(share()).toBeLessThan(0.25);
    expect(stream.trust.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    // Demand doubles: only the model, which is told of it, expects that; then it is told nonsense.
    const run = (minutes: number, factor: number): void => {
      for (let bin = 0; bin < 6 * minutes; bin++) {
        const said = forecast(stream.cutoffMs);
        if (bin % 6 === 0) stream.hear({ ...said, quantiles: said.quantiles.map((value) => factor * value) });
        stream.observe(stream.cutoffMs, 100 + (bin % 3), 10);
      }
    };
    run(30, 2);
    const trusted = share();
    run(120, 40);
    expect(trusted).toBeGreaterThan(0.15);
    expect(share()).toBeLessThan(trusted / 2);
  });

  test('never holds more than its cap for what they say', () => {
    const stream = streamOf();
    const { quantiles } = forecast(endMs);
    expect(stream.hear(forecast(endMs, { quantiles: quantiles.map((value) => 50 * value) }))).toBeUndefined();
    for (const { upper, insured, cap } of stream.forecasts()) {
      expect(upper).toBeLessThanOrEqual(cap);
      expect(insured).toBeLessThanOrEqual(cap);
    }
    expect(stream.forecasts()[1]?.cap).toBeLessThan(1.25 * 1.3 * 1_500);
  });

  test('forecasts as before while nobody speaks', () => {
    const [silent, spoken] = [streamOf(), streamOf()];
    spoken.hear(forecast(endMs));
    expect(spoken.forecasts()[1]?.upper).not.toBe(silent.forecasts()[1]?.upper);
    // Nor does what was said count any more when it is stale.
    for (const stream of [silent, spoken]) {
      for (let bin = 0; bin < 13; bin++) stream.observe(endMs + bin * BIN_MS, 50, 5);
    }
    expect(spoken.trust.find(({ expert }) => expert === 'lstm')?.weight).toBe(0);
  });

  test('goes on to the same bytes and forecasts after a restore, in the middle of a bin too', () => {
    const whole = streamOf();
    whole.forecasts();
    whole.hear(forecast(endMs));
    const restored = StreamForecast.restored(whole.save());
    expect(restored.forecasts()).toEqual(whole.forecasts());
    for (const stream of [whole, restored]) {
      for (let bin = 0; bin < 100; bin++) {
        stream.observe(endMs + bin * BIN_MS, 40 + (bin % 7), 9);
        if (bin === 50) stream.hear(forecast(stream.cutoffMs, { family: 'ets', model: 'ets@1' }));
      }
    }
    expect(restored.forecasts()).toEqual(whole.forecasts());
    expect(Buffer.compare(restored.save(), whole.save())).toBe(0);
  });
});
