/** One connection to MariaDB or MySQL on which nothing can be written: the server itself refuses every statement that would. */
import { readFileSync } from 'node:fs';
import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2/promise';
import { CLOSE_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../counters/observed-source.ts';
import { within } from '../engines/engine-calls.ts';

export interface ReadOnlySession {
  /** Values stand for `?`; every column comes as text. */
  query(text: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

const PORT = 3306;

/** `?ssl=true` or `?ssl=CA-FILE` where the server speaks TLS. Throws what the driver says. */
export async function openReadOnlySession(url: URL): Promise<ReadOnlySession> {
  const connection = await createConnection(connectionOptions(url));
  // Told by the next query; without a listener it would end the process.
  connection.on('error', () => undefined);
  try {
    await connection.query('SET SESSION TRANSACTION READ ONLY');
    // Only where it is known: MySQL may otherwise show what AUTO_INCREMENT was a day ago.
    await connection.query('SET SESSION information_schema_stats_expiry = 0').catch(() => undefined);
  } catch (error) {
    await farewell(connection);
    throw error;
  }
  return {
    query: async (text, values = []) => (await connection.query<RowDataPacket[]>(text, [...values]))[0],
    close: () => farewell(connection),
  };
}

/** What every connection to such a server has, as its URL says. */
export function connectionOptions(url: URL): ConnectionOptions {
  const ssl = url.searchParams.get('ssl');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    // Numbers of 64 bits do not fit into those of JavaScript.
    supportBigNumbers: true,
    bigNumberStrings: true,
    ...(ssl !== null && ssl !== 'false' && { ssl: ssl === 'true' ? {} : { ca: readFileSync(ssl, 'utf8') } }),
  };
}

/** A server that is frozen does not answer a farewell, and its socket would keep this process. */
export async function farewell(connection: Connection): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, connection.end()).catch(() => connection.destroy());
}
