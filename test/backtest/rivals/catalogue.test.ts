import { expect, test } from 'vitest';
import { fixedLeadTime } from '../../../backtest/harness/lead-times.ts';
import { replayStream } from '../../../backtest/harness/replay.ts';
import type { MinuteVoices } from '../../../backtest/policies/minute-voices.ts';
import { RIVALS, type RivalContext, rivalsNamed } from '../../../backtest/rivals/catalogue.ts';
import { arrivals } from '../../../backtest/traces/demand-seconds.ts';
import { seededRng } from '../../../core/rng.ts';

const whole = arrivals(5_400, (second) => 20 + 10 * Math.sin(second / 500), seededRng(5));
/** What a model that knows the mean says of the last half hour. */
const twentyASecond: MinuteVoices = {
  family: 'lstm',
  model: 'lstm@test',
  leadsMs: [60_000, 120_000, 300_000],
  levels: [0.5, 0.999],
  firstOriginMs: 3_600_000,
  quantiles: Float32Array.from({ length: 60 * 6 }, (_, i) => [1_200, 2_000, 2_400, 4_000, 6_000, 9_000][i % 6] ?? 0),
};
const context: RivalContext = {
  startMs: 0,
  training: whole.subarray(0, 3_600),
  whole,
  leadTimes: fixedLeadTime(0.5),
  rideThroughS: 0,
  voices: [twentyASecond],
};

test.each(RIVALS)('$id serves all that was asked for, and does the same twice', ({ create, group }) => {
  const replayed = () => {
    const demand = { name: 'wave', startMs: 0, counts: whole, seasonal: true };
    return replayStream(create(context), demand, { leadTimes: context.leadTimes, rideThroughS: 0, outagesS: [], countFromS: 3_600 });
  };
  const result = replayed();
  expect(result.demanded).toBeGreaterThan(30_000);
  if (group !== 'rival') expect(result.stalled).toBeLessThan(0.02 * result.demanded);
  expect(replayed()).toEqual(result);
});

test('ids are found in the order asked for, and the list is told to who asks for another', () => {
  expect(rivalsNamed(['tuned-sq', 'leaf']).map(({ id }) => id)).toEqual(['tuned-sq', 'leaf']);
  expect(() => rivalsNamed(['leef'])).toThrow(/no rival is called "leef": choose from leaf, tinyid/);
});

test('bounds are refused where the future is not at hand, and the LSTM where there is none', () => {
  const { whole: _, voices: __, ...blind } = context;
  for (const { create, id } of rivalsNamed(['foresight', 'wagner-whitin'])) {
    expect(() => create(blind), id).toThrow(/knows the future/);
  }
  for (const { create } of rivalsNamed(['newsvendor-lstm'])) expect(() => create(blind)).toThrow(/needs an LSTM/);
});

test('no id is given twice', () => {
  expect(new Set(RIVALS.map(({ id }) => id)).size).toBe(RIVALS.length);
});
