/**
 * The directory of one run: shared engines, private ones, and who runs in it. A worker of vitest may end without a last word, so
 * what its tests left running is ended from here.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProcessId, signal } from '../../cli/stack/detached-process.ts';
import { STATE_FILE, type StackState } from '../../cli/stack/state-file.ts';

/** Kept between runs: the jars do not change. */
export const JAR_DIRECTORY = fileURLToPath(new URL('../../node_modules/.cache/seqcast-stack', import.meta.url));
/** Ends the name of a file that says which process a test has started. */
export const PROCESS_FILE = '.process.json';

export function createRunDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-engines-'));
  // PostgreSQL runs as another user, who must be able to enter.
  chmodSync(directory, 0o755);
  return directory;
}

/** Kills what tests have left running there, and removes everything. */
export async function clearRunDirectory(directory: string): Promise<void> {
  for (const id of privateProcesses(directory)) await signal(id, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
}

/**
 * The same at once, for the last moment of a run that is broken off: nobody waits, so nobody looks whether an id still is the same
 * process, which after a run of minutes it is.
 */
export function abandonRunDirectory(directory: string): void {
  for (const { pid } of [...sharedProcesses(directory), ...privateProcesses(directory)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  rmSync(directory, { recursive: true, force: true });
}

function sharedProcesses(directory: string): ProcessId[] {
  const file = join(directory, STATE_FILE);
  return existsSync(file) ? Object.values((JSON.parse(readFileSync(file, 'utf8')) as StackState).processes) : [];
}

function privateProcesses(directory: string): ProcessId[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(PROCESS_FILE));
  return files.map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as ProcessId);
}
