/** A MariaDB of the comparison's own, with a data directory and a port of its own, ended by its process id. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENT } from '../../workers/runtime/process/config.ts';
import { freePort } from './free-port.ts';

export interface MariadbServer {
  readonly url: string;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  start(): Promise<void>;
}

const START_MS_MAX = 60_000;
/** Servers are often in folders that are not on the PATH of an ordinary user. */
const FOLDERS = [...(ENVIRONMENT.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Undefined where MariaDB is not installed. */
export async function startMariadb(directory: string): Promise<MariadbServer | undefined> {
  const [install, program] = [programNamed('mariadb-install-db'), programNamed('mariadbd')];
  if (install === undefined || program === undefined) return undefined;
  const own = ['--no-defaults', `--user=${userInfo().username}`, `--datadir=${join(directory, 'data')}`];
  await promisify(execFile)(install, [...own, '--auth-root-authentication-method=normal', '--skip-test-db'], { timeout: START_MS_MAX });
  const init = join(directory, 'init.sql');
  writeFileSync(init, 'CREATE DATABASE IF NOT EXISTS peers;\n');
  const port = await freePort();
  const where = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(directory, 'socket')}`];
  const args = [...own, ...where, '--skip-name-resolve', '--max-connections=500', `--init-file=${init}`];
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = await serving(program, args);
  };
  await start();
  return {
    url: `mariadb://root@127.0.0.1:${port}/peers`,
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
