import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { mendIdleTimers } from '../../../adapters/kafka/timer-patch.ts';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  scheduleCheckPendingRequests(): void;
  destroy(): void;
}

test('an idle connection sets no timer, a waiting or throttled one does', () => {
  expect(mendIdleTimers()).toBe(true);
  expect(mendIdleTimers()).toBe(true);
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (options: object) => Queue;
  const timers = (prepare: (queue: Queue) => void): boolean => {
    const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1_000, enforceRequestTimeout: true, logger: {} });
    prepare(queue);
    queue.scheduleCheckPendingRequests();
    const isSet = queue.throttleCheckTimeoutId !== null;
    queue.destroy();
    return isSet;
  };
  expect(timers(() => undefined)).toBe(false);
  expect(timers((queue) => queue.pending.push({}))).toBe(true);
  expect(
    timers((queue) => {
      queue.throttledUntil = Date.now() + 1_000;
    }),
  ).toBe(true);
});
