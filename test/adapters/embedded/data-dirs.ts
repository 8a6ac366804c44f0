/** Directories and processes that the tests of the embedded storage need, gone when a test is over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type EmbeddedStorage, type EmbeddedStorageOptions, openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';

export function newDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** Opens a storage that is closed when the test is over; an unexpected failure of it fails the test. */
export async function opened(options: Partial<EmbeddedStorageOptions> & { readonly dataDir: string }): Promise<EmbeddedStorage> {
  const onFailure = (error: Error): never => {
    throw error;
  };
  const storage = await openEmbeddedStorage({ onFailure, ...options });
  onTestFinished(() => storage.close());
  return storage;
}

export interface Owner {
  readonly process: ChildProcess;
  /** Lines it has printed so far. */
  readonly lines: string[];
  firstLine(): Promise<string>;
  /** Resolves when the system has buried it. */
  kill9(): Promise<void>;
  ended(): Promise<void>;
}

/** Starts `owning-process.ts` on a directory. `shellPrefix` runs in the shell before it, for limits. */
export function startOwner(dataDir: string, work: 'append' | 'hold' | 'fill', shellPrefix = ''): Owner {
  const script = fileURLToPath(new URL('./owning-process.ts', import.meta.url));
  const command = [process.execPath, '--import', 'tsx', script, dataDir, work];
  const child =
    shellPrefix === ''
      ? spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn('bash', ['-c', `${shellPrefix}; exec "$@"`, 'bash', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const first = once(reader, 'line').then(([line]) => String(line));
  reader.on('line', (line) => lines.push(line));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => undefined);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return {
    process: child,
    lines,
    firstLine: () => first,
    async kill9() {
      child.kill('SIGKILL');
      await ended;
    },
    ended: () => ended,
  };
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function show(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
