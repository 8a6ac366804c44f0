/**
 * The servers of the comparison, all its own, since they are killed in its course: those of `seqcast stack`, and a MariaDB. What is not
 * installed is left out, and told.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type MariadbServer, startMariadb } from '../installation/mariadb-server.ts';
import type { Server } from './peer.ts';

export type Ending = 'kill -9' | 'clean stop';

export interface Engines {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly mariadb: string | undefined;
  /** Why some are not there. */
  readonly problems: readonly string[];
  has(server: Server): boolean;
  /** Ends PostgreSQL, both Redis and MariaDB, and starts them again on what is on their disks. */
  restart(how: Ending): Promise<void>;
  stop(): Promise<void>;
}

interface StackReport {
  readonly env: Readonly<Record<string, string>>;
  readonly processes: readonly { readonly engine: Server; readonly pid: number }[];
  readonly problems: readonly { readonly engine: string; readonly message: string }[];
}

const MAIN = ['../../cli/main.js', '../../dist/cli/main.js'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const STACK_MS_MAX = 600_000;
/** Where a stack or a test run may have fetched Kafka before; 45 MB once more would be waited for. */
const JAR_FOLDERS = ['.seqcast-stack', 'node_modules/.cache/seqcast-stack'];
const AGAIN_MS_MAX = 60_000;
const POLL_MS = 20;
const END_MS_MAX = 20_000;
/** PostgreSQL's own word for a stop that does not wait for clients to leave is SIGINT. */
const CLEAN: Readonly<Partial<Record<Server, NodeJS.Signals>>> = { postgres: 'SIGINT', redis: 'SIGTERM' };

export async function startEngines(): Promise<Engines> {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-peers-'));
  // PostgreSQL runs as another user where root starts it, and must be able to enter.
  chmodSync(directory, 0o755);
  const stackDir = join(directory, 'stack');
  mkdirSync(stackDir, { mode: 0o755 });
  linkJars(stackDir);
  let mariadb: MariadbServer | undefined;
  let report: StackReport;
  try {
    [report, mariadb] = await Promise.all([stackUp(stackDir), startMariadb(subfolder(directory, 'mariadb'), 'peers')]);
  } catch (error) {
    await stack(['down', '--delete', '--dir', stackDir]).catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  const problems = report.problems.map(({ engine, message }) => `${engine}: ${message}`);
  if (mariadb === undefined) problems.push('mariadb: mariadbd is not installed');
  return {
    ...{ directory, env: report.env, mariadb: mariadb?.url, problems },
    has: (server) => (server === 'mariadb' ? mariadb !== undefined : report.processes.some(({ engine }) => engine === server)),
    async restart(how) {
      const ended = report.processes.filter(({ engine }) => engine === 'postgres' || engine === 'redis');
      await Promise.all([
        ...ended.map(({ engine, pid }) => endProcess(pid, how === 'kill -9' ? 'SIGKILL' : (CLEAN[engine] ?? 'SIGTERM'))),
        mariadb?.end(how === 'kill -9' ? 'SIGKILL' : 'SIGTERM'),
      ]);
      [report] = await Promise.all([upAgain(stackDir), mariadb?.start()]);
    },
    async stop() {
      await Promise.all([stack(['down', '--delete', '--dir', stackDir]), mariadb?.end('SIGKILL')]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function stackUp(directory: string): Promise<StackReport> {
  return JSON.parse(await stack(['up', '--dir', directory, '--only', 'kafka,redis,postgres'])) as StackReport;
}

/** A PostgreSQL that was killed is refused its data until the last of its processes has noticed. */
async function upAgain(directory: string): Promise<StackReport> {
  for (const endMs = performance.now() + AGAIN_MS_MAX; ; await pause(POLL_MS)) {
    const report = await stackUp(directory);
    const [problem] = report.problems;
    if (problem === undefined) return report;
    if (performance.now() > endMs) throw new Error(`${problem.engine} did not start again: ${problem.message}`);
  }
}

/** What `seqcast stack …` says. One that could not start every engine says which, and is no failure here. */
async function stack(words: readonly string[]): Promise<string> {
  const main = MAIN.find((path) => existsSync(path)) ?? '';
  try {
    return (await promisify(execFile)(process.execPath, [main, 'stack', ...words, '--json'], { timeout: STACK_MS_MAX })).stdout;
  } catch (error) {
    const { stdout = '' } = error as { readonly stdout?: string };
    if (stdout.startsWith('{')) return stdout;
    throw error;
  }
}

function linkJars(directory: string): void {
  for (const folder of JAR_FOLDERS.filter((each) => existsSync(each))) {
    for (const name of readdirSync(folder).filter((each) => /^kafka-\d/.test(each))) {
      const link = join(directory, name);
      if (existsSync(join(folder, name, 'lib')) && !existsSync(link)) symlinkSync(resolve(folder, name), link);
    }
  }
}

function subfolder(directory: string, name: string): string {
  const path = join(directory, name);
  mkdirSync(path, { mode: 0o755 });
  return path;
}

async function endProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  for (const endMs = performance.now() + END_MS_MAX; performance.now() < endMs; await pause(POLL_MS)) {
    if (hasEnded(pid)) return;
  }
  throw new Error(`process ${pid} did not end within ${END_MS_MAX} ms of ${signal}`);
}

/** One that nobody has buried yet has ended, too. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
