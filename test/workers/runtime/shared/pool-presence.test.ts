/** A filler vouches for the life that its store lives, and for no other: by words in the log, and what the ledger held when they were said. */
import { expect, test } from 'vitest';
import type { EventLog } from '../../../../pipelines/ports.ts';
import { PendingAppends } from '../../../../workers/runtime/process/pending-appends.ts';
import { ORDER_LEASE_MS, PoolPresence, type PoolPresenceOptions } from '../../../../workers/runtime/shared/pool-presence.ts';

const LOAD = {
  ...{ operationsPerSecond: 0, latencyP99Ms: 0, stockValues: 0, stockBytes: 0, streams: 0 },
  ...{ capacityOperationsPerSecond: 1, capacityValues: 1, capacityBytes: 1 },
} as PoolPresenceOptions['load'];

function presence() {
  let nowMs = 0;
  /** Readers that are asked to catch up and have not yet. */
  const behind: (() => void)[] = [];
  const sending = new PendingAppends((error) => {
    throw error;
  });
  const made = new PoolPresence({
    ...{ name: 'pool-0', endpoint: 'redis://127.0.0.1:1', load: LOAD, sending, monotonicMs: () => nowMs },
    log: { append: async () => 0 } as unknown as EventLog,
    clock: { nowMs: () => nowMs },
    caughtUp: () => new Promise((resolve) => behind.push(resolve)),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    made,
    async at(ms: number, say: () => void): Promise<void> {
      nowMs = ms;
      say();
      await settled();
    },
    async catchUp(): Promise<void> {
      for (const resolve of behind.splice(0)) resolve();
      await settled();
    },
    lease: () => made.orderLease(nowMs),
    questions: () => behind.length,
  };
}

test('a life is vouched for once the ledger of the moment is folded, and with each word after that', async () => {
  const { made, at, catchUp, lease, questions } = presence();
  await at(1_000, () => made.joined('life-1'));
  expect(lease().orderLeaseMs).toBe(0);
  await catchUp();
  expect(lease()).toEqual({ incarnation: 'life-1', orderLeaseMs: ORDER_LEASE_MS });
  await at(2_000, () => made.heartbeat('life-1', LOAD));
  expect([lease().orderLeaseMs, questions()]).toEqual([ORDER_LEASE_MS, 0]);
});

test('a word of one life is no lease for another, which has to be vouched for itself', async () => {
  const { made, at, catchUp, lease } = presence();
  await at(1_000, () => made.joined('life-1'));
  await catchUp();
  await at(1_500, () => made.joined('life-2'));
  expect(lease()).toEqual({ incarnation: 'life-1', orderLeaseMs: ORDER_LEASE_MS - 500 });
  await catchUp();
  expect(lease()).toEqual({ incarnation: 'life-2', orderLeaseMs: ORDER_LEASE_MS });
});

test('after a silence as long as a lease the ledger is asked again: the life may have been declared lost', async () => {
  const { made, at, catchUp, lease, questions } = presence();
  await at(1_000, () => made.joined('life-1'));
  await catchUp();
  await at(1_000 + ORDER_LEASE_MS, () => made.heartbeat('life-1', LOAD));
  expect([lease().orderLeaseMs, questions()]).toEqual([0, 1]);
  await catchUp();
  expect(lease().orderLeaseMs).toBe(ORDER_LEASE_MS);
});
