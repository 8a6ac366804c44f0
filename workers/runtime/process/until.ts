/** Waits until something that others bring about holds, looking now and then. */
import { SequenceError } from '../../../core/errors.ts';

const POLL_MS = 2;

export interface UntilOptions {
  readonly holds: () => boolean;
  readonly monotonicMs: () => number;
  readonly waitMsMax: number;
  /** What is said where it did not come to hold in time. */
  readonly otherwise: string;
}

/** Rejects with `SEQ_WAIT_TIMEOUT`. */
export async function until({ holds, monotonicMs, waitMsMax, otherwise }: UntilOptions): Promise<void> {
  const deadlineMs = monotonicMs() + waitMsMax;
  while (!holds()) {
    if (monotonicMs() > deadlineMs) throw new SequenceError('SEQ_WAIT_TIMEOUT', otherwise);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
