/**
 * An ordered stream whose pools fall silent, fail over, die and come back, with allocators that are paused and a log that goes away: its
 * callers, whoever of them asks where, never get an older value after a newer one, and somebody serves them in the end. Runs a seed.
 */
import { ALL_RULES } from '../../core/ledger/rules.ts';
import { defineSequence } from '../../core/sequence.ts';
import { streamId } from '../../core/stream.ts';
import { Violation } from '../checks/violation.ts';
import { Coverage } from '../coverage.ts';
import { Dice } from '../dice.ts';
import type { FoundViolation } from '../run.ts';
import type { StoreCopy } from '../store.ts';
import { Surroundings } from '../surroundings.ts';
import { WatchingAllocator } from './allocator.ts';
import { ALL_LEASE_GUARDS, type LeaseGuards } from './guards.ts';
import { Members } from './members.ts';
import { LeasedPool } from './pool.ts';

const SEQUENCE = 'orders';
const STREAM = streamId({ sequence: SEQUENCE, clientType: 'web', service: 'checkout' });
const STEPS = 400;
const STEP_MS_MAX = 250;
/** Long enough for a pool to be gone, for its loss to be declared, and for what was on its way. */
const QUIET_MS = 40_000;
const QUIET_STEP_MS = 200;
/** At the end callers are served at least this often. */
const SERVED_EVERY_MS = 5_000;
const COUNT_MAX = 12;
const FOR_EVER_MS = Number.POSITIVE_INFINITY;

export interface LeaseRun {
  readonly violation: FoundViolation | undefined;
  readonly served: number;
}

export function runLeaseSeed(options: { readonly seed: number; readonly guards?: LeaseGuards; readonly coverage?: Coverage }): LeaseRun {
  const { seed, guards = ALL_LEASE_GUARDS, coverage = new Coverage() } = options;
  const world = new LeaseWorld(guards, coverage);
  try {
    world.run(new Dice(seed));
    return { violation: undefined, served: world.served };
  } catch (error) {
    if (error instanceof Violation) return { violation: { invariant: error.invariant, message: error.message }, served: world.served };
    throw error;
  }
}

class LeaseWorld {
  served = 0;
  readonly #common: Surroundings;
  readonly #members: Members;
  readonly #pools: readonly LeasedPool[];
  readonly #allocators: readonly WatchingAllocator[];
  #route: LeasedPool;
  #servedAtMs = 0;
  /** One past the newest ordinal in any answer. */
  #past = 0;

  constructor(guards: LeaseGuards, coverage: Coverage) {
    const common = new Surroundings({ rules: ALL_RULES, partitionCount: 1, faults: new Set(), coverage });
    this.#common = common;
    this.#members = new Members(common);
    const members = this.#members;
    this.#pools = ['pool-1', 'pool-2'].map((name) => new LeasedPool(name, common, members, guards));
    this.#allocators = ['allocator-1', 'allocator-2'].map((name) => new WatchingAllocator(name, common, members, guards));
    this.#route = this.#pools[0] as LeasedPool;
  }

  run(dice: Dice): void {
    const definition = defineSequence({ order: 'stream' });
    const record = { kind: 'SequenceDefined', name: SEQUENCE, previous: -1, definition } as const;
    this.#common.propose({ log: 'ranges', partition: 0, record }, dice);
    for (let step = 0; step < STEPS; step++) {
      this.#common.advanceBy(dice.between(10, STEP_MS_MAX));
      if (dice.chance(0.06)) this.#fail(dice);
      this.#actAll(dice, 0.8);
    }
    this.#calmDown(dice);
  }

  #actAll(dice: Dice, share: number): void {
    for (const pool of this.#pools) if (dice.chance(share)) pool.act(dice);
    for (const allocator of this.#allocators) if (dice.chance(share)) allocator.act(dice);
    if (dice.chance(share)) this.#ask(dice);
  }

  #fail(dice: Dice): void {
    const { nowMs, coverage } = this.#common;
    const pool = dice.pick(this.#pools);
    const { store } = pool.pool;
    const happen: Readonly<Record<string, () => void>> = {
      'filler paused': () => {
        pool.pausedUntilMs = nowMs + dice.between(1_000, 20_000);
      },
      'store down': () => {
        pool.downUntilMs = nowMs + dice.between(500, 20_000);
        if (dice.chance(0.5)) store.loseData();
      },
      'split brain': () => store.failOver(true),
      'failed back': () => void store.failBack(),
      'store restarted': () => store.restart(dice.chance(0.5)),
      replicated: () => store.replicate(),
      'allocator paused': () => {
        dice.pick(this.#allocators).pausedUntilMs = nowMs + dice.between(500, 6_000);
      },
      'log away': () => {
        this.#members.awayUntilMs = nowMs + dice.between(500, 12_000);
      },
    };
    const what = dice.pick(Object.keys(happen));
    coverage.count(what);
    this.#common.note(() => `${pool.pool.name}: ${what}`);
    happen[what]?.();
  }

  /** A caller asks where its gateway believes the stream to be, then elsewhere; some gateways believe old things. */
  #ask(dice: Dice): void {
    const count = dice.between(1, COUNT_MAX);
    const isStale = dice.chance(0.3);
    const first = isStale ? dice.pick(this.#pools) : this.#route;
    for (const pool of [first, ...this.#pools.filter((each) => each !== first)]) {
      const { current, zombies } = pool.pool.store;
      const copy = isStale && zombies.length > 0 ? dice.pick(zombies) : current;
      if (this.#takeFrom(pool, copy, count)) {
        if (copy === current) this.#route = pool;
        return;
      }
      // It orders, and is given the stream where its own pool is silent.
      pool.pool.waiting.expect(STREAM);
    }
    this.#common.coverage.count('stalled');
  }

  #takeFrom(pool: LeasedPool, copy: StoreCopy, count: number): boolean {
    const taken = pool.take(copy, STREAM, count);
    if (taken === undefined) return false;
    const { nowMs, coverage } = this.#common;
    for (const { start, count: size } of taken) {
      if (start < this.#past) throw new Violation('I11', `${copy.state.incarnation} gave ordinal ${start} after ${this.#past - 1}`);
      this.#past = start + size;
    }
    this.#common.answered(copy.state, STREAM, taken);
    if (copy !== pool.pool.store.current) coverage.count('served by a zombie on its lease');
    this.served++;
    this.#servedAtMs = nowMs;
    return true;
  }

  /** Nothing more goes wrong, and what is down stays down as long as another pool lives: somebody has to serve. */
  #calmDown(dice: Dice): void {
    const common = this.#common;
    this.#members.awayUntilMs = 0;
    for (const each of [...this.#allocators, ...this.#pools]) each.pausedUntilMs = 0;
    const dead = dice.chance(0.5) ? dice.pick(this.#pools) : undefined;
    for (const pool of this.#pools) pool.downUntilMs = pool === dead ? FOR_EVER_MS : 0;
    if (dead !== undefined) common.coverage.count('a pool stays dead');
    for (let sinceMs = 0; sinceMs < QUIET_MS; sinceMs += QUIET_STEP_MS) {
      common.advanceBy(QUIET_STEP_MS);
      this.#actAll(dice, 1);
    }
    if (common.nowMs - this.#servedAtMs > SERVED_EVERY_MS)
      throw new Violation('I9', `nobody served ${STREAM} for ${common.nowMs - this.#servedAtMs} ms at the end`);
  }
}
