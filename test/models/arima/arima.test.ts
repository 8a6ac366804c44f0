import { afterAll, describe, expect, test } from 'vitest';
import { arima } from '../../../models/arima/arima-forecaster.ts';
import { isRefusal, type LeadGrid, type SeriesHistory } from '../../../models/contract.ts';
import { daily, describeSeriesForecaster } from '../series-forecaster-kit.ts';

/** Totals and bins are made from the same fit: one of them will do. */
const TOTALS: LeadGrid = { leadsMs: [3_600_000, 24 * 3_600_000], levels: [0.1, 0.5, 0.99], of: 'total' };
const shared = arima();
describeSeriesForecaster({ forecaster: shared, grids: [TOTALS], runs: 3, close: () => shared.close() });

const HOUR_MS = 3_600_000;
const GRID: LeadGrid = { leadsMs: [HOUR_MS, 24 * HOUR_MS], levels: [0.5, 0.9], of: 'bin' };
const OPTIONS = { seasonsBins: [24], seed: 1, grid: GRID };

function historyOf(demand: Float64Array): SeriesHistory {
  return { key: 'a', binMs: HOUR_MS, startMs: 0, demand };
}

describe('ARIMA', { timeout: 60_000 }, () => {
  const own = arima();
  afterAll(() => own.close());

  test('forecasts later origins with the weights it has found', async () => {
    const demand = daily(624);
    const fitted = await own.fit([historyOf(demand.subarray(0, 548))], OPTIONS);
    if ('refused' in fitted) throw new Error(fitted.detail);
    const answers = await fitted.predict(
      [556, 562, 568, 574].map((end) => historyOf(demand.subarray(0, end))),
      GRID,
    );
    answers.forEach((answer, i) => {
      if (isRefusal(answer)) throw new Error(answer.detail);
      const truth = demand[556 + 6 * i] ?? 0;
      expect(Math.abs((answer.quantiles[0] ?? 0) - truth)).toBeLessThan(0.25 * truth + 5);
    });
  });

  test('refuses when its thread takes too long, and goes on with another thread', async () => {
    const hasty = arima({ taskMsMax: 1 });
    expect(await hasty.fit([historyOf(daily(548))], OPTIONS)).toMatchObject({ refused: 'timed-out' });
    await hasty.close();
    expect(await own.fit([historyOf(daily(300))], OPTIONS)).not.toHaveProperty('refused');
  });
});
