/**
 * What is given back to the store, and what became of it.
 *
 * Each remainder is sent once. An answer that is lost or says no changes nothing here: the block was ended before it was sent, and
 * its values count as lost, which the server counts as issued.
 */
import type { Transport, ValueBlock } from './transport.ts';

/** The server takes no body above 16 KiB. */
const BLOCKS_PER_CALL = 100;

/** The unused part of a block that was ended. */
export interface Remainder {
  readonly id: string | undefined;
  readonly used: number;
  readonly left: number;
}

/** What is left of these blocks, where the first `used` values of the first one were used. */
export function remainders(blocks: readonly ValueBlock[], used: number): Remainder[] {
  return blocks
    .map(({ id, count }, index) => ({ id, used: index === 0 ? used : 0, left: index === 0 ? count - used : count }))
    .filter(({ left }) => left > 0);
}

export class Returns {
  readonly #transport: Transport;
  readonly #underWay = new Set<Promise<void>>();
  #givenBack = 0;
  #lost = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get givenBack(): number {
    return this.#givenBack;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Never rejects. */
  give(rest: readonly Remainder[]): Promise<void> {
    const sent = this.#send(rest).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
    return sent;
  }

  async allSettled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #send(rest: readonly Remainder[]): Promise<void> {
    for (let from = 0; from < rest.length; from += BLOCKS_PER_CALL) await this.#sendSome(rest.slice(from, from + BLOCKS_PER_CALL));
  }

  async #sendSome(rest: readonly Remainder[]): Promise<void> {
    const left = rest.reduce((sum, remainder) => sum + remainder.left, 0);
    const blocks = rest.flatMap(({ id, used }) => (id === undefined ? [] : [{ id, used }]));
    let takenBack = 0;
    try {
      if (blocks.length > 0) takenBack = await this.#transport.giveBack(blocks);
    } catch {
      // Whether the store took them back is unknown: they must not be used again either way.
    }
    this.#givenBack += takenBack;
    this.#lost += left - takenBack;
  }
}
