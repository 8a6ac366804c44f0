/** Trying again until something works: the links beneath pause between attempts, so this only decides when to give up. */
import { SequenceError } from '../../core/errors.ts';

export interface PersistOptions {
  /** Tells when nobody wants the answer any more. */
  readonly isOver: () => boolean;
  /** How long to go on; for ever where left out. */
  readonly forMs?: number;
}

/** Rejects with the last failure when the time is up, and with any `SequenceError` at once: it says what no repetition changes. */
export async function persist<T>(attempt: () => Promise<T>, { isOver, forMs = Number.POSITIVE_INFINITY }: PersistOptions): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof SequenceError || isOver() || performance.now() - startedMs > forMs) throw error;
    }
  }
}
