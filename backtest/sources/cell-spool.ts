/**
 * Where cells wait between being read and being replayed: the first few kilobytes of each stream in memory, the rest in a temporary file.
 * The file has no name from the moment it is opened, so that nothing is left behind, however the process ends.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SequenceError } from '../../core/errors.ts';

interface Place {
  readonly at: number;
  readonly length: number;
}

export class CellSpool {
  #file: number | undefined;
  #end = 0;

  add(chunk: Uint8Array): Place {
    const place = { at: this.#end, length: chunk.length };
    try {
      this.#file ??= namelessFile();
      for (let done = 0; done < chunk.length; ) done += writeSync(this.#file, chunk, done, chunk.length - done, this.#end + done);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? 'SEQ_DISK_FULL' : 'SEQ_STORAGE_FAILED';
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SequenceError(
        code,
        `demand that was read cannot be kept in ${tmpdir()} (${why}); TMPDIR names another place`,
        {},
        { cause },
      );
    }
    this.#end += chunk.length;
    return place;
  }

  get({ at, length }: Place): Uint8Array {
    const chunk = new Uint8Array(length);
    if (this.#file !== undefined) readSync(this.#file, chunk, 0, length, at);
    return chunk;
  }

  /** For what was read in vain; otherwise the file ends with the process. */
  discard(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

export type { Place as SpoolPlace };

function namelessFile(): number {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-demand-'));
  try {
    return openSync(join(directory, 'cells'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
