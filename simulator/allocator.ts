/**
 * One allocator process: a reader, an allocation stage per partition, and its own pace. Several of them serve the same
 * partitions; each may be slow, stuck, paused in mid-flight, or crash and come back from zero or from a snapshot.
 */
import type { ShardsState } from '../core/ledger/shards-state.ts';
import {
  type AllocationState,
  emptyAllocation,
  findMoves,
  moveStream,
  onForecast,
  onJudged,
  onLedgerMoved,
  onOrder,
  onPoolJoined,
  onTick,
  type Proposal,
} from '../pipelines/allocation.ts';
import { emptyPlacement, onPoolSaid, onStreamMoved, type PlacementState, placementStep, placeOf } from '../pipelines/placement.ts';
import type { Dice } from './dice.ts';
import { Reader, type ReaderSnapshot } from './reader.ts';
import type { Surroundings } from './surroundings.ts';

const TICK_SHARE = 0.3;
/** Short, so that streams move often within a run. */
const COOL_DOWN_MS = 2_000;
/** In quiet times pools can do what is asked of them, and nothing moves but off those that drain. */
const ENOUGH = 1e9;
/** A restarted allocator finds this many of the newest messages of each topic again. */
const MESSAGES_KEPT = 4;

interface Inbox {
  orders: number;
  forecasts: number;
}

export class Allocator {
  pausedUntilMs = 0;
  stuckUntilMs = 0;
  readonly #world: Surroundings;
  #reader: Reader;
  #placement: PlacementState;
  #stages: AllocationState[];
  readonly #inboxes: Inbox[];
  #members = 0;
  #snapshot: ReaderSnapshot | undefined;

  constructor(world: Surroundings) {
    this.#world = world;
    this.#reader = new Reader(world);
    this.#placement = emptyPlacement(world.nowMs, COOL_DOWN_MS);
    this.#stages = this.#newStages();
    this.#inboxes = world.orders.map(() => ({ orders: 0, forecasts: 0 }));
  }

  get reader(): Reader {
    return this.#reader;
  }

  act(dice: Dice): void {
    const world = this.#world;
    if (world.nowMs < this.pausedUntilMs && !world.quiet) return;
    const proposals: Proposal[] = [];
    if (world.quiet || world.nowMs >= this.stuckUntilMs) this.#reader.foldRanges(this.#pace(dice));
    this.#join(proposals);
    for (const stage of this.#stages) this.#actOn(stage, dice, proposals);
    this.#rebalance(dice, proposals);
    this.#proposeAll(proposals, dice);
  }

  /** Decides to move some stream to some pool, whatever the loads are. */
  moveSome(streams: readonly string[], pools: readonly string[], dice: Dice): void {
    const stream = dice.pick(streams);
    const to = dice.pick(pools);
    if (this.#world.draining.has(to)) return;
    for (const stage of this.#stages) this.#proposeAll(moveStream(stage, stream, to, this.#world.nowMs), dice);
  }

  takeSnapshot(): void {
    this.#snapshot = this.#reader.snapshot();
  }

  /** The process is gone and a new one starts; what it had sent may still be on its way. */
  crash(dice: Dice): void {
    // Which shards were closed is remembered beside the state where that rule is off, and a snapshot would lose it.
    const usable = this.#world.rules.returns && this.#snapshot !== undefined && dice.chance(0.6);
    this.#world.coverage.count(usable ? 'started from a snapshot' : 'started from zero');
    this.#reader = new Reader(this.#world, usable ? this.#snapshot : undefined);
    this.#stages = this.#newStages();
    this.#members = 0;
    for (const [partition, inbox] of this.#inboxes.entries()) {
      inbox.orders = Math.max(0, (this.#world.orders[partition]?.length ?? 0) - MESSAGES_KEPT);
      inbox.forecasts = Math.max(0, (this.#world.forecasts[partition]?.length ?? 0) - MESSAGES_KEPT);
    }
  }

  #actOn(stage: AllocationState, dice: Dice, proposals: Proposal[]): void {
    const world = this.#world;
    const { partition } = stage;
    const before = stage.shards.nextOffset;
    this.#reader.foldShards(stage.shards, this.#pace(dice), (_ledger, _offset, record, verdict) => {
      onJudged(stage, record, verdict);
      if (record.kind === 'StreamAssigned' && verdict === 'accepted') onStreamMoved(this.#placement, record.stream, world.nowMs);
    });
    if (stage.shards.nextOffset > before) proposals.push(...onLedgerMoved(stage, world.nowMs));
    const inbox = this.#inboxes[partition] as Inbox;
    const orders = world.orders[partition] ?? [];
    const forecasts = world.forecasts[partition] ?? [];
    for (const end = this.#until(inbox.orders, orders.length, dice); inbox.orders < end; inbox.orders++) {
      const order = orders[inbox.orders];
      if (order !== undefined) proposals.push(...onOrder(stage, order, world.nowMs));
    }
    for (const end = this.#until(inbox.forecasts, forecasts.length, dice); inbox.forecasts < end; inbox.forecasts++) {
      const forecast = forecasts[inbox.forecasts];
      if (forecast !== undefined) proposals.push(...onForecast(stage, forecast, world.nowMs));
    }
    if (world.quiet || dice.chance(TICK_SHARE)) proposals.push(...onTick(stage, world.nowMs));
  }

  #proposeAll(proposals: readonly Proposal[], dice: Dice): void {
    for (const proposal of proposals) this.#world.propose(proposal, dice);
  }

  /** Pools say loads that make no sense: whatever is planned from them, nothing is given out twice. */
  #rebalance(dice: Dice, proposals: Proposal[]): void {
    const { nowMs, draining, coverage, quiet } = this.#world;
    this.#placement.draining = draining;
    for (const [pool, event] of this.#placement.pools) {
      const capacityOperationsPerSecond = quiet ? ENOUGH : dice.between(1, 50);
      const isSaid = quiet ? event.capacityOperationsPerSecond !== ENOUGH : dice.chance(0.1);
      if (isSaid) this.#placement.pools.set(pool, { ...event, capacityOperationsPerSecond });
    }
    const step = placementStep(this.#placement, this.#stages, nowMs);
    proposals.push(...step.proposals);
    for (const { reason } of step.moves) coverage.countOf('planned', reason);
  }

  #join(proposals: Proposal[]): void {
    for (; this.#members < this.#world.members.length; this.#members++) {
      const joined = this.#world.members[this.#members];
      if (joined === undefined) continue;
      onPoolSaid(this.#placement, joined, this.#world.nowMs);
      for (const stage of this.#stages) proposals.push(...onPoolJoined(stage, joined.member, joined.incarnation, this.#world.nowMs));
    }
  }

  #newStages(): AllocationState[] {
    const { partitionCount } = this.#world;
    this.#placement = emptyPlacement(this.#world.nowMs, COOL_DOWN_MS);
    return this.#reader.shards.map((shards: ShardsState) => {
      const stage = emptyAllocation({ shards, ranges: this.#reader.lookup, partitionCount });
      stage.draining = this.#world.draining;
      stage.place = (stream) => placeOf(this.#placement, stage, stream);
      findMoves(stage);
      return stage;
    });
  }

  #pace(dice: Dice): number {
    const slow = !this.#world.quiet && this.#world.faults.has('slow-reader') && dice.chance(0.4);
    if (!slow) return Number.POSITIVE_INFINITY;
    this.#world.coverage.count('slow-reader');
    return dice.int(6);
  }

  #until(from: number, end: number, dice: Dice): number {
    return this.#world.quiet || dice.chance(0.7) ? end : Math.min(end, from + dice.int(3));
  }
}
