/** One call after the other: what they use together is what one may use. */
import { SequenceError } from '../../core/errors.ts';
import { CALLS_WAITING_MAX } from './engine-limits.ts';

export interface CallTurns {
  /** Throws `SEQ_CLOSED` after `close`, and `SEQ_TOO_MANY_WAITING` where the line is full. */
  take<T>(call: () => Promise<T>): Promise<T>;
  /** Resolves when the calls that were accepted have ended. */
  close(): Promise<void>;
}

export function createCallTurns(): CallTurns {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closed = false;

  return {
    async take(call) {
      if (closed) throw new SequenceError('SEQ_CLOSED', 'the archive is closed');
      if (waiting >= CALLS_WAITING_MAX) {
        throw new SequenceError('SEQ_TOO_MANY_WAITING', `${CALLS_WAITING_MAX} calls wait for the archive already`);
      }
      waiting++;
      const turn = last.then(call);
      last = turn.then(
        () => undefined,
        () => undefined,
      );
      try {
        return await turn;
      } finally {
        waiting--;
      }
    },
    async close() {
      closed = true;
      await last;
    },
  };
}
