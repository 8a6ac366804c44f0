/** Which streams get a fit of an expensive model, and how many are paid for. */
import { beforeEach, describe, expect, test } from 'vitest';
import { FitAgenda } from '../../../../workers/runtime/forecasting/fit-agenda.ts';
import type { ModelledStream } from '../../../../workers/runtime/forecasting/forecasts.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 100 * HOUR_MS;
const REFUSAL = { model: 'ets@1', refused: 'too-short', detail: 'three bins' } as const;

function stream(id: string, regret: number): ModelledStream {
  return { stream: id, partition: 0, model: { regret, cutoffMs: NOW_MS } } as unknown as ModelledStream;
}

const ids = (streams: readonly ModelledStream[]) => streams.map((each) => each.stream);

describe('the agenda of fits', () => {
  let agenda: FitAgenda;
  beforeEach(() => {
    // A minute of saved budget pays for two first fits of 100 ms.
    agenda = new FitAgenda(3 * 12_000);
  });

  test('takes the streams that lose most, as many as can be paid for', () => {
    const streams = [stream('little', 1), stream('most', 9), stream('much', 5), stream('nothing', 0)];
    expect(ids(agenda.choose('ets', streams, 0))).toEqual(['most', 'much']);
  });

  test('pays with what fits took, and saves up for the next ones', () => {
    agenda.choose('ets', [], 0);
    agenda.note('ets', 'a', NOW_MS, 200);
    expect(agenda.choose('ets', [stream('b', 1)], 0)).toEqual([]);
    expect(agenda.choose('ets', [stream('b', 1)], 1_000)).toEqual([]);
    expect(ids(agenda.choose('ets', [stream('b', 1)], 60_000))).toEqual(['b']);
  });

  test('keeps no more than a minute of budget, so that a quiet night is followed by no rush', () => {
    const many = Array.from({ length: 50 }, (_, i) => stream(`s${i}`, 50 - i));
    agenda.choose('ets', [], 0);
    expect(agenda.choose('ets', many, 10 * HOUR_MS)).toHaveLength(2);
  });

  test('leaves a stream alone while its fit is in use, and one that was refused for longer than a failure of the moment', () => {
    const both = [stream('fitted', 2), stream('refused', 1)];
    agenda.choose('ets', both, 0);
    agenda.note('ets', 'fitted', NOW_MS - HOUR_MS, 1);
    agenda.refused('ets', 'refused', NOW_MS - HOUR_MS, REFUSAL);
    expect(agenda.isFitted('ets', 'fitted', NOW_MS)).toBe(true);
    expect(agenda.isFitted('ets', 'refused', NOW_MS)).toBe(false);
    expect(agenda.choose('ets', both, 0)).toEqual([]);
    agenda.refused('ets', 'refused', NOW_MS - 7 * HOUR_MS, REFUSAL);
    expect(ids(agenda.choose('ets', both, 0))).toEqual(['refused']);
  });

  test('forgets the streams of partitions that others own now', () => {
    agenda.note('ets', 'kept', NOW_MS, 1);
    agenda.note('ets', 'gone', NOW_MS, 1);
    agenda.forget((id) => id === 'kept');
    expect([agenda.size, agenda.isFitted('ets', 'kept', NOW_MS), agenda.isFitted('ets', 'gone', NOW_MS)]).toEqual([1, true, false]);
  });
});
