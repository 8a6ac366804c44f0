/** What the client's tests take values from: a store that issues numbered blocks, takes each back once, and remembers everything. */
import type { ReturnedBlock, ValueBlock } from '../../client/src/index.ts';

interface OutBlock {
  readonly start: bigint;
  readonly count: number;
}

export interface StoreOptions {
  readonly start?: bigint;
  readonly increment?: bigint;
  /** Values the sequence has. */
  readonly capacity?: number;
  /** Blocks of an answer are no longer than this. */
  readonly runMax?: number;
}

/** A refusal as the catalogue has it. */
export class Refusal extends Error {
  readonly code: string;
  readonly retriable: boolean;

  constructor(code: string, retriable: boolean) {
    super(`refused with ${code}`);
    this.code = code;
    this.retriable = retriable;
  }
}

export class BlockStore {
  readonly out = new Map<string, OutBlock>();
  /** Ids in the order in which they came back, refused ones too. */
  readonly cameBack: string[] = [];
  /** Every value that was taken back. */
  readonly takenBack = new Set<bigint>();
  readonly counts: number[] = [];
  issued = 0;
  readonly #start: bigint;
  readonly #increment: bigint;
  readonly #capacity: number;
  readonly #runMax: number;

  constructor({ start = 1001n, increment = 1n, capacity = Number.MAX_SAFE_INTEGER, runMax = capacity }: StoreOptions = {}) {
    this.#start = start;
    this.#increment = increment;
    this.#capacity = capacity;
    this.#runMax = runMax;
  }

  /** All or nothing. */
  take(count: number): ValueBlock[] {
    if (count > this.#capacity - this.issued) throw new Refusal('SEQ_EXHAUSTED', false);
    this.counts.push(count);
    const blocks: ValueBlock[] = [];
    for (let left = count; left > 0; ) {
      const run = Math.min(left, this.#runMax);
      const start = this.#start + BigInt(this.issued) * this.#increment;
      const id = `block-${this.issued}`;
      this.out.set(id, { start, count: run });
      blocks.push({ start, count: run, increment: this.#increment, id });
      this.issued += run;
      left -= run;
    }
    return blocks;
  }

  giveBack(blocks: readonly ReturnedBlock[]): number {
    let returned = 0;
    for (const { id, used } of blocks) {
      this.cameBack.push(id);
      const block = this.out.get(id);
      if (block === undefined || used >= block.count) throw new Refusal('SEQ_BLOCK_UNKNOWN', false);
      this.out.delete(id);
      for (let i = used; i < block.count; i += 1) this.takenBack.add(block.start + BigInt(i) * this.#increment);
      returned += block.count - used;
    }
    return returned;
  }
}
