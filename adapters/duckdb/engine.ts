/**
 * DuckDB for the length of one call: in memory, one thread, and from its first statement on without any file outside the archive, network,
 * extension or change of its settings. What a call does to its engine ends with it: nothing of one query can be felt in the next.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { SequenceError } from '../../core/errors.ts';
import { MEMORY_LIMIT, THREADS } from './engine-limits.ts';

export type DuckDB = typeof import('@duckdb/node-api');

/** Everything that looks for more than it was given is off; without a temporary directory nothing is spilled. */
const SETTINGS: Readonly<Record<string, string>> = {
  memory_limit: MEMORY_LIMIT,
  threads: THREADS,
  temp_directory: '',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  // A batch that was replaced keeps its path: what was cached of it would be wrong.
  enable_external_file_cache: 'false',
};

let loaded: Promise<DuckDB> | undefined;

/** Loaded when an archive is first opened: the library is large, and most processes need none. */
export function loadDuckDB(): Promise<DuckDB> {
  loaded ??= import('@duckdb/node-api').catch((cause: unknown) => {
    loaded = undefined;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SequenceError('SEQ_ENGINE_UNUSABLE', `DuckDB cannot be loaded on this machine: ${why}`, {}, { cause });
  });
  return loaded;
}

export async function withEngine<T>(root: string, work: (connection: DuckDBConnection, duckdb: DuckDB) => Promise<T>): Promise<T> {
  const duckdb = await loadDuckDB();
  const instance = await duckdb.DuckDBInstance.create(':memory:', { ...SETTINGS });
  try {
    const connection = await instance.connect();
    try {
      // In this order: the last one forbids to change any of them.
      await connection.run(`SET TimeZone = 'UTC'`);
      await connection.run(`SET allowed_directories = [${quoted(root)}]`);
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
      return await work(connection, duckdb);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
