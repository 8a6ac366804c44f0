/** A disk that can be filled: a small tmpfs below the directory of an engine. Only root may mount one; elsewhere there is none. */
import { execFile } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT_UID = 0;
/** Most of it is reserved at once, which takes no time; the rest is written, down to where not even a line of a log fits. */
const WRITTEN_BYTES = 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 1);
const CRUMB = Buffer.alloc(512, 1);

export class SmallDisk {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where none can be mounted. */
  static async mount(path: string, megabytes: number): Promise<SmallDisk | undefined> {
    if (process.getuid?.() !== ROOT_UID) return undefined;
    mkdirSync(path, { recursive: true });
    try {
      await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
      return new SmallDisk(path);
    } catch {
      return undefined;
    }
  }

  async fill(): Promise<void> {
    const { bavail, bsize } = statfsSync(this.#path);
    const reserved = bavail * bsize - WRITTEN_BYTES;
    if (reserved > 0) await promisify(execFile)('fallocate', ['-l', String(reserved), this.#ballast]).catch(() => undefined);
    const file = openSync(this.#ballast, 'a');
    try {
      for (const bytes of [PIECE, CRUMB]) while (isWritten(file, bytes));
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  async unmount(): Promise<void> {
    await promisify(execFile)('umount', ['-l', this.#path]).catch(() => undefined);
  }

  get #ballast(): string {
    return join(this.#path, 'ballast');
  }
}

function isWritten(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length;
  } catch {
    return false;
  }
}
