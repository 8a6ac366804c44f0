/**
 * A MariaDB of one test file's own, with a data directory and a port of its own, ended by its process id. Only tests use it, so that the
 * stack does not have it; where `mariadbd` is missing (package `mariadb-server`), tests are skipped by name, or fail with
 * SEQCAST_REQUIRE_STACK=1.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasMariadb, startMariadb as startServer } from '../../bench/installation/mariadb-server.ts';

export interface OwnMariadb {
  readonly port: number;
  /** Ends in the database `demand`; the user may do everything. */
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export function mariadbOrSkip(): { readonly available: boolean } {
  const available = hasMariadb();
  if (available || process.env.SEQCAST_REQUIRE_STACK !== '1') return { available };
  throw new Error('SEQCAST_REQUIRE_STACK=1, and mariadbd is not installed: `apt-get install mariadb-server`');
}

export async function startMariadb(): Promise<OwnMariadb> {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-mariadb-'));
  const server = await startServer(directory, 'demand');
  if (server === undefined) throw new Error('mariadbd is not installed');
  const { port, url } = server;
  const kill = (): Promise<void> => server.end('SIGKILL');
  return {
    port,
    url,
    kill,
    async restart() {
      await kill();
      await server.start();
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
