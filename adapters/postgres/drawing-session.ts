/** One connection to PostgreSQL that draws from an adopted counter: what it was told is on the server's disk before it is believed. */
import pg from 'pg';
import { DRAW_TIMEOUT_MS } from '../counters/adopted-counter.ts';
import { CLOSE_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../counters/observed-source.ts';
import { within } from '../engines/engine-calls.ts';

export type PostgresRow = Readonly<Record<string, unknown>>;

export interface DrawingSession {
  query(text: string, values?: readonly string[]): Promise<readonly PostgresRow[]>;
  /** All of the statements or none; each may use what the ones before found. */
  transaction<T>(work: (query: DrawingSession['query']) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Throws what the driver says. */
export async function openDrawingSession(url: string, password: string | undefined): Promise<DrawingSession> {
  const client = new pg.Client({
    connectionString: url,
    ...(password !== undefined && { password }),
    application_name: 'seqcast adopt',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // Told by the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  const query: DrawingSession['query'] = async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows;
  const close = async (): Promise<void> => {
    await within(CLOSE_TIMEOUT_MS, client.end()).catch(() => client.connection.stream.destroy());
  };
  try {
    await client.connect();
    // A value that was told and is forgotten by a crash of the server would be told again: ours are flushed before we hear of them.
    await client.query(`SET synchronous_commit = on; SET statement_timeout = ${DRAW_TIMEOUT_MS}; SET lock_timeout = ${DRAW_TIMEOUT_MS}`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    query,
    async transaction(work) {
      await query('BEGIN');
      try {
        const result = await work(query);
        await query('COMMIT');
        return result;
      } catch (error) {
        await query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
    close,
  };
}
