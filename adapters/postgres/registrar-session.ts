/**
 * One connection of the transaction pool to PostgreSQL. Statements that do not need each other's answers go out together; where one fails,
 * the server refuses those behind it, and a COMMIT among them rolls back.
 */
import pg from 'pg';
import { SequenceError } from '../../core/errors.ts';
import { within } from '../engines/engine-calls.ts';
import type { Row } from './registrar-rows.ts';

export interface Question {
  /** Statements with a name are prepared once a connection. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Asks in order; resolves to the rows of each. Rejects with what the first one that failed says. */
export type Ask = (questions: readonly Question[]) => Promise<Row[][]>;

export interface Session {
  readonly ask: Ask;
  /** Asks what ends with COMMIT. Rejects with `OutcomeUnknown` where nobody can say whether it was committed. */
  readonly commit: Ask;
  /** False once the connection has failed: then it is to be dropped. */
  isUsable(): boolean;
  close(): Promise<void>;
}

/** What was sent may have been committed: only asking again with the same keys tells. */
export class OutcomeUnknown extends Error {}

/** The connection failed, or could not be made; what was sent on it is undone, unless a COMMIT was among it. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

export interface SessionOptions {
  readonly url: string;
  /** PEM of the authority that signed the server's certificate; asks for TLS where the URL says nothing of it. */
  readonly ca?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** An application's own transaction may hold a series for so long before others are told to come back. */
export const LOCK_TIMEOUT_MS = 5_000;
/** Longer than the longest wait for a lock; what takes longer is not coming. */
const ANSWER_TIMEOUT_MS = 15_000;
/** A process that freezes in the middle of a group must not hold its series for ever. */
const IDLE_IN_TRANSACTION_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

// No statement_timeout: it would also end the wait of a COMMIT for its standby, and the server calls that a success.
const SETTINGS = `SET lock_timeout = ${LOCK_TIMEOUT_MS}; SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};
  SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan;
  SET jit = off; SET client_min_messages = warning`;

/** Throws what the driver says, or `SEQ_ENGINE_UNUSABLE` where the server would lose what it has acknowledged. */
export async function openSession({ url, ca }: SessionOptions): Promise<Session> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'seqcast registrar',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    pipeline: true,
    ...(ca !== undefined && { ssl: { ca } }),
  });
  let failure: Error | undefined;
  let warning: string | undefined;
  client.on('error', (error) => {
    failure ??= error;
  });
  client.on('notice', ({ severity, message }) => {
    if (severity === 'WARNING') warning = message;
  });

  async function ask(questions: readonly Question[]): Promise<Row[][]> {
    // One packet for all of them.
    client.connection.stream.cork();
    const asked = questions.map(({ name, text, values = [] }) =>
      client.query<unknown[]>({ ...(name !== undefined && { name }), text, values: [...values], rowMode: 'array' }),
    );
    client.connection.stream.uncork();
    // The first failure says why; those behind it only say that the transaction is aborted.
    const settled = await Promise.allSettled(asked);
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failure ?? failed.reason;
    return settled.map((each) => (each as PromiseFulfilledResult<pg.QueryArrayResult>).value.rows as Row[]);
  }

  async function inTime(questions: readonly Question[]): Promise<Row[][]> {
    try {
      return await within(ANSWER_TIMEOUT_MS, ask(questions));
    } catch (error) {
      // The server itself has said what is wrong with a statement; anything else is the end of the connection.
      if (error instanceof pg.DatabaseError && !isFatal(error)) throw error;
      drop(error);
      throw new ConnectionLost(error);
    }
  }

  function drop(error: unknown): void {
    failure ??= error instanceof Error ? error : new Error(String(error));
    client.connection.stream.destroy();
  }

  try {
    await client.connect();
    await client.query(SETTINGS);
    checkServer(await inTime([{ text: SERVER_QUESTION }]));
  } catch (error) {
    await farewell(client);
    throw error;
  }
  return {
    ask: inTime,
    async commit(questions) {
      warning = undefined;
      try {
        const rows = await inTime(questions);
        // A server that gave up waiting for its standby commits all the same, and only warns.
        if (warning !== undefined) throw new OutcomeUnknown(warning);
        return rows;
      } catch (error) {
        if (failure !== undefined) throw new OutcomeUnknown(failure.message, { cause: failure });
        throw error;
      }
    },
    isUsable: () => failure === undefined,
    close: () => farewell(client),
  };
}

const SERVER_QUESTION = `SELECT pg_is_in_recovery()::text, current_setting('synchronous_commit'), current_setting('fsync'),
  current_setting('full_page_writes')`;

function checkServer([rows]: Row[][]): void {
  const [recovering, synchronousCommit, fsync, fullPageWrites] = (rows?.[0] ?? []).map(String);
  const unusable = (message: string): SequenceError => new SequenceError('SEQ_ENGINE_UNUSABLE', `PostgreSQL cannot be used: ${message}`);
  if (recovering !== 'false') throw unusable('it is a standby; name the primary in the URL');
  if (synchronousCommit !== 'on' && synchronousCommit !== 'remote_apply')
    throw unusable(`synchronous_commit is ${synchronousCommit}; set it to on or remote_apply, also for this role and database`);
  if (fsync !== 'on') throw unusable('fsync is off; set it to on in postgresql.conf');
  if (fullPageWrites !== 'on') throw unusable('full_page_writes is off; set it to on in postgresql.conf');
}

/** The server ends the connection with these. */
function isFatal({ severity }: pg.DatabaseError): boolean {
  return severity === 'FATAL' || severity === 'PANIC';
}

/** A server that is frozen does not answer a farewell, and its socket would keep this process. */
async function farewell(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, client.end()).catch(() => client.connection.stream.destroy());
}
