/**
 * Mends a fault of kafkajs 2.2.4: every connection that was used once sets a timer of a millisecond or less, for ever, and where the
 * time left is negative Node warns about each. The check that the timer runs has nothing to do unless requests wait or the broker
 * asked for a pause, so it is not scheduled then.
 *
 * Guarded: where the class or its fields are not what they were, nothing is touched.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const QUEUE_MODULE = 'kafkajs/src/network/requestQueue/index.js';
const MENDED = Symbol.for('seqcast.kafkajs.timer-patch');

/** Idempotent. Tells whether the fault is mended now. */
export function mendIdleTimers(): boolean {
  const prototype = queuePrototype();
  if (prototype === undefined) return false;
  if (MENDED in prototype) return true;
  const schedule = prototype.scheduleCheckPendingRequests;
  if (typeof schedule !== 'function') return false;
  prototype.scheduleCheckPendingRequests = function scheduleIfNeeded(this: RequestQueue): void {
    if (Array.isArray(this.pending) && this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
  Object.defineProperty(prototype, MENDED, { value: true });
  return true;
}

function queuePrototype(): RequestQueue | undefined {
  try {
    const queue: unknown = createRequire(import.meta.url)(QUEUE_MODULE);
    return typeof queue === 'function' ? (queue.prototype as RequestQueue) : undefined;
  } catch {
    return undefined;
  }
}
