/** Small tasks whose every figure can be worked out by hand, and forecasts for them. */
import type { ForecastTable } from '../../../backtest/accuracy/forecast-table.ts';
import type { AccuracyTask, TaskSeries } from '../../../backtest/accuracy/task.ts';

export interface TaskByHand {
  readonly series: readonly (readonly number[])[];
  /** Lengths of the histories that forecasts are made from. */
  readonly origins: readonly number[];
  readonly testFrom?: number;
  readonly fitBins?: number;
  readonly leadsBins?: readonly number[];
  readonly levels?: readonly number[];
  readonly of?: 'total' | 'bin';
  readonly season?: number;
  readonly feedback?: AccuracyTask['feedback'];
}

const BIN_MS = 60_000;

export function taskByHand(given: TaskByHand): AccuracyTask {
  const { origins, leadsBins = [1], levels = [0.1, 0.5, 0.9], of = 'bin', season = 1, testFrom = 0, feedback = 'before' } = given;
  const series = given.series.map(
    (demand, index): TaskSeries => ({
      history: { key: `series-${index}`, binMs: BIN_MS, startMs: 0, demand: Float64Array.from(demand) },
      origins: origins.map((historyBins) => ({ historyBins, fitBins: given.fitBins ?? historyBins })),
      testFrom,
      trainBins: origins[testFrom] ?? 0,
    }),
  );
  return {
    name: 'by-hand',
    files: [],
    test: 'what is written in the test',
    series,
    seasonsBins: [season],
    scaleSeasonBins: season,
    grid: { leadsMs: leadsBins.map((bins) => bins * BIN_MS), levels, of },
    intervals: [[levels[0] as number, levels.at(-1) as number]],
    feedback,
  };
}

export function tableOf(model: string, quantiles: readonly (readonly number[])[]): ForecastTable {
  const cost = { fits: 1, fitMs: 0, predictions: 1, predictMs: 0 };
  return { model, quantiles: quantiles.map((each) => Float64Array.from(each)), refusals: {}, cost };
}
