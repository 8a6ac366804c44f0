/**
 * Calls to an engine that may go away: each has a time-out, only so many wait at a time, and whatever goes wrong beneath is told as the
 * one error that callers know how to treat.
 */
import { SequenceError } from '../../core/errors.ts';

export interface EngineCallsOptions {
  /** More calls than these at a time are refused at once: a queue in front of an engine that is away only grows. */
  readonly waitingMax: number;
  readonly timeoutMs: number;
  /** The error for a caller; `SequenceError`s are passed on as they are. */
  readonly failure: (cause: unknown) => SequenceError;
}

export type EngineCalls = <T>(call: () => Promise<T>) => Promise<T>;

export function createEngineCalls({ waitingMax, timeoutMs, failure }: EngineCallsOptions): EngineCalls {
  let waiting = 0;

  return async function engineCall(call) {
    if (waiting >= waitingMax) throw failure(new Error(`${waiting} calls wait for it already`));
    waiting++;
    try {
      return await within(timeoutMs, call());
    } catch (error) {
      throw error instanceof SequenceError ? error : failure(error);
    } finally {
      waiting--;
    }
  };
}

/** The promise, or a rejection once the time is up. What comes later is nobody's business any more. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out after ${timeoutMs} ms`)), timeoutMs);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
