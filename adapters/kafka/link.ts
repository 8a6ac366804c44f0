/**
 * A connection that is replaced whenever it fails: the next caller gets a new one, after a pause that grows with every failure and has
 * some chance in it, so that processes that lost a broker together do not come back together.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { SequenceError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { inTime, OpenQuestions } from './open-questions.ts';

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;
/** A link that failed and is not used any more is tried again by itself: nobody else would find out that it works. */
const HEAL_AFTER_MS = 2_000;
export interface Link {
  /** The connection there is, or a new one. Rejects when the attempt to make one failed. */
  connected(): Promise<Connection>;
  /** That connection is not to be trusted any more. */
  failed(connection: Connection, error: unknown): void;
  /** That connection did what was asked. */
  worked(connection: Connection): void;
  /** An answer that is awaited on that connection: it fails as soon as that is given up, and after twenty seconds. */
  answer<T>(connection: Connection, asked: Promise<T>): Promise<T>;
  /** Runs `work` on a connection; what fails in another way than by a `SequenceError` is taken as the connection's fault. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Who waits for a connection hears `reason`: that the log is closed, where nothing else is given. */
  close(reason?: Error): void;
}

export interface LinkOptions {
  readonly open: () => Promise<Connection>;
  /** Hears every failure, and `undefined` when something worked. */
  readonly onState: (problem: unknown) => void;
}

export function createLink({ open, onState }: LinkOptions): Link {
  const ending = new AbortController();
  const questions = new OpenQuestions(failed);
  let current: Connection | undefined;
  let pending: Promise<Connection> | undefined;
  let failures = 0;
  let healing: NodeJS.Timeout | undefined;

  function noteFailure(error: unknown): void {
    failures++;
    if (ending.signal.aborted) return;
    onState(error);
    clearTimeout(healing);
    healing = setTimeout(heal, HEAL_AFTER_MS).unref();
  }

  function heal(): void {
    connected().then(
      (connection) => worked(connection),
      () => undefined,
    );
  }

  async function attempt(): Promise<Connection> {
    if (failures > 0) await pause(pauseMs(failures), undefined, { signal: ending.signal }).catch(() => undefined);
    if (ending.signal.aborted) throw ending.signal.reason;
    let opened: Connection;
    try {
      opened = await inTime(open());
    } catch (error) {
      noteFailure(error);
      throw error;
    }
    if (ending.signal.aborted) {
      opened.destroy();
      throw ending.signal.reason;
    }
    current = opened;
    return opened;
  }

  function connected(): Promise<Connection> {
    if (current !== undefined) return Promise.resolve(current);
    pending ??= attempt().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  function failed(connection: Connection, error: unknown): void {
    // What is said to one is nobody else's answer: an append must not take it for word that it was not written.
    questions.end(connection, new Error('the connection was given up', { cause: error }));
    // Others that used it fail too: one failure, not several.
    if (connection !== current) return;
    current = undefined;
    noteFailure(error);
  }

  function worked(connection: Connection): void {
    if (connection !== current) return;
    failures = 0;
    clearTimeout(healing);
    onState(undefined);
  }

  return {
    answer: (connection, asked) => questions.answer(connection, asked),
    connected,
    failed,
    worked,
    async use(work) {
      const connection = await connected();
      try {
        const result = await questions.answer(connection, work(connection));
        worked(connection);
        return result;
      } catch (error) {
        if (!(error instanceof SequenceError)) failed(connection, error);
        throw error;
      }
    },
    close(reason = closedError()) {
      ending.abort(reason);
      clearTimeout(healing);
      if (current !== undefined) questions.end(current, reason);
      current = undefined;
    },
  };
}

export function closedError(): SequenceError {
  return new SequenceError('SEQ_CLOSED', 'the log is closed');
}

function pauseMs(failures: number): number {
  const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(failures - 1, 20));
  return Math.ceil(longest * (0.5 + 0.5 * Math.random()));
}
