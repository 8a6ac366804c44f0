import { expect, test } from 'vitest';
import type { ShardsState } from '../../../../core/ledger/shards-state.ts';
import { shardsCaughtUp } from '../../../../workers/runtime/ledger/shards-caught-up.ts';

const reader = (...nextOffsets: number[]) => ({
  shards: nextOffsets.map((nextOffset, partition) => ({ partition, nextOffset }) as ShardsState),
});
const log = { endOffset: async (_topic: string, partition: number) => [5, 9][partition] ?? 0 };

test('waits until each partition is folded up to where it ended when it was asked', async () => {
  const behind = reader(5, 8);
  let isThere = false;
  const waiting = shardsCaughtUp({ log, reader: behind, monotonicMs: () => 0 }).then(() => {
    isThere = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isThere).toBe(false);
  (behind.shards[1] as { nextOffset: number }).nextOffset = 9;
  await waiting;
});

test('gives up on a reader that stays behind, in a way that is tried again', async () => {
  let nowMs = 0;
  const late = shardsCaughtUp({ log, reader: reader(5, 8), monotonicMs: () => (nowMs += 3_000) });
  await expect(late).rejects.toMatchObject({ code: 'SEQ_WAIT_TIMEOUT', retriable: true });
});
