/**
 * One pool: a filler process with the filling stage, its store, the callers that wait in it, and the orders it sends. The process
 * may be slow, paused or crash; its commands and their replies may be lost, late or doubled; its store has troubles of its own.
 */
import { isExhausted } from '../core/ledger/exhaustion.ts';
import type { ShardsState } from '../core/ledger/shards-state.ts';
import { periodEndMs } from '../core/period.ts';
import { RESERVE_FLOOR } from '../core/sizing/reserve.ts';
import { take } from '../core/stock/take.ts';
import { partitionOf, sequenceOfStream } from '../core/stream.ts';
import {
  type Effect,
  emptyFilling,
  type FillingState,
  onAccepted,
  onCaughtUp,
  onLoadReply,
  onNewLife,
  onRevokeReply,
  onTick,
  onWantedBack,
} from '../pipelines/filling.ts';
import { Violation } from './checks/violation.ts';
import type { Dice } from './dice.ts';
import type { Fault } from './faults.ts';
import { heartbeatOf } from './heartbeat.ts';
import { Reader } from './reader.ts';
import { partitionOfStream } from './sequences.ts';
import { type Command, execute, type Reply, Store, type StoreCopy } from './store.ts';
import type { Surroundings } from './surroundings.ts';
import { returnUnrevoked } from './unrevoked-return.ts';
import { WaitingCallers } from './waiting-callers.ts';

const ORDER_RESEND_MS = 200;
/** A faulty filler that guesses does so once a load was not answered for this long. */
const GUESS_MS = 1_000;
const COMMAND_FAULTS: readonly Fault[] = ['lost-command', 'late-command', 'duplicate-command'];
const REPLY_FAULTS: readonly Fault[] = ['lost-reply', 'late-reply'];

export class Pool {
  readonly name: string;
  readonly store: Store;
  readonly waiting = new WaitingCallers();
  /** The copy this process is connected to: after a split brain perhaps the former primary. */
  connected: StoreCopy;
  pausedUntilMs = 0;
  stuckUntilMs = 0;
  readonly #world: Surroundings;
  #reader: Reader;
  #filling: FillingState;
  #replies: Reply[] = [];
  /** Ends of the shards logs when the process started: up to there it only learns, then it takes stock. */
  #catchUpTo: number[] | undefined;
  readonly #orderedAtMs = new Map<string, number>();
  readonly #periodEndOf = (sequence: string, generation: number): number => {
    const found = this.#reader.ranges[partitionOf(sequence, this.#world.partitionCount)]?.generations.get(generation);
    return found === undefined ? Number.POSITIVE_INFINITY : periodEndMs(found.definition);
  };
  /** Counts process starts: a reply to a former process is nobody's. */
  #process = 0;

  constructor(world: Surroundings, name: string) {
    this.#world = world;
    this.name = name;
    this.store = new Store(world, name);
    this.connected = this.store.current;
    this.#reader = new Reader(world);
    this.#filling = emptyFilling(name, this.connected.state.incarnation, world.rules, this.#periodEndOf);
    world.members.push(heartbeatOf(name, this.#filling.incarnation));
  }

  get reader(): Reader {
    return this.#reader;
  }

  act(dice: Dice): void {
    const world = this.#world;
    if (world.nowMs < this.pausedUntilMs && !world.quiet) return;
    const effects: Effect[] = [];
    this.#greet(dice, effects);
    for (const reply of this.#replies.splice(0)) effects.push(...this.#onReply(reply));
    if (world.quiet || world.nowMs >= this.stuckUntilMs) this.#reader.foldRanges(this.#pace(dice));
    for (const state of this.#reader.shards) this.#fold(state, dice, effects);
    this.#takeStock(effects);
    if (world.quiet || dice.chance(0.5)) this.#tick(dice, effects);
    this.#run(effects, dice);
    // In quiet times a store answers within the same step.
    if (world.quiet)
      this.#run(
        this.#replies.splice(0).flatMap((reply) => this.#onReply(reply)),
        dice,
      );
    this.#serve(dice);
  }

  /** The process is gone: what it held in memory and who waited in it. The store lives on. */
  crash(): void {
    this.#process++;
    this.#replies = [];
    this.waiting.clear();
    this.connected = this.store.current;
    this.#filling = emptyFilling(this.name, this.connected.state.incarnation, this.#world.rules, this.#periodEndOf);
    this.#reader = new Reader(this.#world);
    this.#catchUpTo = this.#world.shards.map((records) => records.length);
    this.#orderedAtMs.clear();
  }

  /** True when this pool's reader says that the stream lives with another pool. */
  isElsewhere(stream: string): string | undefined {
    for (const state of this.#reader.shards) {
      const pool = state.streams.get(stream)?.pool;
      if (pool !== undefined && pool !== this.name) return pool;
    }
    return undefined;
  }

  /** Asks the store which life it lives; of another one nothing is held but what the ledger says, and the allocators are told. */
  #greet(dice: Dice, effects: Effect[]): void {
    if (this.#world.quiet) this.connected = this.store.current;
    const { incarnation } = this.connected.state;
    const isNew = incarnation !== this.#filling.incarnation;
    if (isNew) {
      onNewLife(this.#filling, incarnation);
      // It may have lived it before.
      if (this.#catchUpTo === undefined)
        for (const state of this.#reader.shards) effects.push(...onCaughtUp(this.#filling, state, this.#world.nowMs));
      this.#world.coverage.count('new life');
    }
    if (isNew || dice.chance(0.05)) this.#world.members.push(heartbeatOf(this.name, incarnation));
  }

  #fold(state: ShardsState, dice: Dice, effects: Effect[]): void {
    const world = this.#world;
    const redelivers = world.faults.has('redelivery') && !world.quiet;
    this.#reader.foldShards(state, this.#pace(dice), (ledger, offset, record, verdict) => {
      if (verdict !== 'accepted' || this.#catchUpTo !== undefined) return;
      // Every pool that reads the first accepted record may give that answer; none gives another.
      if (record.kind === 'RequestAnswered') world.answers.answeredById(ledger, record.stream, record.request);
      if (record.kind === 'ShardRecalled' && !world.rules.revoke) {
        returnUnrevoked(world, this.connected, ledger.partition, record.shard, dice);
        return;
      }
      effects.push(...onAccepted(this.#filling, ledger, offset, record, world.nowMs));
      if (!redelivers || !dice.chance(0.05)) return;
      world.coverage.count('redelivery');
      effects.push(...onAccepted(this.#filling, ledger, offset, record, world.nowMs));
    });
  }

  /** After a restart, once the log is read to where it ended then: whatever is open for this life may or may not be loaded. */
  #takeStock(effects: Effect[]): void {
    const ends = this.#catchUpTo;
    if (ends === undefined || this.#reader.shards.some((state) => state.nextOffset < (ends[state.partition] ?? 0))) return;
    this.#catchUpTo = undefined;
    for (const state of this.#reader.shards) effects.push(...onCaughtUp(this.#filling, state, this.#world.nowMs));
  }

  #tick(dice: Dice, effects: Effect[]): void {
    const world = this.#world;
    if (!world.rules.returns) this.#guess(dice);
    effects.push(...onTick(this.#filling, world.nowMs));
    // The command may have been lost: a life that was declared lost asks for a new one until it has it.
    if (this.#reader.shards.some((state) => state.lost.has(this.#filling.incarnation))) effects.push({ kind: 'remint' });
    for (const stream of this.connected.state.streams.values()) {
      for (const shard of stream.exhausted) {
        if (shard.blocks.size > 0 && !dice.chance(0.1)) continue;
        effects.push(...onWantedBack(this.#filling, shard.partition, shard.shard, world.nowMs));
      }
    }
  }

  /** Without the rule for returns, a filler that hears nothing of its load assumes that nothing was loaded. */
  #guess(dice: Dice): void {
    for (const shards of this.#filling.shards.values()) {
      for (const { partition, shard, phase, sentAtMs, toLoad } of shards.values()) {
        if (phase !== 'loading' || this.#world.nowMs - sentAtMs < GUESS_MS) continue;
        const { start, end } = toLoad;
        this.#world.coverage.count('guessed return');
        const record = { kind: 'ShardReturned', shard, incarnation: this.#filling.incarnation, slices: [{ start, end }] } as const;
        this.#world.propose({ log: 'shards', partition, record }, dice);
      }
    }
  }

  #run(effects: readonly Effect[], dice: Dice): void {
    for (const effect of effects) {
      if (effect.kind === 'append') this.#world.propose({ log: 'shards', partition: effect.partition, record: effect.record }, dice);
      else this.#send({ ...effect, incarnation: this.#filling.incarnation }, dice);
    }
  }

  #send(command: Command, dice: Dice): void {
    const world = this.#world;
    const copy = this.connected;
    const process = this.#process;
    const carryOut = (): void => {
      const reply = execute(world, copy, command);
      if (reply === undefined) return;
      const fault = world.strikes(dice, REPLY_FAULTS);
      if (fault === 'lost-reply') return;
      const hear = (): void => {
        if (process === this.#process) this.#replies.push(reply);
      };
      if (fault === 'late-reply') world.later(dice.between(10, 3_000), hear);
      else hear();
    };
    const fault = world.strikes(dice, COMMAND_FAULTS);
    if (fault === 'lost-command') return;
    if (fault === 'late-command') world.later(dice.between(10, 6_000), carryOut);
    else carryOut();
    if (fault === 'duplicate-command') world.later(dice.between(0, 6_000), carryOut);
  }

  #onReply(reply: Reply): Effect[] {
    const { nowMs } = this.#world;
    if (reply.kind === 'load') return onLoadReply(this.#filling, reply.partition, reply.shard, reply.outcome, nowMs);
    return onRevokeReply(this.#filling, reply.partition, reply.shard, reply.reply, nowMs);
  }

  /** Serves who waits, tells who waits in vain, and orders for the rest. */
  #serve(dice: Dice): void {
    const world = this.#world;
    const { state } = this.connected;
    for (const stream of this.waiting.streams()) {
      this.waiting.serve(stream, ({ count, numbered }) => {
        const taken = take(state, state.streams.get(stream), count, numbered, world.nowMs);
        if (taken === undefined) return false;
        world.coverage.count('served after waiting');
        world.answered(state, stream, taken);
        return true;
      });
      this.#settleOrOrder(stream, dice);
    }
  }

  #settleOrOrder(stream: string, dice: Dice): void {
    const waiting = this.waiting.values(stream);
    const name = sequenceOfStream(stream);
    const ranges = this.#reader.ranges[partitionOf(name, this.#world.partitionCount)];
    const generation = ranges?.live.get(name);
    if (ranges === undefined || generation === undefined) return;
    const shards = this.#reader.shards[partitionOfStream(stream, generation.definition, this.#world.partitionCount)] as ShardsState;
    if (waiting > 0 && isExhausted(ranges, shards, generation, stream, this.#world.nowMs)) {
      this.#checkExhausted(name, generation.id);
      this.waiting.reject(stream);
      return;
    }
    if (waiting > 0 || this.stockOf(stream) <= RESERVE_FLOOR) this.#order(stream, shards, waiting, dice);
  }

  /** Nobody is told that nothing is left while there is. */
  #checkExhausted(name: string, generation: number): void {
    const { ledger, coverage } = this.#world;
    coverage.count('exhausted');
    const isOrdered = this.#reader.ranges.some(
      (ranges) => ranges.generations.get(generation)?.name === name && ranges.generations.get(generation)?.definition.order !== 'none',
    );
    // An ordered stream may be past what others left, and a reader behind the log's end judges by what it has read.
    if (isOrdered || !this.#reader.isAtEnd || ledger.freeOrdinals(name, generation) === 0) return;
    throw new Violation(
      'I9',
      `callers of ${name} were told that it is used up while ${ledger.freeOrdinals(name, generation)} ordinals are free`,
    );
  }

  #order(stream: string, shards: ShardsState, waiting: number, dice: Dice): void {
    const { nowMs, orders } = this.#world;
    if (nowMs - (this.#orderedAtMs.get(stream) ?? 0) < ORDER_RESEND_MS) return;
    this.#orderedAtMs.set(stream, nowMs);
    orders[shards.partition]?.push({
      kind: 'RefillOrder',
      stream,
      pool: this.name,
      incarnation: this.#filling.incarnation,
      atMs: nowMs,
      seenOffset: shards.nextOffset - 1,
      stock: this.stockOf(stream),
      waiting,
      fastRate: dice.int(40),
      exact: false,
    });
  }

  /** In the store, or on its way there as far as this process knows. */
  stockOf(stream: string): number {
    let stock = this.connected.state.streams.get(stream)?.available ?? 0;
    for (const shards of this.#filling.shards.values()) {
      for (const { phase, toLoad } of shards.values())
        if (phase === 'loading' && toLoad.stream === stream) stock += toLoad.end - toLoad.start;
    }
    return stock;
  }

  #pace(dice: Dice): number {
    const slow = !this.#world.quiet && this.#world.faults.has('slow-reader') && dice.chance(0.4);
    if (!slow) return Number.POSITIVE_INFINITY;
    this.#world.coverage.count('slow-reader');
    return dice.int(6);
  }
}
