/** Waits for a log that is away for a moment: what belongs to a partition is begun again until it succeeds, or nobody wants it any more. */
import { setTimeout as pause } from 'node:timers/promises';
import { reconnectPauseMs } from '../../../adapters/engines/reconnect-pause.ts';
import { SequenceError } from '../../../core/errors.ts';

export interface Patience {
  /** False once the partition belongs to somebody else, or the worker ends. */
  readonly isWanted: () => boolean;
  /** Told of each failure that is waited for. */
  readonly onDelay: (error: SequenceError) => void;
}

/** Resolves to what `attempt` does, or to undefined where it is not wanted any more; rejects with the first failure that will not pass. */
export async function patiently<T>(attempt: () => Promise<T>, { isWanted, onDelay }: Patience): Promise<T | undefined> {
  for (let times = 1; isWanted(); times++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SequenceError && error.retriable)) throw error;
      onDelay(error);
      await pause(reconnectPauseMs(times));
    }
  }
  return undefined;
}
