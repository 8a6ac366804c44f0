/** A few connections that are opened when they are needed and dropped when they have failed, and work that is tried again where that is safe. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SequenceError } from '../../core/errors.ts';
import { reconnectPauseMs } from '../engines/reconnect-pause.ts';
import { mayAskAgain, registrarFailure } from './registrar-failures.ts';
import { ConnectionLost, type Session } from './registrar-session.ts';

export interface Sessions {
  /** Work that failed before anything was committed is done again on another connection. Rejects with `SequenceError`s only. */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface SessionsOptions {
  readonly open: () => Promise<Session>;
  readonly max: number;
  /** For messages. */
  readonly shown: string;
}

/** With their pauses most of a second: what takes longer is an outage, and its callers are to know. */
const ATTEMPTS_MAX = 5;
/** A queue in front of an engine that is away only grows. */
const WAITING_MAX = 10_000;

export function createSessions({ open, max, shown }: SessionsOptions): Sessions {
  const idle: Session[] = [];
  const waiting: (() => void)[] = [];
  let used = 0;
  let isClosed = false;

  async function slot(): Promise<void> {
    if (used < max) {
      used++;
      return;
    }
    if (waiting.length >= WAITING_MAX)
      throw new SequenceError('SEQ_TOO_MANY_WAITING', `${waiting.length} calls wait for PostgreSQL at ${shown} already`);
    // Whoever is done hands the slot on.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) used--;
    else next();
  }

  /** It was open before: nothing is wrong with its address, and what fails now may be over soon. */
  async function openAgain(): Promise<Session> {
    try {
      return await open();
    } catch (error) {
      throw error instanceof SequenceError ? error : new ConnectionLost(error);
    }
  }

  function idleOne(): Session | undefined {
    // Those that failed while nobody used them have nothing to be closed.
    let session = idle.pop();
    while (session !== undefined && !session.isUsable()) session = idle.pop();
    return session;
  }

  async function once<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = idleOne() ?? (await openAgain());
    try {
      return await work(session);
    } catch (error) {
      if (session.isUsable()) await session.ask([{ text: 'ROLLBACK' }]).catch(() => undefined);
      throw error;
    } finally {
      if (session.isUsable() && !isClosed) idle.push(session);
      else await session.close();
    }
  }

  return {
    async use(work) {
      if (isClosed) throw new SequenceError('SEQ_CLOSED', 'the registrar is closed');
      await slot();
      try {
        for (let attempt = 1; ; attempt++) {
          try {
            return await once(work);
          } catch (error) {
            if (attempt === ATTEMPTS_MAX || isClosed || !mayAskAgain(error)) throw registrarFailure(shown, error);
          }
          await sleep(reconnectPauseMs(attempt));
        }
      } finally {
        leave();
      }
    },
    async close() {
      isClosed = true;
      await Promise.all(idle.splice(0).map((session) => session.close()));
    },
  };
}
