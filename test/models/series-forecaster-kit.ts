/**
 * What every SeriesForecaster must do, whatever its model: answer odd series with finite, ascending quantiles or with a refusal,
 * say the same twice, and survive its own bytes. One call per forecaster; slow ones take fewer series.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { seededRng } from '../../core/rng.ts';
import {
  type Answer,
  type FitOptions,
  isRefusal,
  type LeadGrid,
  type SeriesForecaster,
  type SeriesHistory,
} from '../../models/contract.ts';

export interface SeriesForecasterCase {
  readonly forecaster: SeriesForecaster;
  /** What it is asked; totals and single bins an hour to a day ahead by default. */
  readonly grids?: readonly LeadGrid[];
  readonly binMs?: number;
  readonly seasonsBins?: readonly number[];
  /** Runs of the property; a fit of a network or in a thread is slow. */
  readonly runs?: number;
  /** Prepares what it forecasts with, where `fit` to the history itself is not what it is for. */
  readonly fitOn?: (history: SeriesHistory) => readonly SeriesHistory[];
  readonly close?: () => Promise<void>;
}

const HOUR_MS = 3_600_000;
/** A fit in a thread takes a second or two, and the machine may be busy. */
const TEST_MS_MAX = 60_000;
const LEVELS = [0.1, 0.5, 0.9, 0.99];
const LEADS = [1, 3, 6, 24];

export function describeSeriesForecaster(given: SeriesForecasterCase): void {
  const { forecaster, binMs = HOUR_MS, runs = 20 } = given;
  const grids = given.grids ?? [gridOf(binMs, 'total'), gridOf(binMs, 'bin')];
  const optionsOf = (grid: LeadGrid): FitOptions => ({ seasonsBins: given.seasonsBins ?? [24, 168], seed: 1, grid });
  const historyOf = (demand: ArrayLike<number>, more: Partial<SeriesHistory> = {}): SeriesHistory => {
    return { key: 'a', binMs, startMs: 0, demand: Float64Array.from(demand), ...more };
  };
  const answer = async (history: SeriesHistory, grid: LeadGrid): Promise<Answer> => {
    const fitted = await forecaster.fit(given.fitOn?.(history) ?? [history], optionsOf(grid));
    if ('refused' in fitted) return fitted;
    const [answered] = await fitted.predict([history], grid);
    fitted.dispose?.();
    if (answered === undefined) throw new Error('no answer');
    return answered;
  };

  describe(`the forecaster ${forecaster.id}`, { timeout: TEST_MS_MAX }, () => {
    if (given.close !== undefined) afterAll(given.close);

    test.each(ODD)('answers in order, or refuses: %s', async (_, demand, outages) => {
      const history = historyOf(demand(), outages === undefined ? {} : { outages: outages(demand().length) });
      for (const grid of grids) expectOrder(await answer(history, grid), grid);
    });

    test('refuses a history that holds no number', async () => {
      const [grid] = grids as [LeadGrid];
      const answered = await answer(historyOf([...daily(400), NaN]), grid);
      expect(isRefusal(answered)).toBe(true);
    });

    test('is quick about two million bins', async () => {
      const [grid] = grids as [LeadGrid];
      expectOrder(await answer({ key: 'a', binMs, startMs: 0, demand: twoMillion() }, grid), grid);
    });

    test('says the same twice, and again from its own bytes', async () => {
      const [grid] = grids as [LeadGrid];
      const history = historyOf(daily(700));
      const fits = [await forecaster.fit(given.fitOn?.(history) ?? [history], optionsOf(grid))];
      fits.push(await forecaster.fit(given.fitOn?.(history) ?? [history], optionsOf(grid)));
      const [first, second] = fits;
      if (first === undefined || second === undefined || 'refused' in first || 'refused' in second)
        throw new Error('refused a plain series');
      expect(second.save()).toEqual(first.save());
      const said = await first.predict([history], grid);
      expect(said.filter(isRefusal)).toEqual([]);
      expect(await second.predict([history], grid)).toEqual(said);
      expect(await forecaster.load(first.save()).predict([history], grid)).toEqual(said);
    });

    test.each([
      ['nothing', new Uint8Array(0)],
      ['anything', Uint8Array.from([1, 2, 3])],
      ['another model', new TextEncoder().encode('{"model":"another@1","state":{}}')],
    ])('takes no bytes that are not its own: %s', (_, bytes) => {
      expect(() => forecaster.load(bytes)).toThrow(expect.objectContaining({ code: 'SEQ_MODEL_INVALID' }));
    });

    test('forecasts any series in order, or refuses', async () => {
      const value = fc.oneof(fc.nat(5), fc.nat(100_000), fc.double({ min: 0, max: 1e9, noNaN: true }));
      const series = fc.record({ pattern: fc.array(value, { minLength: 1, maxLength: 40 }), bins: fc.integer({ min: 0, max: 500 }) });
      const property = fc.asyncProperty(series, fc.constantFrom(...grids), async ({ pattern, bins }, grid) => {
        const demand = Array.from({ length: bins }, (_, i) => pattern[i % pattern.length] ?? 0);
        expectOrder(await answer(historyOf(demand), grid), grid);
      });
      await fc.assert(property, { numRuns: runs, seed: 1 });
    });
  });
}

function gridOf(binMs: number, of: LeadGrid['of']): LeadGrid {
  return { leadsMs: LEADS.map((lead) => lead * binMs), levels: LEVELS, of };
}

function expectOrder(answer: Answer, grid: LeadGrid): void {
  if (isRefusal(answer)) {
    expect(answer.detail).not.toBe('');
    return;
  }
  const width = grid.levels.length;
  expect(answer.quantiles).toHaveLength(grid.leadsMs.length * width);
  expect(answer.ratePerSecond).toBeGreaterThanOrEqual(0);
  answer.quantiles.forEach((value, i) => {
    expect(Number.isFinite(value) && value >= 0).toBe(true);
    if (i % width > 0) expect(value).toBeGreaterThanOrEqual(answer.quantiles[i - 1] ?? 0);
    if (grid.of === 'total' && i >= width) expect(value).toBeGreaterThanOrEqual(answer.quantiles[i - width] ?? 0);
  });
}

/** Busy by day, with some scatter. */
export function daily(bins: number, level = 100): Float64Array {
  const rng = seededRng(7);
  return Float64Array.from({ length: bins }, (_, i) =>
    Math.round(level * (1.2 + Math.sin((2 * Math.PI * i) / 24)) * (0.9 + 0.2 * rng.next())),
  );
}

let long: Float64Array | undefined;

/** Made once: making it takes longer than forecasting it. */
function twoMillion(): Float64Array {
  long ??= daily(2_000_000);
  return long;
}

function exploding(bins: number): Float64Array {
  const values = daily(bins);
  return values.fill(1e9, bins - 3);
}

const everyThird = (bins: number) => Uint8Array.from({ length: bins }, (_, i) => (i % 3 === 0 ? 1 : 0));
const lastDays = (bins: number) => new Uint8Array(bins).fill(1, Math.max(0, bins - 60));
const all = (bins: number) => new Uint8Array(bins).fill(1);

const ODD: [string, () => Float64Array, ((bins: number) => Uint8Array)?][] = [
  ['empty', () => new Float64Array(0)],
  ['one point', () => Float64Array.of(5)],
  ['two points', () => Float64Array.of(5, 0)],
  ['a day', () => daily(24)],
  ['all zero', () => new Float64Array(500)],
  ['constant', () => new Float64Array(500).fill(42)],
  ['constant, then another', () => new Float64Array(500).fill(42).fill(7, 400)],
  ['a single value in silence', () => new Float64Array(500).fill(1, 250, 251)],
  ['sparse', () => Float64Array.from({ length: 500 }, (_, i) => (i % 97 === 0 ? 1 : 0))],
  ['exploding', () => exploding(500)],
  ['exploded and gone', () => Float64Array.from({ length: 500 }, (_, i) => (i === 300 ? 1e9 : 0))],
  ['enormous', () => daily(500, 1e12)],
  ['tiny', () => daily(500, 1e-6)],
  ['growing without bound', () => Float64Array.from({ length: 500 }, (_, i) => Math.exp(i / 25))],
  ['gappy', () => daily(500), everyThird],
  ['with an outage to its end', () => daily(500), lastDays],
  ['nothing but an outage', () => daily(500), all],
];
