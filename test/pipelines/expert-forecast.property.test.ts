/**
 * What fitted models say is noise as far as the fold is concerned: whatever comes, forecasts stay finite, in order and below the cap, and
 * a replay from any snapshot gives the same bytes. (That forecasts affect timing and size only is what the simulator shows, with noise in
 * place of all of them.)
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyForecast, type ForecastState, onConsumption, onExpertForecast } from '../../pipelines/forecast.ts';
import { forecastStateFromBytes, forecastStateToBytes } from '../../pipelines/forecast-state.ts';
import type { ConsumptionEvent, ExpertForecast, Forecast } from '../../schemas/messages.ts';

const STREAM = 'orders/web/checkout';
const START_MS = 86_400_000;
const SPAN_MS = 30_000;

type Input = ConsumptionEvent | ExpertForecast;

const WILD = fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e300, 1e15, 2 ** 53);
const value = fc.oneof({ weight: 6, arbitrary: fc.double({ min: 0, max: 5_000, noNaN: true }) }, { weight: 1, arbitrary: WILD });
const family = fc.constantFrom('lstm', 'ets', 'arima', 'prophet', 'oracle');

/** Mostly what a model might say: sorted, in time; sometimes anything. */
function noise(atMs: number): fc.Arbitrary<ExpertForecast> {
  const shape = { family, step: fc.array(value, { minLength: 6, maxLength: 6 }), lateMs: fc.integer({ min: -60_000, max: 300_000 }) };
  return fc.record({ ...shape, sorted: fc.boolean(), freshMs: value }).map(({ family: slot, step, lateMs, sorted, freshMs }) => ({
    kind: 'ExpertForecast',
    stream: STREAM,
    family: slot,
    model: `${slot}@noise`,
    originMs: atMs - lateMs,
    freshMs: sorted ? 240_000 : freshMs,
    leadsMs: [60_000, 600_000, 3_600_000],
    levels: [0.5, 0.99],
    quantiles: sorted ? [...step].sort((a, b) => a - b) : step,
  }));
}

function event(index: number, demanded: number): ConsumptionEvent {
  const fromMs = START_MS + index * SPAN_MS;
  const counts = { issued: demanded, returned: 0, requests: demanded, stalls: 0, demanded, stock: 0, waiting: 0, largestRequest: 1 };
  const pool = { pool: 'pool-0', incarnation: 'life', sequenceNumber: index + 1, seenOffset: 0, leadTimeMs: 5, cursors: [] };
  return { kind: 'ConsumptionEvent', stream: STREAM, ...pool, fromMs, toMs: fromMs + SPAN_MS, ...counts, peakPerSecond: demanded / 10 };
}

/** Events, each followed by up to three forecasts of models. */
const inputs: fc.Arbitrary<Input[]> = fc
  .array(fc.nat(400), { minLength: 30, maxLength: 60 })
  .chain((demands) =>
    fc.tuple(
      ...demands.map((demanded, i) =>
        fc.array(noise(START_MS + (i + 1) * SPAN_MS), { maxLength: 3 }).map((said) => [event(i, demanded), ...said]),
      ),
    ),
  )
  .map((parts) => parts.flat());

function emptyState(): ForecastState {
  return emptyForecast({ newModel: () => new StreamForecast(), rideThroughMsOf: () => 300_000 });
}

function fold(state: ForecastState, all: readonly Input[]): Forecast[] {
  return all.flatMap((input) => {
    if (input.kind === 'ConsumptionEvent') return onConsumption(state, input) ?? [];
    onExpertForecast(state, input);
    return [];
  });
}

test('whatever fitted models say, forecasts are finite, in order and below the cap of what was ever needed', () => {
  fc.assert(
    fc.property(inputs, (all) => {
      for (const { horizons, experts } of fold(emptyState(), all)) {
        for (const { median, upper, insured, cap } of horizons) {
          expect([median, upper, insured, cap].every(Number.isFinite)).toBe(true);
          expect(0 <= median && median <= upper && upper <= insured && insured <= cap).toBe(true);
          // Ten minutes of the busiest 30 s there can be, and what a young stream of its kind is granted.
          expect(cap).toBeLessThan(20 * 403 * 20);
        }
        const total = experts.reduce((sum, { weight }) => sum + weight, 0);
        if (experts.some(({ weight }) => weight > 0)) expect(total).toBeCloseTo(1, 6);
      }
    }),
    { numRuns: 60 },
  );
});

test('a replay from any snapshot ends in the same bytes, and needs no model', () => {
  fc.assert(
    fc.property(inputs, fc.nat(100), (all, percent) => {
      const cut = Math.floor((all.length * percent) / 100);
      const whole = emptyState();
      fold(whole, all.slice(0, cut));
      const restored = emptyState();
      forecastStateFromBytes(restored, forecastStateToBytes(whole), (bytes) => StreamForecast.restored(bytes));
      expect(fold(restored, all.slice(cut))).toEqual(fold(whole, all.slice(cut)));
      expect(Buffer.compare(forecastStateToBytes(restored), forecastStateToBytes(whole))).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test('a forecast of a stream that nobody has asked is turned away', () => {
  const state = emptyState();
  const said = { kind: 'ExpertForecast', stream: STREAM, family: 'lstm', model: 'lstm@1', originMs: 0, freshMs: 1 } as const;
  expect(onExpertForecast(state, { ...said, leadsMs: [1], levels: [0.5], quantiles: [1] })).toBe('unknown-stream');
  expect(state.streams.size).toBe(0);
});
