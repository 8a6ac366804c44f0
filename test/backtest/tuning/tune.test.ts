import { describe, expect, it } from 'vitest';
import type { StreamResult } from '../../../backtest/harness/result.ts';
import { nothingFinished } from '../../../backtest/orchestration/finished-cells.ts';
import type { RuleSettings } from '../../../backtest/orchestration/rule-contestants.ts';
import { inMemory } from '../../../backtest/sources/demand-source.ts';
import type { TuningGoal } from '../../../backtest/tuning/goal.ts';
import { tuningRuns } from '../../../backtest/tuning/replays.ts';
import { tune } from '../../../backtest/tuning/tune.ts';
import { resultOf } from '../orchestration/result-of.ts';

const GOAL: TuningGoal = {
  streams: 1,
  targetStallsPpm: 10,
  rideThroughS: 300,
  classes: ['expected', 'insured'],
  operationsPerHourMax: 60,
  allocationsPerHour: [55],
  survivedPercentMin: 99,
  burntValueCost: 0,
};

/** A rule that survives all outages when it is insured, and stalls at most its target. */
function imagined(settings: RuleSettings): StreamResult {
  const isInsured = settings.rideThroughClass === 'insured';
  const survived = isInsured ? 100 : 90;
  const meanIdle = (isInsured ? 1_000 : 100) + 50_000 / settings.allocationsPerHour - settings.targetStallsPpm;
  return resultOf({
    demanded: 1e6,
    stalled: settings.targetStallsPpm + 500,
    stalledAtFirst: 500,
    orders: settings.allocationsPerHour,
    meanIdle,
    burntAtCrash: meanIdle,
    outages: [{ outageS: 300, asked: 100, survived, stalledShare: 0 }],
  });
}

const both = async (settings: readonly RuleSettings[]) => settings.map(imagined);

describe('tuning', () => {
  it('takes the settings with the least idle stock of those that reach the goal', async () => {
    const result = await tune(GOAL, { onTraining: both, onRest: both });
    expect(result.settings).toMatchObject({ rideThroughClass: 'insured', targetStallsPpm: 10 });
    expect(result.missedOnTraining).toEqual([]);
    expect(result.onTraining).toMatchObject({ stalledPpm: 10, survivedPercent: 100 });
    expect(await tune({ ...GOAL, survivedPercentMin: 80 }, { onTraining: both, onRest: both })).toMatchObject({
      settings: { rideThroughClass: 'expected' },
    });
  });

  it('orders more often where burnt values are dear, and less where allocations are', async () => {
    const goal = { ...GOAL, allocationsPerHour: [55, 20, 5] };
    const chosen = async (burntValueCost: number) => {
      return (await tune({ ...goal, burntValueCost }, { onTraining: both, onRest: both })).settings.allocationsPerHour;
    };
    expect(await chosen(1e-6)).toBe(5);
    expect(await chosen(10)).toBe(55);
  });

  it('says what is missed where nothing reaches the goal, and what the rest misses alone', async () => {
    const nothing = await tune({ ...GOAL, operationsPerHourMax: 30, classes: ['expected'] }, { onTraining: both, onRest: both });
    expect(nothing.missedOnTraining).toEqual([
      '90.00 % of outages of 300 s are survived, not 99 %',
      expect.stringContaining('55.0 operations an hour, not 30'),
    ]);
    const worse = async (settings: readonly RuleSettings[]) => settings.map((each) => ({ ...imagined(each), stalled: 1_000 }));
    const result = await tune(GOAL, { onTraining: both, onRest: worse });
    expect(result.missedOnTraining).toEqual([]);
    expect(result.missedOnRest).toEqual(['500 ppm stall, not 10']);
  });

  it('allows each of several streams its operations', async () => {
    const two = await tune({ ...GOAL, streams: 2, operationsPerHourMax: 30 }, { onTraining: both, onRest: both });
    expect(two.onRest.operationsPerHour).toBe(27.5);
    expect(two.missedOnTraining).toEqual([]);
  });

  it('chooses on what came before the split, and replays the rest once', async () => {
    const counts = Uint32Array.from({ length: 7_200 }, (_, second) => (second < 3_600 ? 10 : 40));
    const streams = [inMemory({ name: 'web', startMs: 0, counts, seasonal: false })];
    const setting = { leadTime: { kind: 'fixed', name: '10ms', leadTimeS: 0.01 } as const, rideThroughS: 0 };
    const part = {
      setting,
      seed: 1,
      finished: nothingFinished(),
      onSeconds: async () => undefined,
      trainShare: 0.5,
      gapS: 600,
      origins: 1,
    };
    const runs = tuningRuns({ from: 'test', sha256: 'abc', streams, repairs: [] }, part);
    const rule: RuleSettings = { rideThroughClass: 'expected', targetStallsPpm: 10, allocationsPerHour: 55, forecast: true };
    const [training, ...others] = await runs.onTraining([rule, { ...rule, targetStallsPpm: 1 }]);
    expect(others).toHaveLength(1);
    expect(training).toMatchObject({ demanded: 18_000, seconds: 1_800 });
    expect(await runs.onRest([rule])).toMatchObject([{ demanded: 40 * 3_000, seconds: 3_000 }]);
  });
});
