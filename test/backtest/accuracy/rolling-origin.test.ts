/** Rolling origins never look ahead, and forecasters are asked and fitted exactly as the origins say. */
import { describe, expect, it } from 'vitest';
import { forecastTask } from '../../../backtest/accuracy/evaluation.ts';
import { filledTable } from '../../../backtest/accuracy/forecast-table.ts';
import { rollingOrigins } from '../../../backtest/accuracy/rolling-origin.ts';
import type { Answer, FitOptions, SeriesForecaster, SeriesHistory } from '../../../models/contract.ts';
import { tableOf, taskByHand } from './tasks-by-hand.ts';

describe('rolling origins', () => {
  it('end so that the last horizon ends with the series', () => {
    const origins = rollingOrigins({ bins: 100, horizonBins: 10, windows: 3, stepBins: 5, refitEvery: 1 });
    expect(origins.map(({ historyBins }) => historyBins)).toEqual([80, 85, 90]);
    expect(origins.every(({ fitBins, historyBins }) => fitBins === historyBins)).toBe(true);
  });

  it('share fits, and leave a gap before them', () => {
    const origins = rollingOrigins({ bins: 100, horizonBins: 10, windows: 5, stepBins: 5, refitEvery: 2, gapBins: 3 });
    expect(origins.map(({ historyBins, fitBins }) => historyBins - fitBins)).toEqual([3, 8, 3, 8, 3]);
    expect(
      rollingOrigins({ bins: 50, horizonBins: 1, windows: 9, stepBins: 1, refitEvery: Infinity }).map(({ fitBins }) => fitBins),
    ).toEqual(new Array(9).fill(41));
  });

  it('are fewer where the series is short, and none where it is too short', () => {
    expect(
      rollingOrigins({ bins: 20, horizonBins: 10, windows: 5, stepBins: 4, refitEvery: 1 }).map(({ historyBins }) => historyBins),
    ).toEqual([2, 6, 10]);
    expect(rollingOrigins({ bins: 10, horizonBins: 10, windows: 5, stepBins: 4, refitEvery: 1 })).toEqual([]);
  });
});

/** Notes what it is shown; says the number of bins it was fitted to and was given. */
class Witness implements SeriesForecaster {
  readonly id = 'witness@1';
  readonly traits: SeriesForecaster['traits'];
  readonly fits: number[][] = [];
  disposed = 0;
  readonly answerFor: (history: SeriesHistory, fit: number) => Answer;

  constructor(scope: 'stream' | 'global', answerFor: Witness['answerFor']) {
    this.traits = { scope, needsSeasonality: false, historyBinsMin: 1 };
    this.answerFor = answerFor;
  }

  fit(histories: readonly SeriesHistory[], _options: FitOptions) {
    const lengths = histories.map(({ demand }) => demand.length);
    this.fits.push(lengths);
    return Promise.resolve({
      id: this.id,
      predict: (asked: readonly SeriesHistory[]) => Promise.resolve(asked.map((history) => this.answerFor(history, Math.max(...lengths)))),
      save: () => new Uint8Array(),
      dispose: () => {
        this.disposed++;
      },
    });
  }

  load(): never {
    throw new Error('nothing is saved here');
  }
}

function said(...quantiles: number[]): Answer {
  return { model: 'witness@1', originMs: 0, ratePerSecond: 0, quantiles: Float64Array.from(quantiles) };
}

describe('an evaluation', () => {
  const demand = Array.from({ length: 12 }, (_, i) => i);
  const task = taskByHand({ series: [demand, demand], origins: [6, 8, 10], levels: [0.5, 0.9] });
  const options = { seed: 1, nowMs: () => 0 };

  it('fits a forecaster of single series to each by itself, and gives it nothing after the origin', async () => {
    const witness = new Witness('stream', ({ demand: known }, fit) => said(known.at(-1) ?? NaN, fit));
    const table = await forecastTask(witness, task, options);
    expect(witness.fits).toEqual([[6], [8], [10], [6], [8], [10]]);
    expect(table.quantiles.map((each) => [...each])).toEqual(new Array(2).fill([5, 6, 7, 8, 9, 10]));
    expect(witness.disposed).toBe(6);
  });

  it('fits a global one to all series at once, once for each fit', async () => {
    const once = taskByHand({ series: [demand, demand], origins: [6, 8, 10], fitBins: 5, levels: [0.5] });
    const witness = new Witness('global', ({ demand: known }) => said(known.length));
    const table = await forecastTask(witness, once, options);
    expect(witness.fits).toEqual([[5, 5]]);
    expect([...(table.quantiles[1] ?? [])]).toEqual([6, 8, 10]);
    expect(table.cost).toMatchObject({ fits: 1, predictions: 6 });
  });

  it('keeps refusals and what is not finite out, and counts them', async () => {
    const witness = new Witness('stream', ({ demand: known }) => {
      if (known.length === 6) return { model: 'witness@1', refused: 'too-short', detail: '' };
      return known.length === 8 ? said(NaN, 1) : said(1, 2);
    });
    const table = await forecastTask(witness, task, options);
    expect(table.refusals).toEqual({ 'too-short': 2, 'not-finite': 2 });
    expect([...(table.quantiles[0] ?? [])]).toEqual([NaN, NaN, NaN, NaN, 1, 2]);
  });

  it('has what was refused answered by the stand-in, and counts those of the test', () => {
    const tested = taskByHand({ series: [demand], origins: [6, 8, 10], testFrom: 1, levels: [0.5] });
    const filled = filledTable(tested, tableOf('a', [[NaN, NaN, 3]]), [tableOf('b', [[NaN, 8, 9]])]);
    expect([...(filled.quantiles[0] ?? [])]).toEqual([0, 8, 3]);
    expect(filled.replaced).toBe(1);
  });
});
