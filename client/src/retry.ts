/** When to try again: pauses that double, with jitter, never shorter than the server asked for; and one loop that does it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRetriable } from './client-error.ts';

/** A retry later than this helps nobody: what was wrong for so long is worth a look every second or so. */
const GROWTH_MAX = 32;

/** Before the retry after `failures` failures in a row: a random half of the pause keeps clients that failed together apart. */
export function pauseMs(firstMs: number, failures: number, error: unknown): number {
  const fullMs = firstMs * Math.min(2 ** (failures - 1), GROWTH_MAX);
  const askedMs = (error as { retryAfterMs?: number } | undefined)?.retryAfterMs ?? 0;
  return Math.max(askedMs, fullMs * (0.5 + Math.random() / 2));
}

/** Resolves after the time, or as soon as the signal fires: what to do then is the caller's decision. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Rejects with the signal's reason as soon as it fires; what comes of the work afterwards goes to `late`, and its failure to nobody. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, late: (result: T) => unknown): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
      work.then(late, () => undefined);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export interface Patience {
  readonly deadlineMs: number;
  readonly firstPauseMs: number;
  /** Fires when nobody wants the result any more. */
  readonly signal: AbortSignal;
}

/** Tries until it works, the error is one that a retry cannot mend, or the next try would come after the deadline. */
export async function patiently<T>(attempt: () => T | Promise<T>, { deadlineMs, firstPauseMs, signal }: Patience): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = pauseMs(firstPauseMs, failures, error);
      if (!isRetriable(error) || performance.now() + waitMs >= deadlineMs) throw error;
      await pause(waitMs, signal);
      if (signal.aborted) throw error;
    }
  }
}
