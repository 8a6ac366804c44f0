/** The hash of a set of demand: equal hashes are equal streams, however they were read. */
import { createHash, type Hash } from 'node:crypto';
import { CellWriter } from './cell-code.ts';
import type { DemandSource } from './demand-source.ts';
import type { CellClock, CellRun } from './spooled-source.ts';

const CHUNK_BYTES = 65_536;

export class DemandHash {
  readonly #hash: Hash = createHash('sha256');

  /** Demand as it is kept: where bins are spread, what they are spread from. */
  addRun({ name, first, chunks }: CellRun, { startMs, cells, cellS, seed }: CellClock): void {
    this.#head(name, startMs, cells * cellS, cellS === 1 ? [] : [cellS, seed]);
    let isFirst = true;
    for (const chunk of chunks()) {
      if (isFirst && chunk.length > 0) this.#hash.update(`${first}\n`);
      isFirst = false;
      this.#hash.update(chunk);
    }
  }

  /** Second by second. */
  async addSource(source: DemandSource): Promise<void> {
    this.#head(source.name, source.startMs, source.seconds, []);
    let isFirst = true;
    const add = (chunk: Uint8Array): void => {
      if (isFirst && chunk.length > 0) this.#hash.update(`${writer.first ?? 0}\n`);
      isFirst = false;
      this.#hash.update(chunk);
    };
    const writer = new CellWriter(CHUNK_BYTES, add);
    let at = 0;
    for await (const piece of source.pieces()) {
      for (let second = 0; second < piece.length; second++) {
        const count = piece[second] ?? 0;
        if (count > 0) writer.put(at + second, count);
      }
      at += piece.length;
    }
    add(writer.rest());
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  #head(...said: readonly (string | number | readonly number[])[]): void {
    this.#hash.update(`${JSON.stringify(said)}\n`);
  }
}
