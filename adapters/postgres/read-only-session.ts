/** One connection to PostgreSQL on which nothing can be written: the server itself refuses every statement that would. */
import pg from 'pg';
import { SequenceError } from '../../core/errors.ts';
import { CLOSE_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../counters/observed-source.ts';
import { within } from '../engines/engine-calls.ts';

export interface ReadOnlySession {
  query(text: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** The server ends a statement of ours that waits for a lock: an observer must never stand in anybody's way. */
const STATEMENT_TIMEOUT_MS = 2_000;

/** Throws what the driver says. */
export async function openReadOnlySession(url: string): Promise<ReadOnlySession> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'seqcast observe',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // What has ended the connection: the next query would only say that it has ended.
  let problem: unknown;
  client.on('error', (error) => {
    problem = error;
  });
  try {
    await client.connect();
    await client.query(`SET default_transaction_read_only = on; SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    // A pooler between us and the server may hand the next statement to a connection that was not told.
    if (rows[0]?.transaction_read_only !== 'on') {
      throw new SequenceError('SEQ_ENGINE_UNUSABLE', 'the session cannot be made read-only: connect to PostgreSQL itself, not to a pooler');
    }
  } catch (error) {
    await farewell(client);
    throw error;
  }
  return {
    async query(text, values = []) {
      try {
        return (await client.query<Record<string, unknown>>(text, [...values])).rows;
      } catch (error) {
        throw problem ?? error;
      }
    },
    close: () => farewell(client),
  };
}

/** A server that is frozen does not answer a farewell, and its socket would keep this process. */
async function farewell(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, client.end()).catch(() => client.connection.stream.destroy());
}
