/**
 * A MariaDB of one test file's own, with a data directory and a port of its own, ended by its process id. Only tests use it, so that the
 * stack does not have it; where `mariadbd` is missing (package `mariadb-server`), tests are skipped by name, or fail with
 * SEQCAST_REQUIRE_STACK=1.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../cli/stack/ports.ts';

export interface OwnMariadb {
  readonly port: number;
  /** Ends in the database `demand`; the user may do everything. */
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
/** Servers are often in folders that are not on the PATH of an ordinary user. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

export function mariadbOrSkip(): { readonly available: boolean } {
  const available = program('mariadbd') !== undefined && program('mariadb-install-db') !== undefined;
  if (available || process.env.SEQCAST_REQUIRE_STACK !== '1') return { available };
  throw new Error('SEQCAST_REQUIRE_STACK=1, and mariadbd is not installed: `apt-get install mariadb-server`');
}

export async function startMariadb(): Promise<OwnMariadb> {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-mariadb-'));
  const port = await freePort(new Set());
  const data = join(directory, 'data');
  // It refuses to run as root unless told that this is meant.
  const own = ['--no-defaults', `--user=${userInfo().username}`, `--datadir=${data}`];
  const install = [...own, '--auth-root-authentication-method=normal', '--skip-test-db'];
  await promisify(execFile)(program('mariadb-install-db') ?? '', install, { timeout: START_TIMEOUT_MS });
  const init = join(directory, 'init.sql');
  writeFileSync(init, 'CREATE DATABASE IF NOT EXISTS demand;\n');
  let server = await launch();

  async function launch(): Promise<ChildProcess> {
    const where = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(directory, 'socket')}`];
    const child = spawn(program('mariadbd') ?? '', [...own, ...where, '--skip-name-resolve', `--init-file=${init}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`MariaDB ended: ${said}`)));
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-10_000);
        if (said.includes('ready for connections')) resolve();
      });
    });
    return child;
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  return {
    port,
    url: `mariadb://root@127.0.0.1:${port}/demand`,
    kill,
    async restart() {
      await kill();
      server = await launch();
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function program(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
