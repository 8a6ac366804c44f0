/** What a caller asked and got, one line each, written before anybody uses it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Ask, Back, Got, Nothing } from '../checker/lines.ts';
import { nowMs } from '../clock.ts';

type Untimed<T> = Omit<T, 'at' | 'do'>;

export class HistoryFile {
  readonly #file: number;

  constructor(directory: string, client: string) {
    this.#file = openSync(join(directory, `${client}.jsonl`), 'w');
  }

  ask(line: Untimed<Ask>): number {
    return this.#write({ do: 'ask', ...line });
  }

  got(line: Untimed<Got>): number {
    return this.#write({ do: 'got', ...line });
  }

  nothing(line: Untimed<Nothing>): number {
    return this.#write({ do: 'nothing', ...line });
  }

  back(line: Untimed<Back>): number {
    return this.#write({ do: 'back', ...line });
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: object): number {
    const at = nowMs();
    writeSync(this.#file, `${JSON.stringify({ at, ...line })}\n`);
    return at;
  }
}
