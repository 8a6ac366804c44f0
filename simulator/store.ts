/**
 * A pool's store: the stock of `core/stock` in a process of its own, with a lagging replica. It may fail over, come back with old
 * data, lose everything, or go on serving beside its successor; whenever data is replaced a new incarnation is minted.
 */

import { forget, load, remint, revoke } from '../core/stock/stock.ts';
import { emptyStock, type StockState } from '../core/stock/stock-state.ts';
import type { Effect } from '../pipelines/filling.ts';
import type { LoadOutcome, RevokeReply } from '../pipelines/ports.ts';
import { copiedStock } from './stock-copy.ts';
import type { Surroundings } from './surroundings.ts';

/** A store command names the incarnation it believes in. */
export type Command = Extract<Effect, { kind: 'load' | 'revoke' | 'forget' | 'remint' }> & { readonly incarnation: string };
export type Reply =
  | { readonly kind: 'load'; readonly partition: number; readonly shard: number; readonly outcome: LoadOutcome }
  | { readonly kind: 'revoke'; readonly partition: number; readonly shard: number; readonly reply: RevokeReply };

/** One running copy of the data. */
export interface StoreCopy {
  readonly pool: string;
  readonly state: StockState;
}

export class Store {
  current: StoreCopy;
  /** Former primaries that do not know it yet and still answer whoever asks them. */
  readonly zombies: StoreCopy[] = [];
  readonly #world: Surroundings;
  readonly #pool: string;
  #replica: StockState;

  constructor(world: Surroundings, pool: string) {
    this.#world = world;
    this.#pool = pool;
    this.current = { pool, state: emptyStock(world.mint(pool), world.rules) };
    this.#replica = emptyStock('replica', world.rules);
  }

  replicate(): void {
    this.#replica = copiedStock(this.current.state, 'replica');
  }

  /** The replica, as old as it is, takes over. In a split brain the former primary goes on beside it. */
  failOver(splitBrain: boolean): void {
    if (splitBrain) this.zombies.push(this.current);
    this.#replace(copiedStock(this.#replica, this.#world.mint(this.#pool)));
  }

  /** The former primary, which never stopped, is in charge again in the life it had; false where there is none. */
  failBack(): boolean {
    const former = this.zombies.pop();
    if (former === undefined) return false;
    this.zombies.push(this.current);
    this.#world.note(() => `${this.#pool} lives as ${former.state.incarnation} again instead of ${this.current.state.incarnation}`);
    this.current = former;
    return true;
  }

  /** The process starts again with the data it finds: all of it, or as of the last time it was written. */
  restart(onOldData: boolean): void {
    const data = onOldData ? this.#replica : this.current.state;
    this.#replace(copiedStock(data, this.#world.mint(this.#pool)));
  }

  loseData(): void {
    this.#replace(emptyStock(this.#world.mint(this.#pool), this.#world.rules));
  }

  #replace(state: StockState): void {
    this.#world.note(() => `${this.#pool} lives as ${state.incarnation} instead of ${this.current.state.incarnation}`);
    this.current = { pool: this.#pool, state };
  }
}

/** Carries one command out, as the function library of a store does: in one step. */
export function execute(world: Surroundings, { pool, state }: StoreCopy, command: Command): Reply | undefined {
  const { incarnation } = command;
  switch (command.kind) {
    case 'load': {
      const { partition, shard } = command.shard;
      const outcome = load(state, incarnation, command.shard);
      world.coverage.countOf('load', outcome);
      world.note(() => `${pool} (${state.incarnation}) load ${partition}:${shard} for ${incarnation}: ${outcome}`);
      if (outcome === 'loaded') world.answers.loaded(state, partition, shard);
      return { kind: 'load', partition, shard, outcome };
    }
    case 'revoke': {
      const { partition, shard } = command;
      const slices = revoke(state, incarnation, partition, shard);
      const lives = state.incarnation;
      const refused = slices === 'absent' || slices === 'fenced';
      world.coverage.countOf('revoke', refused ? slices : 'done');
      world.note(() => `${pool} (${lives}) revoke ${partition}:${shard} for ${incarnation}: ${JSON.stringify(slices)}`);
      const reply: RevokeReply = refused ? { outcome: slices, incarnation: lives } : { outcome: 'revoked', incarnation: lives, slices };
      return { kind: 'revoke', partition, shard, reply };
    }
    case 'forget':
      if (incarnation === state.incarnation) forget(state, command.partition, command.shard);
      return undefined;
    case 'remint':
      // A copy of the command must not end the life that its first one began.
      if (incarnation === state.incarnation) remint(state, world.mint(pool));
      world.note(() => `${pool} reminted for ${incarnation}: ${state.incarnation}`);
      return undefined;
  }
}
