import { expect, test } from 'vitest';
import { HistoryRecorder } from '../../../backtest/harness/history-recorder.ts';
import { fixedLeadTime } from '../../../backtest/harness/lead-times.ts';
import { replayStream } from '../../../backtest/harness/replay.ts';
import { seqcastRuleOn } from '../../../backtest/policies/seqcast-rule.ts';
import { demandOf, trackOf } from '../policies/constant-track.ts';

test('says what was asked for and held, span by span, and which hour went worst', () => {
  const seconds = 3 * 3_600;
  // One burst in the second hour, larger than the reserve.
  const demand = demandOf(seconds, (second) => (second === 5_000 ? 900 : 2));
  const policy = seqcastRuleOn(trackOf(seconds, 2, 100), {
    leadTimeS: 1,
    rideThroughS: 0,
    rideThroughClass: 'expected',
    targetStallsPpm: 10,
  });
  const record = new HistoryRecorder({ stream: 's', policy: policy.name, startMs: 0, spanS: 60 });
  const result = replayStream(policy, demand, { leadTimes: fixedLeadTime(1), rideThroughS: 0, outagesS: [], countFromS: 0, record });
  const history = record.history();
  for (const column of [history.demand, history.demandPeak, history.stock, history.stockMin, history.stalled, history.reorderPoint]) {
    expect(column?.length).toBe(seconds / 60);
  }
  expect(history.demand[0]).toBeCloseTo(2, 9);
  expect(history.demandPeak[83]).toBe(900);
  expect(history.reorderPoint?.at(-1)).toBe(100);
  expect(history.stalled.reduce((sum, each) => sum + each, 0)).toBe(result.stalled);
  expect(Math.min(...history.stockMin.slice(1))).toBe(0);
  const worst = record.worstHour();
  expect(worst).toMatchObject({ startMs: 3_600_000, spanS: 1 });
  expect(worst?.stalled[5_000 - 3_600]).toBeGreaterThan(0);
  expect(worst?.stalled.length).toBe(3_600);
});
