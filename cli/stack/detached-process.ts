/**
 * Processes that outlive the command that starts them: started with a log file, recognised later, ended by their id.
 *
 * A process id alone is not enough, because the system gives it to somebody else after a while. What is remembered beside it is
 * when that process started; both together are signalled, or nobody.
 */
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SequenceError } from '../../core/errors.ts';
import type { Command } from './engine-process.ts';

export interface ProcessId {
  readonly pid: number;
  /** When it started, in the system's own words; differs after a reboot too. */
  readonly startedAt: string;
}

/** A broker that hands over its partitions takes a few seconds; after that it is killed, which every engine survives. */
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
/** Enough to see why an engine did not start. */
const LOG_TAIL_BYTES = 4_096;

/** Starts it in a session of its own, so that Ctrl-C in the terminal does not reach it. */
export async function startDetached({ program, args, directory, env, user }: Command, logFile: string): Promise<ProcessId> {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(program, [...args], {
      cwd: directory,
      detached: true,
      stdio: ['ignore', log, log],
      ...(env !== undefined && { env: { ...process.env, ...env } }),
      ...(user !== undefined && { uid: user.uid, gid: user.gid }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new SequenceError('SEQ_ENGINE_UNREACHABLE', `${program} cannot be started: ${error.message}`, {}, { cause: error })),
      );
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, startedAt: (await startOf(pid)) ?? 'ended at once' };
  } finally {
    closeSync(log);
  }
}

export async function isAlive({ pid, startedAt }: ProcessId): Promise<boolean> {
  return (await startOf(pid)) === startedAt;
}

/** Sends a signal if that id still is that process. */
export async function signal(process: ProcessId, name: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(process))) return false;
  try {
    return globalThis.process.kill(process.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Asks it to end, kills it where it does not, and resolves when it is gone. */
export async function stop(process: ProcessId, stopSignal: NodeJS.Signals, timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
  await signal(process, stopSignal);
  if (await hasEnded(process, timeoutMs)) return;
  await signal(process, 'SIGKILL');
  await hasEnded(process, STOP_TIMEOUT_MS);
}

async function hasEnded(process: ProcessId, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (await isAlive(process)) {
    if (performance.now() > end) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** When the process with that id started; undefined where there is none, or only what its parent has not yet noticed ended. */
async function startOf(pid: number): Promise<string | undefined> {
  if (pid <= 0) return undefined;
  if (existsSync('/proc/self/stat')) return startInProc(pid);
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } });
    const [state = '', ...start] = stdout.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}

/** Linux counts from boot, hence the boot's own id beside it. */
function startInProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; the fields begin after the last bracket. State is the 3rd, start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

export async function logTail(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, LOG_TAIL_BYTES);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8').trim();
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}
