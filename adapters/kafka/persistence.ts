/** Trying again until something works: the links beneath pause between attempts, so this only decides when to give up. */
import { SequenceError } from '../../core/errors.ts';

/**
 * For ever, unless nobody wants the answer any more. Rejects with any `SequenceError` at once: it says what no repetition changes.
 */
export async function persist<T>(attempt: () => Promise<T>, isOver: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof SequenceError || isOver()) throw error;
    }
  }
}
