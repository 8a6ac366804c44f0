import { describe, expect, test } from 'vitest';
import { isRefusal, type LeadGrid, type SeriesHistory } from '../../../models/contract.ts';
import { EwmaRatio } from '../../../models/online/ewma-ratio.ts';
import { LogRegression } from '../../../models/online/log-regression.ts';
import { onlineForecaster } from '../../../models/online/online-forecaster.ts';
import { Reactive } from '../../../models/online/reactive.ts';
import { daily, describeSeriesForecaster } from '../series-forecaster-kit.ts';

const BIN_MS = 60_000;
const GRID: LeadGrid = { leadsMs: [BIN_MS, 15 * BIN_MS], levels: [0.5, 0.9], of: 'total' };

for (const forecaster of [
  onlineForecaster('reactive@1', (history, horizonMs) => new Reactive(history, horizonMs)),
  onlineForecaster('ewma-ratio@1', (history, horizonMs) => new EwmaRatio(history, horizonMs)),
]) {
  describeSeriesForecaster({ forecaster, binMs: BIN_MS, grids: [GRID] });
}

const OPTIONS = { seasonsBins: [], seed: 1, grid: GRID };
const online = onlineForecaster('log-regression@1', (history, horizonMs) => new LogRegression(history, horizonMs));

describe('a forecaster that learns bin by bin, as a forecaster of series', () => {
  const demand = daily(400);
  const until = (bins: number, memory = demand): SeriesHistory => ({
    key: 'a',
    binMs: BIN_MS,
    startMs: 0,
    demand: memory.subarray(0, bins),
  });

  test('says at a later origin of the same series what it says from afresh', async () => {
    const fitted = await online.fit([], OPTIONS);
    if ('refused' in fitted) throw new Error(fitted.detail);
    const [, together] = await fitted.predict([until(300), until(400)], GRID);
    const [alone] = await fitted.predict([until(400, demand.slice())], GRID);
    if (alone === undefined || isRefusal(alone)) throw new Error('refused');
    expect(together).toEqual(alone);
    expect(alone.originMs).toBe(400 * BIN_MS);
  });

  test.each([
    ['bins that are no multiple of ten seconds', { ...until(100), binMs: 15_000 }, { ...GRID, leadsMs: [15_000] }],
    ['single bins', until(100), { ...GRID, of: 'bin' } as const],
    ['a lead of a day', until(100), { ...GRID, leadsMs: [1_440 * BIN_MS] }],
  ])('refuses %s', async (_, history, grid) => {
    const fitted = await online.fit([], OPTIONS);
    if ('refused' in fitted) throw new Error(fitted.detail);
    expect(await fitted.predict([history], grid)).toMatchObject([{ refused: 'unsupported-grid' }]);
  });
});
