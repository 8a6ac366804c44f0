/**
 * The callers: they take from whatever store copy their route names, wait, vanish, give numbered blocks back (once, twice, late,
 * to a store that was reborn), and repeat requests under one id until the log answers them.
 */
import { answerKey } from '../core/ledger/shards-state.ts';
import { giveBack } from '../core/stock/stock.ts';
import { type Taken, take } from '../core/stock/take.ts';
import { partitionOf, sequenceOfStream } from '../core/stream.ts';
import type { Dice } from './dice.ts';
import type { Pool } from './pool.ts';
import type { StoreCopy } from './store.ts';
import type { Surroundings } from './surroundings.ts';

const COUNT_MAX = 12;
const LARGE_COUNT_MAX = 60;
/** Different request ids in use: few, so that they are repeated. */
const REQUESTS = 12;

interface ClientBlock {
  readonly pool: Pool;
  readonly incarnation: string;
  readonly name: string;
  readonly taken: Taken;
  /** First ordinal the client no longer uses, once it ended the block. */
  keptTo: number | undefined;
}

export class Clients {
  readonly #world: Surroundings;
  readonly #pools: readonly Pool[];
  readonly #streams: readonly string[];
  /** Which pool a stream is routed to. */
  readonly routes: Map<string, Pool>;
  readonly #blocks: ClientBlock[] = [];

  constructor(world: Surroundings, pools: readonly Pool[], streams: readonly string[]) {
    this.#world = world;
    this.#pools = pools;
    this.#streams = streams;
    this.routes = new Map(streams.map((stream, index) => [stream, pools[index % pools.length] as Pool]));
  }

  takeSome(dice: Dice): void {
    const world = this.#world;
    const stream = dice.pick(this.#streams);
    const { pool, copy } = this.#route(stream, dice);
    const count = dice.chance(0.1) ? dice.between(1, LARGE_COUNT_MAX) : dice.between(1, COUNT_MAX);
    const numbered = world.faults.has('give-back') && dice.chance(0.6);
    if (this.#takeFrom(pool, copy, stream, count, numbered) !== undefined) return;
    world.coverage.count('stalled');
    if (world.faults.has('vanishing-client') && dice.chance(0.3)) world.coverage.count('vanishing-client');
    else if (copy === pool.connected) pool.waiting.wait(stream, { count, numbered });
  }

  /** Ends a block and gives the rest back; now, later, or both, perhaps to a store that lives another life by then. */
  giveBackSome(dice: Dice): void {
    const world = this.#world;
    const block = this.#blocks.length === 0 ? undefined : dice.pick(this.#blocks);
    if (block === undefined) return;
    const { start, count } = block.taken;
    const again = block.keptTo !== undefined;
    if (again && !world.faults.has('give-back-twice')) return;
    // Ended before it is sent: whatever the answer, the client does not use the rest. A second attempt may name less of it.
    block.keptTo ??= start + dice.int(count);
    const slice = { start: block.keptTo + (again ? dice.int(start + count - block.keptTo) : 0), end: start + count };
    const send = (): void => this.#giveBack(block, slice, again);
    if (again) world.coverage.count('give-back-twice');
    if (world.faults.has('late-give-back') && dice.chance(0.4)) {
      world.coverage.count('late-give-back');
      world.later(dice.between(50, 20_000), send);
    } else send();
  }

  /** One attempt at a request by id: the answer is the first accepted record of the log, whoever's take it was. */
  request(dice: Dice): void {
    const world = this.#world;
    const id = dice.int(REQUESTS);
    const stream = this.#streams[id % this.#streams.length] as string;
    const { pool, copy } = this.#route(stream, dice);
    // Where a stream's shards are cut may change with an alter; where its request ids live must not.
    const partition = partitionOf(stream, world.partitionCount);
    const request = `r${id}`;
    if (pool.reader.shards[partition]?.answers.has(answerKey(stream, request)) === true) return;
    const taken = this.#takeFrom(pool, copy, stream, 1 + (id % 4), false);
    if (taken === undefined) return;
    const blocks = taken.map(({ generation, shard, start, count }) => ({ generation, shard, start, end: start + count }));
    world.propose({ log: 'shards', partition, record: { kind: 'RequestAnswered', request, stream, payloadHash: `h${id}`, blocks } }, dice);
  }

  /** Routes a stream elsewhere; the pool it names orders for it and is assigned. */
  move(dice: Dice): void {
    const stream = dice.pick(this.#streams);
    const pool = dice.pick(this.#pools);
    this.routes.set(stream, pool);
    pool.waiting.expect(stream);
  }

  /** Callers that wait in a pool which their stream left ask at its new one. */
  followRoutes(): void {
    for (const pool of this.#pools) {
      for (const stream of [...pool.waiting.streams()]) {
        const route = this.routes.get(stream);
        if (route === undefined || route === pool) continue;
        for (const caller of pool.waiting.leave(stream)) route.waiting.wait(stream, caller);
      }
    }
  }

  /** Everybody asks once more: in the quiet phase nobody may wait for ever. */
  askAll(): void {
    for (const stream of this.#streams) this.routes.get(stream)?.waiting.wait(stream, { count: COUNT_MAX, numbered: false });
  }

  #route(stream: string, dice: Dice): { pool: Pool; copy: StoreCopy } {
    const world = this.#world;
    let pool = this.routes.get(stream) as Pool;
    if (world.faults.has('stale-route') && dice.chance(0.2)) {
      pool = dice.pick(this.#pools);
      if (pool !== this.routes.get(stream)) world.coverage.count('stale-route');
    }
    const { current, zombies } = pool.store;
    const copy = zombies.length > 0 && dice.chance(0.3) ? dice.pick(zombies) : current;
    if (copy !== current) world.coverage.count('asked a zombie store');
    return { pool, copy };
  }

  #takeFrom(pool: Pool, copy: StoreCopy, stream: string, count: number, numbered: boolean): readonly Taken[] | undefined {
    const world = this.#world;
    pool.waiting.expect(stream);
    const taken = take(copy.state, copy.state.streams.get(stream), count, numbered, world.nowMs);
    if (taken === undefined) return undefined;
    world.coverage.count('served at once');
    world.answered(copy.state, stream, taken);
    if (!numbered) return taken;
    const { incarnation } = copy.state;
    for (const each of taken) this.#blocks.push({ pool, incarnation, name: sequenceOfStream(stream), taken: each, keptTo: undefined });
    return taken;
  }

  #giveBack(block: ClientBlock, slice: { start: number; end: number }, again: boolean): void {
    const { coverage, answers } = this.#world;
    const { current, zombies } = block.pool.store;
    // A return goes to the store that issued the block, or to what answers in its place by now.
    const copy = zombies.find((zombie) => zombie.state.incarnation === block.incarnation) ?? current;
    const outcome = giveBack(copy.state, block.incarnation, block.taken.block, slice);
    coverage.countOf('give-back', again && outcome !== 'taken-back' ? 'refused the second time' : outcome);
    this.#world.note(
      () =>
        `${copy.state.incarnation} gets [${slice.start}, ${slice.end}) of block ${block.taken.block} of ${block.incarnation} back: ${outcome}`,
    );
    if (outcome === 'taken-back') answers.takenBack(block.taken, block.name, slice.start, slice.end);
  }
}
