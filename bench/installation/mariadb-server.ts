/** A MariaDB of a bench's or a test's own, with a data directory and a port of its own, ended by its process id. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENT } from '../../workers/runtime/process/config.ts';
import { freePort } from './free-port.ts';

export interface MariadbServer {
  readonly port: number;
  /** Ends in the database; the user may do everything. */
  readonly url: string;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  start(): Promise<void>;
}

const START_MS_MAX = 60_000;
/** Servers are often in folders that are not on the PATH of an ordinary user. */
const FOLDERS = [...(ENVIRONMENT.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

const PROGRAMS = ['mariadb-install-db', 'mariadbd'];

export function hasMariadb(): boolean {
  return PROGRAMS.every((name) => programNamed(name) !== undefined);
}

/** Undefined where MariaDB is not installed. Its files lie in the directory, and stay there. */
export async function startMariadb(directory: string, database: string): Promise<MariadbServer | undefined> {
  const [install, program] = PROGRAMS.map(programNamed);
  if (install === undefined || program === undefined) return undefined;
  // It refuses to run as root unless told that this is meant.
  const own = ['--no-defaults', `--user=${userInfo().username}`, `--datadir=${join(directory, 'data')}`];
  await promisify(execFile)(install, [...own, '--auth-root-authentication-method=normal', '--skip-test-db'], { timeout: START_MS_MAX });
  const init = join(directory, 'init.sql');
  writeFileSync(init, `CREATE DATABASE IF NOT EXISTS ${database};\n`);
  const port = await freePort();
  const where = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(directory, 'socket')}`];
  const args = [...own, ...where, '--skip-name-resolve', '--max-connections=500', `--init-file=${init}`];
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = await serving(program, args);
  };
  await start();
  return {
    port,
    url: `mariadb://root@127.0.0.1:${port}/${database}`,
    start,
    async end(signal) {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.kill(signal);
      await exited;
    },
  };
}

/** Resolves when it takes connections. */
async function serving(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
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

function programNamed(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
