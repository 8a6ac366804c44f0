/** Waits for a log that is away for a moment: what belongs to a partition is begun again until it succeeds, or nobody wants it any more. */
import { setTimeout as pause } from 'node:timers/promises';
import { SequenceError } from '../../core/errors.ts';

const FIRST_PAUSE_MS = 200;
/** A log that is back is noticed within this. */
const PAUSE_MS_MAX = 5_000;
/** So far a pause is shortened by chance: those who lost the same log must not come back at once. */
const JITTER = 0.5;

export interface Patience {
  /** False once the partition belongs to somebody else, or the worker ends. */
  readonly isWanted: () => boolean;
  /** Told of each failure that is waited for. */
  readonly onDelay: (error: SequenceError) => void;
}

/** Resolves to what `attempt` does, or to undefined where it is not wanted any more; rejects with the first failure that will not pass. */
export async function patiently<T>(attempt: () => Promise<T>, { isWanted, onDelay }: Patience): Promise<T | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; isWanted(); pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SequenceError && error.retriable)) throw error;
      onDelay(error);
      await pause(pauseMs * (1 - JITTER * Math.random()));
    }
  }
  return undefined;
}
