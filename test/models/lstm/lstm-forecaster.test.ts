import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Answer, isRefusal, type LeadGrid, type SeriesHistory } from '../../../models/contract.ts';
import { type FittedLstm, LstmForecaster } from '../../../models/lstm/lstm-forecaster.ts';
import { FIVE_MINUTE_SPEC, HOURLY_SPEC, LIVE_SPEC, specFor } from '../../../models/lstm/spec.ts';
import { encodeWeights } from '../../../models/lstm/weights.ts';
import { daily, MINUTE_MS, SMALL_GRID, SMALL_SPEC, series, THREE_LEVELS } from './series.ts';

// A processor that is shared with others may be slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const OPTIONS = { seasonsBins: [24, 168], seed: 1, grid: SMALL_GRID };
const forecaster = new LstmForecaster({ spec: SMALL_SPEC, networks: 2, plan: { steps: 50, windows: 16 } });
let fitted: FittedLstm;

beforeAll(async () => {
  const answer = await forecaster.fit(THREE_LEVELS, OPTIONS);
  if ('refused' in answer) throw new Error(answer.detail);
  fitted = answer as FittedLstm;
});

async function ask(history: SeriesHistory, grid: LeadGrid = SMALL_GRID): Promise<Answer> {
  return (await fitted.predict([history], grid))[0] as Answer;
}

function quantilesOf(answer: Answer): number[] {
  if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.detail}`);
  return [...answer.quantiles];
}

describe('a fitted LSTM', () => {
  test('forecasts a series it has never seen', async () => {
    const answer = await ask(daily(500, 37));
    const [, median] = quantilesOf(answer);
    const truth = 37 * (2 + Math.sin((500 / 24) * 2 * Math.PI));
    expect(median).toBeGreaterThan(0.75 * truth);
    expect(median).toBeLessThan(1.25 * truth);
    expect(answer).toMatchObject({ model: 'lstm@1', originMs: 500 * MINUTE_MS });
    if (!isRefusal(answer)) expect(answer.ratePerSecond * 60).toBeCloseTo(median as number, -1.5);
  });

  test('says the same after saving and loading, and for one series as for many', async () => {
    const again = new LstmForecaster().load(fitted.save());
    const alone = quantilesOf(await ask(daily(500, 37)));
    const many = [...Array.from({ length: 300 }, (_, i) => daily(400, 1 + i)), daily(500, 37)];
    const answers = await again.predict(many, SMALL_GRID);
    expect(answers).toHaveLength(301);
    expect(quantilesOf(answers[300] as Answer)).toEqual(alone);
    again.dispose();
  });

  test('answers leads and levels between its own in proportion, and refuses what lies beyond', async () => {
    const own = quantilesOf(await ask(daily(500, 37)));
    const between = quantilesOf(await ask(daily(500, 37), { leadsMs: [MINUTE_MS / 2, 3 * MINUTE_MS], levels: [0.5, 0.7], of: 'total' }));
    expect(between[0]).toBeCloseTo((own[1] as number) / 2, 6);
    expect(between[2]).toBeCloseTo(((own[4] as number) + (own[7] as number)) / 2, 6);
    expect(between[3]).toBeGreaterThan(between[2] as number);
    for (const grid of [
      { ...SMALL_GRID, leadsMs: [5 * MINUTE_MS] },
      { ...SMALL_GRID, levels: [0.99] },
      { ...SMALL_GRID, levels: [0.05, 0.5] },
      { ...SMALL_GRID, of: 'bin' as const },
    ]) {
      expect(await ask(daily(500, 37), grid)).toMatchObject({ refused: 'unsupported-grid' });
    }
    expect(await ask({ ...daily(500, 37), binMs: 1_000 })).toMatchObject({ refused: 'unsupported-grid' });
  });

  test('raises the forecast for a burst that was announced', async () => {
    const announced = [{ fromMs: 500 * MINUTE_MS, untilMs: 504 * MINUTE_MS, rate: 10 }];
    const usual = quantilesOf(await ask(daily(500, 37)));
    const raised = quantilesOf(await ask(daily(500, 37, { announced })));
    expect((raised[7] as number) - (usual[7] as number)).toBeGreaterThan(0.7 * 2_400);
    expect((raised[7] as number) - (usual[7] as number)).toBeLessThan(1.5 * 2_400);
  });
});

describe('at the edges, quantiles are finite, not negative and ascending, or there is a refusal', () => {
  const gaps = Uint8Array.from({ length: 400 }, (_, bin) => (bin % 3 === 0 ? 1 : 0));
  test.each<[string, SeriesHistory]>([
    ['constant', series(400, () => 5)],
    ['all zero', series(400, () => 0)],
    ['one event a day', series(2_000, (bin) => (bin % 24 === 7 ? 1 : 0))],
    ['gappy', series(400, (bin) => bin % 5, { outages: gaps })],
    ['all outage', series(400, () => 5, { outages: new Uint8Array(400).fill(1) })],
    ['at a thousand million a minute', series(400, () => 1e9)],
    ['exploding', series(400, (bin) => 2 ** (bin / 4))],
    ['exploding in its last bin', series(400, (bin) => (bin === 399 ? 1e9 : 0))],
    ['of two million points', series(2_000_000, (bin) => bin % 7)],
    ['from before the epoch', { ...series(400, (bin) => bin % 7), startMs: -1e9 * MINUTE_MS }],
  ])('for a series that is %s', async (_, history) => {
    const quantiles = quantilesOf(await ask(history));
    for (const [i, value] of quantiles.entries()) {
      expect(Number.isFinite(value) && value >= 0).toBe(true);
      if (i % 3 > 0) expect(value).toBeGreaterThanOrEqual(quantiles[i - 1] as number);
      if (i >= 3) expect(value).toBeGreaterThanOrEqual(quantiles[i - 3] as number);
    }
  });

  test.each<[string, SeriesHistory, string]>([
    ['empty', series(0, () => 0), 'too-short'],
    ['one point', series(1, () => 3), 'too-short'],
    ['not a number', series(400, (bin) => (bin === 399 ? Number.NaN : 1)), 'not-finite'],
  ])('for a series that is %s', async (_, history, refused) => {
    expect(await ask(history)).toMatchObject({ model: 'lstm@1', refused });
  });

  test('and one bad series among many takes nothing from the others', async () => {
    const answers = await fitted.predict([series(1, () => 3), daily(500, 37), series(400, () => Number.NaN), daily(500, 37)], SMALL_GRID);
    expect(answers.map((answer) => isRefusal(answer))).toEqual([true, false, true, false]);
    expect(quantilesOf(answers[1] as Answer)).toEqual(quantilesOf(await ask(daily(500, 37))));
  });

  test('and fitting refuses what is too short to learn from', async () => {
    expect(await forecaster.fit([], OPTIONS)).toMatchObject({ refused: 'too-short' });
    expect(await forecaster.fit([series(20, () => 1)], OPTIONS)).toMatchObject({ refused: 'too-short' });
  });
});

describe('a model file', () => {
  const saved = (): Uint8Array => fitted.save();

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['empty', () => new Uint8Array()],
    ['something else', () => new TextEncoder().encode('{"modelTopology": {}}')],
    ['cut', (bytes) => bytes.slice(0, bytes.length - 4)],
    ['cut in its header', (bytes) => bytes.slice(0, 40)],
    ['changed in one bit', (bytes) => bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte))],
    ['of a header that lies about its length', (bytes) => bytes.map((byte, i) => (i === 6 ? 0xff : byte))],
  ])('that is %s is refused', (_, harm) => {
    expect(() => forecaster.load(harm(saved()))).toThrow(expect.objectContaining({ code: 'SEQ_MODEL_INVALID' }));
  });

  test('of other features, of another shape or of weights that are not numbers is refused', () => {
    const { weights } = fitted;
    const [first] = weights.members as [Float32Array];
    for (const poisoned of [
      { ...weights, spec: { ...weights.spec, featureSchema: 99 } },
      { ...weights, spec: { ...weights.spec, units: 16 } },
      { ...weights, spec: { ...weights.spec, levels: [0.9, 0.1] } },
      { ...weights, members: [] },
      { ...weights, members: [first.map((value, i) => (i === 3 ? Number.NaN : value))] },
    ]) {
      expect(() => forecaster.load(encodeWeights(poisoned))).toThrow(expect.objectContaining({ code: 'SEQ_MODEL_INVALID' }));
    }
  });
});

describe('a spec', () => {
  test('made for the grid of the M4 competition is the hourly preset, and so for counts in five minutes', () => {
    const hourly = { leadsMs: HOURLY_SPEC.leadsBins.map((lead) => lead * 3_600_000), levels: HOURLY_SPEC.levels, of: 'bin' as const };
    expect(specFor(3_600_000, [24, 168], hourly)).toEqual(HOURLY_SPEC);
    const leadsMs = [300_000, 900_000, 1_800_000, 3_600_000];
    const counts = { leadsMs, levels: FIVE_MINUTE_SPEC.levels, of: 'total' as const };
    expect(specFor(300_000, [288, 2_016], counts)).toEqual(FIVE_MINUTE_SPEC);
    expect(LIVE_SPEC.leadsBins.at(-1)).toBe(360);
  });
});
