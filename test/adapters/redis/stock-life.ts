/** A stock of one stream under test: loads fresh ordinals, takes them, and fails as soon as one comes twice, whoever gave it. */
import { expect } from 'vitest';
import type { RedisStock } from '../../../adapters/redis/stock.ts';
import { SequenceError } from '../../../core/errors.ts';

export const STREAM = 'orders/web/checkout';
export const KEY = `{${STREAM}}:stock`;

/** What all stocks of a test together may give out: every ordinal once. */
export class Issuance {
  readonly #issued = new Map<number, string>();
  #nextOrdinal = 0;
  #nextShard = 0;

  get size(): number {
    return this.#issued.size;
  }

  /** Loads a shard of ordinals that nothing had before, for the life that is named; its outcome, or the code of the error. */
  async load(stock: RedisStock, incarnation: string, size: number): Promise<string> {
    const start = this.#nextOrdinal;
    this.#nextOrdinal += size;
    const place = { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard: ++this.#nextShard, ordered: false };
    return outcomeOf(stock.load(incarnation, { ...place, start, end: start + size }));
  }

  /** Takes up to `times` times; how many values came. */
  async take(stock: RedisStock, times: number, count = 1): Promise<number> {
    const answers = await Promise.allSettled(Array.from({ length: times }, () => stock.take(STREAM, count, false)));
    let taken = 0;
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        if (!(answer.reason instanceof SequenceError && answer.reason.retriable)) throw answer.reason;
      } else if (answer.value.outcome === 'taken') {
        for (const { start, count: size } of answer.value.blocks) for (let at = start; at < start + size; at++) this.#issue(at);
        taken += count;
      }
    }
    return taken;
  }

  #issue(ordinal: number): void {
    expect(this.#issued.has(ordinal), `ordinal ${ordinal} was given out twice`).toBe(false);
    this.#issued.set(ordinal, '');
  }
}

export async function outcomeOf(reply: Promise<string>): Promise<string> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof SequenceError) return error.code;
    throw error;
  }
}

/** Asks until it is answered: a server that restarts is back within a second or two. */
export async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SequenceError && error.retriable) || attempt > 400) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
