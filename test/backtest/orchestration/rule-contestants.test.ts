import { describe, expect, it } from 'vitest';
import { fixedLeadTime } from '../../../backtest/harness/lead-times.ts';
import { replayStream } from '../../../backtest/harness/replay.ts';
import type { StreamResult } from '../../../backtest/harness/result.ts';
import { contest } from '../../../backtest/orchestration/contest.ts';
import { nothingFinished } from '../../../backtest/orchestration/finished-cells.ts';
import { ruleContestants, sweptRules } from '../../../backtest/orchestration/rule-contestants.ts';
import { type SeqcastSettings, seqcastRule } from '../../../backtest/policies/seqcast-rule.ts';
import { inMemory } from '../../../backtest/sources/demand-source.ts';
import { arrivals } from '../../../backtest/traces/demand-seconds.ts';
import { seededRng } from '../../../core/rng.ts';

const SECONDS = 7_200;
const demand = {
  name: 'web',
  startMs: Date.UTC(2026, 0, 5),
  counts: arrivals(SECONDS, (second) => (second % 700 < 30 ? 400 : 20), seededRng(5)),
  seasonal: false,
};

describe('rules that share a forecast', () => {
  it('do what each does alone: nobody hears of a second before it is over', async () => {
    const choices = { classes: ['expected', 'insured'] as const, targetStallsPpm: 10 };
    const contestants = [...ruleContestants(choices), ...sweptRules(choices, [10])];
    const results = await contest(inMemory(demand), {
      contestants,
      setting: { leadTime: { kind: 'fixed', name: '2s', leadTimeS: 2 }, rideThroughS: 60 },
      splits: [{ trainedUntilS: 3_600, countedFromS: 3_600, countedUntilS: SECONDS }],
      outagesS: [60],
      seed: 1,
      recorded: [],
      voices: [],
      origin: { version: '0', dataSha256: 'abc', models: {} },
      finished: nothingFinished(),
      onSeconds: async () => undefined,
    });
    const expected: Partial<SeqcastSettings>[] = [{}, { rideThroughClass: 'insured' }, { forecast: false }, { allocationsPerHour: 10 }];
    expect(results.map(({ result }) => figuresOf(result))).toEqual(expected.map((each) => figuresOf(alone(each))));
    // In the first hours who is insured holds what was ever needed, as the rule without a forecast does.
    expect(new Set(results.map(({ result }) => result.meanIdle)).size).toBe(3);
  });
});

function alone(settings: Partial<SeqcastSettings>): StreamResult {
  const rule = { leadTimeS: 2, rideThroughS: 60, rideThroughClass: 'expected', targetStallsPpm: 10, ...settings } as const;
  const options = { leadTimes: fixedLeadTime(2), rideThroughS: 60, outagesS: [60], countFromS: 3_600 };
  return replayStream(seqcastRule(demand.startMs, rule), demand, options);
}

function figuresOf({ meanIdle, orders, returns, stalled, outages, demanded }: StreamResult): unknown {
  return { meanIdle, orders, returns, stalled, outages, demanded };
}
