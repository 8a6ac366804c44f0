/** Which generation of a sequence is given out from: the living one, once its period is not over. What belongs to one that is over is not. */
import { SequenceError } from '../../../core/errors.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { periodEndMs } from '../../../core/period.ts';
import type { Clock } from '../../../pipelines/ports.ts';

/** How often it is looked whether the next generation has begun. */
const POLL_MS = 5;

export interface ServingOptions {
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  /** Throws where the sequence does not exist. */
  readonly live: (sequence: string) => Generation;
  /** Asks the allocator to look for resets it owes, now. */
  readonly nudge: () => void;
}

/** Waits for the next period where one is over; `mayServe` throws where such a sequence is not asked so. */
export async function servingGeneration(
  { live, clock, monotonicMs, nudge }: ServingOptions,
  sequence: string,
  deadlineMs: number,
  mayServe: (generation: Generation) => void,
): Promise<Generation> {
  for (;;) {
    const generation = live(sequence);
    mayServe(generation);
    if (periodEndMs(generation.definition) > clock.nowMs()) return generation;
    if (monotonicMs() > deadlineMs) throw new SequenceError('SEQ_WAIT_TIMEOUT', `the next period of ${sequence} has not begun in time`);
    nudge();
    await pause();
  }
}

/** Asks; once more where another generation has followed meanwhile, until the deadline. */
export async function ofServing<T>(
  { monotonicMs }: Pick<ServingOptions, 'monotonicMs'>,
  deadlineMs: number,
  ask: () => Promise<{ readonly isEnded: () => boolean; readonly answered: Promise<T> }>,
): Promise<T> {
  for (;;) {
    const { isEnded, answered } = await ask();
    try {
      return await answered;
    } catch (error) {
      const isOver = error instanceof SequenceError && error.code === 'SEQ_CONFLICT' && isEnded();
      if (!isOver || monotonicMs() > deadlineMs) throw error;
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
