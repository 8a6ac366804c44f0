/** Metrics against figures worked out by hand, and against their definitions in the forecasting literature. */
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../../backtest/accuracy/metrics.ts';
import { pinballLoss, scoreTask, seasonalScale } from '../../../backtest/accuracy/scores.ts';
import { taskByHand } from './tasks-by-hand.ts';

/** Training part 10 12 11 15 (differences 2, 1, 4: scale 7/3), then 14 and 10 are to be forecast. */
const task = taskByHand({ series: [[10, 12, 11, 15, 14, 10]], origins: [4], leadsBins: [1, 2] });
/** Two leads of .1, .5 and .9. */
const quantiles = [Float64Array.of(11, 13, 16, 11, 12, 13)];

describe('metrics', () => {
  const metrics = metricsOf(task, scoreTask(task, quantiles));

  it('divide absolute errors by the mean seasonal difference of the training part: MASE', () => {
    expect(seasonalScale(task, task.series[0] as never, 0)).toBeCloseTo(7 / 3, 12);
    expect(metrics.mase).toBeCloseTo((1 + 2) / 2 / (7 / 3), 12);
  });

  it('average symmetric percentage errors over the horizon: sMAPE', () => {
    expect(metrics.smape).toBeCloseTo((200 * (1 / 27) + 200 * (2 / 22)) / 2, 12);
  });

  it('weigh twice the pinball loss by demand, for each level and on average: WQL', () => {
    // .1: 14 is 3 above 11 (.3), 10 is 1 below 11 (.9). .5: half of 1 and of 2. .9: 14 is 2 below 16 (.2), 10 is 3 below 13 (.3).
    const wql = [(2 * (0.3 + 0.9)) / 24, (2 * (0.5 + 1)) / 24, (2 * (0.2 + 0.3)) / 24];
    expect(metrics.levels.map((level) => level.wql)).toEqual(wql.map((each) => expect.closeTo(each, 12)));
    expect(metrics.wql).toBeCloseTo((wql[0]! + wql[1]! + wql[2]!) / 3, 12);
    expect(metrics.nd).toBeCloseTo(3 / 24, 12);
  });

  it('scale pinball losses for each level', () => {
    expect(metrics.levels.map(({ scaledPinball }) => scaledPinball * (7 / 3))).toEqual([
      expect.closeTo(0.6, 12),
      expect.closeTo(0.75, 12),
      expect.closeTo(0.25, 12),
    ]);
  });

  it('count outcomes at or below each quantile, and inside intervals', () => {
    expect(metrics.levels.map(({ coverage }) => coverage)).toEqual([0.5, 0.5, 1]);
    expect(metrics.intervals[0]).toMatchObject({ coverage: 0.5, meanWidth: (5 + 2) / 2 });
  });

  it('punish outcomes outside an interval by their distance: MSIS', () => {
    // An 80 % interval: 2 / .2 = 10 for each unit outside.
    expect(metrics.intervals[0]?.msis).toBeCloseTo((5 + 2 + 10 * 1) / 2 / (7 / 3), 12);
  });

  it('say on which side the forecast errs, and how much is held ready for nobody', () => {
    expect(metrics.bias).toBeCloseTo((-1 + 2) / 24, 12);
    expect(metrics.levels[2]?.overProvision).toBeCloseTo((2 + 3) / 24, 12);
  });

  it('pool WQL over series and average MASE over them', () => {
    const two = taskByHand({
      series: [
        [1, 2, 1, 2, 4],
        [100, 300, 100, 300, 100],
      ],
      origins: [4],
    });
    const said = [Float64Array.of(2, 2, 2), Float64Array.of(200, 200, 200)];
    const both = metricsOf(two, scoreTask(two, said));
    expect(both.mase).toBeCloseTo((2 / 1 + 100 / 200) / 2, 12);
    expect(both.nd).toBeCloseTo(102 / 104, 12);
    // A forecast that is one number for all levels has the WQL of its absolute error.
    expect(both.wql).toBeCloseTo(both.nd, 12);
  });

  it('leave a series that never changed out of what is scaled, and say so', () => {
    const two = taskByHand({
      series: [
        [5, 5, 5, 5, 6],
        [1, 2, 1, 2, 4],
      ],
      origins: [4],
    });
    const both = metricsOf(two, scoreTask(two, [Float64Array.of(5, 5, 5), Float64Array.of(2, 2, 2)]));
    expect(both.unscaledSeries).toBe(1);
    expect(both.mase).toBeCloseTo(2, 12);
  });

  it('scale totals by the seasonal difference of totals', () => {
    const totals = taskByHand({ series: [[1, 3, 2, 6, 4, 8, 5, 5]], origins: [6], leadsBins: [2], of: 'total', season: 2 });
    // Pairs 4 5 8 10 12 two bins apart: 4, 5, 4 against the pair two bins before.
    expect(seasonalScale(totals, totals.series[0] as never, 0)).toBeCloseTo((4 + 5 + 4) / 3, 12);
    expect(metricsOf(totals, scoreTask(totals, [Float64Array.of(9, 9, 9)])).nd).toBeCloseTo(1 / 10, 12);
  });

  it('are asymmetric as their level says', () => {
    expect(pinballLoss(10, 8, 0.9)).toBeCloseTo(1.8, 12);
    expect(pinballLoss(8, 10, 0.9)).toBeCloseTo(0.2, 12);
  });

  it('skip outcomes that an outage hides', () => {
    const [series] = task.series;
    const outages = Uint8Array.of(0, 0, 0, 0, 1, 0);
    const hidden = { ...task, series: [{ ...series!, history: { ...series!.history, outages } }] };
    expect(metricsOf(hidden, scoreTask(hidden, quantiles))).toMatchObject({ outcomes: 1, nd: 2 / 10 });
  });
});
