/** A PostgreSQL of one test file's own: to be stopped at once in the middle of everything, and started with other settings. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type ProcessId, stop } from '../../../cli/stack/detached-process.ts';
import { freePort } from '../../../cli/stack/ports.ts';
import { POSTGRES_NAME, postgresProcess } from '../../../cli/stack/postgres.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import { start } from '../../../cli/stack/starting.ts';
import { PROCESS_FILE } from '../../engines/run-directory.ts';

export interface OwnPostgres {
  readonly url: string;
  readonly port: number;
  /** Its data directory. */
  readonly dataDir: string;
  /** An immediate shutdown: nothing is flushed, and the next start recovers from the log. */
  stopAtOnce(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its files. */
  end(): Promise<void>;
}

export async function ownPostgres(): Promise<OwnPostgres> {
  const directory = mkdtempSync(join(inject('engineDirectory'), 'postgres-'));
  chmodSync(directory, 0o755);
  const port = await freePort(new Set());
  const engine = postgresProcess({ program: findProgram('postgres', process.env), directory, port });
  const dataDir = join(directory, 'postgres');
  let id: ProcessId | undefined;

  async function begin(): Promise<void> {
    await start(engine, join(directory, 'logs'), (started) => {
      id = started;
      writeFileSync(join(directory, `postgres${PROCESS_FILE}`), JSON.stringify(started));
    });
  }

  async function stopAtOnce(): Promise<void> {
    if (id !== undefined) await stop(id, 'SIGQUIT');
    id = undefined;
  }

  await begin();
  return {
    url: `postgres://${POSTGRES_NAME}@127.0.0.1:${port}/${POSTGRES_NAME}`,
    ...{ port, dataDir, stopAtOnce, start: begin },
    async end() {
      await stopAtOnce();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
