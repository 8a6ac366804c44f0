import { describe, expect, test } from 'vitest';
import { trackOf as forecastsOf } from '../../../backtest/closed-loop/comparison.ts';
import { minuteHistory, voicesFrom } from '../../../backtest/policies/minute-histories.ts';
import type { DemandSeconds } from '../../../backtest/traces/demand-seconds.ts';
import type { FittedForecaster, LeadGrid, SeriesHistory } from '../../../models/contract.ts';
import { demandOf } from '../policies/constant-track.ts';

const GRID: LeadGrid = { leadsMs: [60_000, 300_000], levels: [0.5, 0.99], of: 'total' };
const MINUTE_S = 60;

/** Says of any history that its last minute goes on, and that twice as much is the most. */
function parrot(heard: SeriesHistory[] = []): FittedForecaster {
  return {
    id: 'parrot@1',
    predict: async (histories) => {
      heard.push(...histories);
      return histories.map(({ demand, startMs, binMs }) => {
        const last = demand.at(-1) ?? 0;
        const quantiles = Float64Array.of(last, 2 * last, 5 * last, 10 * last);
        return { model: 'parrot@1', originMs: startMs + demand.length * binMs, ratePerSecond: last / MINUTE_S, quantiles };
      });
    },
    save: () => new Uint8Array(),
  };
}

describe('the minutes of a trace', () => {
  test('are sums of its seconds, from the first whole minute of the clock on', () => {
    const demand: DemandSeconds = { ...demandOf(200, (second) => second), startMs: 50_000 };
    const { startMs, demand: minutes } = minuteHistory(demand);
    expect(startMs).toBe(60_000);
    // Seconds 10 to 69, 70 to 129 and 130 to 189 of the trace.
    expect([...minutes]).toEqual([2_370, 5_970, 9_570]);
  });

  test('end where they are asked to', () => {
    expect(
      minuteHistory(
        demandOf(200, () => 1),
        119,
      ).demand.length,
    ).toBe(1);
  });
});

describe('what a model says minute by minute', () => {
  const demand = demandOf(20 * MINUTE_S, (second) => Math.floor(second / MINUTE_S));

  test('is asked of the past up to each minute, and nothing later', async () => {
    const heard: SeriesHistory[] = [];
    const voices = await voicesFrom(demand, 10 * MINUTE_S, { family: 'lstm', fitted: parrot(heard), grid: GRID });
    expect(heard.map(({ demand: past }) => past.length)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(voices?.firstOriginMs).toBe(600_000);
    expect([...(voices?.quantiles.subarray(0, 4) ?? [])]).toEqual([540, 1_080, 2_700, 5_400]);
  });

  test('is left out as a whole where the model refuses', async () => {
    const refusing = {
      ...parrot(),
      predict: async (all: readonly SeriesHistory[]) => all.map(() => ({ model: 'no', refused: 'too-short' as const, detail: '' })),
    };
    expect(await voicesFrom(demand, 600, { family: 'lstm', fitted: refusing, grid: GRID })).toBeUndefined();
  });

  test('changes forecasts from its first minute on, and none before', async () => {
    const steady = demandOf(3 * 3_600, () => 5);
    const loud = await voicesFrom(steady, 2 * 3_600, { family: 'lstm', fitted: parrot(), grid: GRID });
    const options = { leadTimeS: 0.5, rideThroughS: 60 };
    const without = forecastsOf(steady, options).horizons[1]?.upper ?? [];
    const heard = forecastsOf(steady, options, loud).horizons[1]?.upper ?? [];
    const firstBin = (2 * 3_600) / 10;
    expect(heard.slice(0, firstBin)).toEqual(without.slice(0, firstBin));
    expect(heard[firstBin]).not.toBe(without[firstBin]);
  });
});
