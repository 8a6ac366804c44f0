/**
 * A simulated world: several allocators on the same partitions, pools with their stores, callers, an operator. Runs the events of a
 * schedule, then a quiet phase in which nothing goes wrong any more and everybody must be served.
 */
import type { Rules } from '../core/ledger/rules.ts';
import { sequenceOfStream } from '../core/stream.ts';
import { streamsIn } from '../pipelines/placement.ts';
import { Allocator } from './allocator.ts';
import { checkAccounts } from './checks/account-check.ts';
import { Violation } from './checks/violation.ts';
import { Clients } from './clients.ts';
import type { Coverage } from './coverage.ts';
import { Dice } from './dice.ts';
import { noisyForecast } from './forecast-noise.ts';
import { HostileExperts } from './hostile-expert.ts';
import { Operator } from './operator.ts';
import { Pool } from './pool.ts';
import type { EventKind, Schedule, SimulatedEvent } from './schedule.ts';
import { partitionOfStream, streamsOf } from './sequences.ts';
import { Surroundings, type Trace } from './surroundings.ts';

/** Accounts are balanced at every so many events, and at the end. */
const ACCOUNTS_EVERY = 60;
/** At the end of a run every third reader's whole state is compared with that of the watch. */
const COMPARED_READERS = 3;
const QUIET_ROUNDS = 60;
const QUIET_ROUND_MS = 300;
/** A pause between two events that lets every timeout of the reducers run out. */
const JUMP_MS = 2_000;
/** The last messages of the faulty phase, however late, arrive in this round. */
const LATEST_ROUND = 8;
/** Rounds between forecasts: one a second, as in life. */
const FORECAST_EVERY = 4;

export class World {
  readonly #common: Surroundings;
  readonly #seed: number;
  readonly #allocators: readonly Allocator[];
  readonly #pools: readonly Pool[];
  readonly #streams: readonly string[];
  readonly #clients: Clients;
  readonly #operator: Operator;
  readonly #hostile = new HostileExperts();
  readonly #happenings: Readonly<Record<EventKind, (dice: Dice) => void>>;

  constructor(schedule: Schedule, rules: Rules, coverage: Coverage, trace?: Trace) {
    const { partitionCount, allocatorCount, poolCount, sequences } = schedule;
    const common = new Surroundings({ rules, partitionCount, faults: new Set(schedule.faults), coverage, trace });
    this.#common = common;
    this.#seed = schedule.seed;
    this.#allocators = Array.from({ length: allocatorCount }, () => new Allocator(common));
    this.#pools = Array.from({ length: poolCount }, (_, index) => new Pool(common, `pool-${index + 1}`));
    this.#streams = sequences.flatMap(streamsOf);
    this.#clients = new Clients(common, this.#pools, this.#streams);
    this.#operator = new Operator(common, sequences);
    this.#happenings = this.#happeningsOf();
  }

  run(events: readonly SimulatedEvent[]): void {
    this.#operator.act(new Dice(0));
    for (const [index, event] of events.entries()) {
      if (this.#common.advanceTo(event.atMs) > JUMP_MS) this.#common.coverage.count('time-jump');
      this.#happen(event.kind, new Dice(event.salt));
      if ((index + 1) % ACCOUNTS_EVERY === 0) this.#checkAccounts();
    }
    this.#calmDown();
    this.#checkAccounts();
    this.#common.coverage.count('hostile-expert heard', this.#hostile.heard);
    this.#common.coverage.count('hostile-expert turned away', this.#hostile.turnedAway);
  }

  #happen(kind: SimulatedEvent['kind'], dice: Dice): void {
    this.#common.coverage.countOf('event', kind);
    this.#common.note(() => `event ${kind}`);
    this.#happenings[kind](dice);
  }

  #happeningsOf(): Readonly<Record<EventKind, (dice: Dice) => void>> {
    const common = this.#common;
    const someAllocator = (dice: Dice): Allocator => dice.pick(this.#allocators);
    const somePool = (dice: Dice): Pool => dice.pick(this.#pools);
    return {
      allocator: (dice) => someAllocator(dice).act(dice),
      pool: (dice) => somePool(dice).act(dice),
      take: (dice) => this.#clients.takeSome(dice),
      'give-back': (dice) => this.#clients.giveBackSome(dice),
      request: (dice) => this.#clients.request(dice),
      move: (dice) => this.#clients.move(dice),
      'planned-move': (dice) => this.#planMove(dice),
      drain: (dice) => this.#drain(dice),
      forecast: (dice) => this.#forecast(dice.pick(this.#streams), dice),
      operator: (dice) => {
        this.#operator.act(dice);
        this.#followRoutes();
      },
      admin: (dice) => this.#operator.endGeneration(dice),
      replicate: (dice) => somePool(dice).store.replicate(),
      snapshot: (dice) => someAllocator(dice).takeSnapshot(),
      'pause-allocator': (dice) => {
        someAllocator(dice).pausedUntilMs = common.nowMs + dice.between(200, 8_000);
      },
      'crash-allocator': (dice) => someAllocator(dice).crash(dice),
      'pause-pool': (dice) => {
        somePool(dice).pausedUntilMs = common.nowMs + dice.between(200, 8_000);
      },
      'crash-pool': (dice) => somePool(dice).crash(),
      stick: (dice) => {
        dice.pick([...this.#allocators, ...this.#pools]).stuckUntilMs = common.nowMs + dice.between(200, 6_000);
      },
      failover: (dice) => this.#failOver(somePool(dice), common.faults.has('split-brain') && dice.chance(0.6)),
      'fail-back': (dice) => {
        const pool = somePool(dice);
        if (!pool.store.failBack()) return;
        common.coverage.count('fail-back');
        pool.connected = pool.store.current;
      },
      'restart-store': (dice) => {
        const pool = somePool(dice);
        pool.store.restart(dice.chance(0.5));
        pool.connected = pool.store.current;
      },
      'lose-data': (dice) => {
        const pool = somePool(dice);
        pool.store.loseData();
        pool.connected = pool.store.current;
      },
      reconnect: () => {
        for (const pool of this.#pools) pool.connected = pool.store.current;
      },
      'stray-open': (dice) => this.#openSomething(dice),
      suspect: (dice) => this.#suspect(somePool(dice), dice),
    };
  }

  /** In a split brain the filler stays with the former primary until it reconnects. */
  #failOver(pool: Pool, splitBrain: boolean): void {
    pool.store.failOver(splitBrain);
    if (splitBrain) this.#common.coverage.count('split-brain');
    else pool.connected = pool.store.current;
  }

  #planMove(dice: Dice): void {
    const pools = this.#pools.map(({ name }) => name);
    dice.pick(this.#allocators).moveSome(this.#streams, pools, dice);
  }

  /** Drains a pool, or takes that back; one pool is always left. */
  #drain(dice: Dice): void {
    const { draining } = this.#common;
    const { name } = dice.pick(this.#pools);
    if (draining.delete(name) || draining.size === this.#pools.length - 1) return;
    draining.add(name);
  }

  /** Callers at a pool that drains hear where their stream is assigned, as gateways do. */
  #followRoutes(): void {
    const { draining } = this.#common;
    for (const [stream, pool] of this.#clients.routes) {
      if (!draining.has(pool.name)) continue;
      for (const state of this.#operator.reader.shards) {
        const assigned = this.#pools.find(({ name }) => name === state.streams.get(stream)?.pool);
        if (assigned !== undefined && assigned !== pool) this.#clients.routes.set(stream, assigned);
      }
    }
    this.#clients.followRoutes();
  }

  /** Somebody believes a living pool is dead and says so in the log. */
  #suspect(pool: Pool, dice: Dice): void {
    const { incarnation } = pool.connected.state;
    for (const partition of this.#common.shards.keys()) {
      const record = { kind: 'PoolLost', pool: pool.name, incarnation, atMs: this.#common.nowMs } as const;
      this.#common.propose({ log: 'shards', partition, record }, dice);
    }
  }

  /** An allocator of another partition, or one that believes in a claim that lost, opens a range that is not its own. */
  #openSomething(dice: Dice): void {
    const { ranges, partitionCount } = this.#common;
    const claimPartition = dice.int(partitionCount);
    const claimOffset = dice.int(ranges[claimPartition]?.length ?? 0);
    if (ranges[claimPartition]?.[claimOffset] === undefined) return;
    this.#common.propose(
      { log: 'shards', partition: dice.int(partitionCount), record: { kind: 'RangeOpened', claimPartition, claimOffset } },
      dice,
    );
  }

  #forecast(stream: string, dice: Dice): void {
    const { forecasts, faults, nowMs, partitionCount, coverage, quiet } = this.#common;
    const pool = this.#clients.routes.get(stream) as Pool;
    const name = sequenceOfStream(stream);
    const generation = pool.reader.ranges.map((ranges) => ranges.live.get(name)).find((each) => each !== undefined);
    if (generation === undefined) return;
    const partition = partitionOfStream(stream, generation.definition, partitionCount);
    const shards = pool.reader.shards[partition];
    const wild = faults.has('wild-forecast');
    if (wild) coverage.count('wild-forecast');
    if (shards === undefined) return;
    const asked = { stream, pool, shards, nowMs, wild, truthful: quiet, dice };
    const forecast = wild && dice.chance(0.5) ? this.#hostile.forecast(asked) : noisyForecast(asked);
    if (forecast !== undefined) forecasts[partition]?.push(forecast);
  }

  #calmDown(): void {
    const common = this.#common;
    common.quiet = true;
    for (const pool of this.#pools) pool.store.zombies.length = 0;
    this.#clients.askAll();
    for (let round = 0; round < QUIET_ROUNDS; round++) {
      common.advanceBy(QUIET_ROUND_MS);
      if (round === LATEST_ROUND) common.deliverAll();
      const dice = new Dice(round);
      this.#followRoutes();
      this.#operator.act(dice);
      if (round % FORECAST_EVERY === 0) for (const stream of this.#streams) this.#forecast(stream, dice);
      for (const allocator of this.#allocators) allocator.act(dice);
      for (const pool of this.#pools) pool.act(dice);
      common.coverage.count('quiet steps', this.#allocators.length + this.#pools.length + 1);
      if (round > LATEST_ROUND && this.#isServed()) break;
    }
    this.#checkServed();
  }

  #waiting(): string[] {
    return this.#pools.flatMap((pool) => [...pool.waiting.streams()].filter((stream) => pool.waiting.values(stream) > 0));
  }

  #isServed(): boolean {
    return this.#waiting().length === 0 && this.#operator.unacknowledged().length === 0 && this.#undrained() === undefined;
  }

  /** A pool that is to be empty and is not. */
  #undrained(): string | undefined {
    const { ranges, shards } = { ranges: this.#operator.reader.lookup, shards: this.#operator.reader.shards };
    const partitions = shards.map((each) => ({ shards: each, ranges, partitionCount: this.#common.partitionCount }));
    return [...this.#common.draining].find((pool) => streamsIn(partitions, pool) > 0);
  }

  /** I9; and at the end everybody has read everything and holds the same states (I4). */
  #checkServed(): void {
    const [waiting] = this.#waiting();
    if (waiting !== undefined) throw new Violation('I9', `${waiting} still waits after ${QUIET_ROUNDS} quiet rounds`);
    const [unended] = this.#operator.unacknowledged();
    if (unended !== undefined)
      throw new Violation('I9', `older generations of ${unended} have not ended after ${QUIET_ROUNDS} quiet rounds`);
    const undrained = this.#undrained();
    if (undrained !== undefined) throw new Violation('I9', `${undrained} drains and is not empty after ${QUIET_ROUNDS} quiet rounds`);
    this.#common.ledger.end();
    for (const [index, { reader }] of [...this.#allocators, ...this.#pools, this.#operator].entries()) {
      reader.foldRanges(Number.POSITIVE_INFINITY);
      for (const state of reader.shards) reader.foldShards(state, Number.POSITIVE_INFINITY);
      if (!reader.isAtEnd) throw new Violation('I9', 'a reader never reaches the end of its log');
      // Whole states cost much to compare; the verdicts of all readers were compared at every record.
      if (index % COMPARED_READERS === this.#seed % COMPARED_READERS) reader.compareAtEnd();
    }
  }

  #checkAccounts(): void {
    checkAccounts(this.#common.ledger, this.#common.answers, this.#pools);
  }
}
