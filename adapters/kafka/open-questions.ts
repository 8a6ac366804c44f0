/**
 * Questions that are under way, by connection. kafkajs leaves some of them open for ever where a connection ends while it makes another one:
 * here each ends with its connection, and a connection with the first question that nobody answers.
 */
import type { Connection } from './connection.ts';

/** Longer than all time-outs of kafkajs for a question together: what it has not settled by then it may never settle. */
const ANSWER_MS_MAX = 20_000;
const LOOK_EVERY_MS = 1_000;

interface Question {
  readonly reject: (error: Error) => void;
  readonly sinceMs: number;
}

export class OpenQuestions {
  readonly #onUnanswered: (connection: Connection, error: Error) => void;
  readonly #open = new Map<Connection, Set<Question>>();
  #looking: NodeJS.Timeout | undefined;

  /** `onUnanswered` is to end the connection of a question that is too old. */
  constructor(onUnanswered: (connection: Connection, error: Error) => void) {
    this.#onUnanswered = onUnanswered;
  }

  /** The answer, or why there will be none. */
  answer<T>(connection: Connection, asked: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const question = { reject, sinceMs: performance.now() };
      const own = this.#open.get(connection) ?? new Set();
      this.#open.set(connection, own.add(question));
      this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
      asked.then(resolve, reject).finally(() => {
        own.delete(question);
        if (own.size === 0 && this.#open.get(connection) === own) this.#open.delete(connection);
      });
    });
  }

  /** Ends the connection and all that is asked on it. */
  end(connection: Connection, reason: Error): void {
    connection.destroy();
    const own = this.#open.get(connection);
    this.#open.delete(connection);
    for (const { reject } of own ?? []) reject(reason);
  }

  #look(): void {
    const latestMs = performance.now() - ANSWER_MS_MAX;
    for (const [connection, own] of this.#open) {
      if ([...own].some(({ sinceMs }) => sinceMs < latestMs)) this.#onUnanswered(connection, unanswered());
    }
    if (this.#open.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}

/** A connection that is made too late is destroyed when it is there. */
export async function inTime(opening: Promise<Connection>): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unanswered()), ANSWER_MS_MAX);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    opening.then(
      (connection) => connection.destroy(),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function unanswered(): Error {
  return new Error(`no answer within ${ANSWER_MS_MAX} ms`);
}
