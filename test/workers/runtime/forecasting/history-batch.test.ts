/** What is handed to the expert thread: only what its model looks at, and the whole past for those that want it. */
import { describe, expect, test } from 'vitest';
import type { SeriesHistory } from '../../../../models/contract.ts';
import { FeatureWriter, featureBatch } from '../../../../models/lstm/features.ts';
import { LIVE_SPEC } from '../../../../models/lstm/spec.ts';
import { EXPERT_PLANS } from '../../../../workers/runtime/forecasting/expert-plans.ts';
import { HistoryBatches } from '../../../../workers/runtime/forecasting/history-batch.ts';
import { streamWith } from './stand-ins.ts';

const unhurried = { monotonicMs: () => 0, pause: async () => undefined };
const { parts: _, ...WHOLE } = EXPERT_PLANS.lstm;

function shown(history: SeriesHistory): Float32Array[] {
  const batch = featureBatch(LIVE_SPEC, 1);
  expect(new FeatureWriter(LIVE_SPEC).write(history, history.demand.length, batch, 0)).toBe(true);
  return [batch.steps, batch.leads, batch.statics, batch.hashes, Float32Array.from(batch.refs)];
}

describe('histories of a batch', { timeout: 60_000 }, () => {
  test('show the network the same as whole ones, batch after batch in the same memory', async () => {
    // Of two days and of three: the shorter one begins later, and ends at the same place of the memory.
    const streams = [streamWith('s/a/b', 6), streamWith('s/a/c', 900, 3 * 8_640), streamWith('s/a/d', 6)];
    const batches = new HistoryBatches(unhurried);
    for (const batch of [streams, [...streams].reverse(), streams.slice(1)]) {
      const { histories, memory } = await batches.gather(batch, EXPERT_PLANS.lstm);
      const whole = await new HistoryBatches(unhurried).gather(batch, WHOLE);
      expect(histories.map(shown)).toEqual(whole.histories.map(shown));
      expect(whole.histories.every(({ demand }) => !demand.some(Number.isNaN))).toBe(true);
      expect(histories[batch.length - 2]?.demand.some(Number.isNaN)).toBe(true);
      batches.reuse(memory, EXPERT_PLANS.lstm);
    }
  });

  test('are whole for models that are fitted to them, also in memory that was another one before', async () => {
    const streams = [streamWith('s/a/b', 6), streamWith('s/a/c', 7)];
    const batches = new HistoryBatches(unhurried);
    const { memory } = await batches.gather(streams, EXPERT_PLANS.lstm);
    batches.reuse(memory, EXPERT_PLANS.lstm);
    const { histories } = await batches.gather(streams, EXPERT_PLANS.ets);
    for (const [i, { demand }] of histories.entries()) {
      const { binMs, historyBins } = EXPERT_PLANS.ets;
      expect(demand).toEqual(streams[i]?.model.rolledUp(binMs, historyBins).demand);
    }
  });
});
