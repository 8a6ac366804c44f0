/** What a stack remembers in its directory: ports, so that a second start takes the same ones, and who was started. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import type { ProcessId } from './detached-process.ts';
import type { EngineName } from './engine-process.ts';

export interface StackState {
  readonly format: 1;
  kafka?: { readonly version: string; readonly brokers: number; readonly clusterId: string };
  readonly ports: Record<string, number>;
  readonly processes: Record<string, ProcessId & { readonly engine: EngineName; readonly port: number }>;
}

export const STATE_FILE = 'stack.json';
const LOCK = 'stack.lock';

export async function readState(directory: string): Promise<StackState> {
  const file = join(directory, STATE_FILE);
  if (!existsSync(file)) return { format: 1, ports: {}, processes: {} };
  try {
    const state = JSON.parse(await readFile(file, 'utf8')) as StackState;
    if (state.format === 1) return state;
  } catch {
    // Said below, like a file of another form.
  }
  throw new SequenceError('SEQ_DATA_CORRUPT', `${file} is not what \`seqcast stack up\` writes`);
}

/** Replaced in one step: whoever reads meanwhile sees the old or the new. At once, because several engines start side by side. */
export function writeState(directory: string, state: StackState): void {
  const file = join(directory, STATE_FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** One command at a time changes a stack. A lock whose owner is gone is taken over. */
export async function withStackLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  await mkdir(directory, { recursive: true });
  const lock = join(directory, LOCK);
  const take = () => writeFile(lock, String(process.pid), { flag: 'wx' });
  try {
    await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (isRunning(owner))
      throw new SequenceError('SEQ_DATA_DIR_IN_USE', `another \`seqcast stack\` (process ${owner}) works on ${directory}`);
    await rm(lock, { force: true });
    await take();
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
