/** An allocator that counts the beats of the members topic: it learns which pools live, which are silent, and whose stock is lost. */
import {
  type AllocationState,
  emptyAllocation,
  onJudged,
  onLedgerMoved,
  onOrder,
  onPoolGone,
  onPoolJoined,
  onPoolLeft,
  onTick,
  type Proposal,
} from '../../pipelines/allocation.ts';
import { PoolWatch } from '../../pipelines/pool-watch.ts';
import type { Dice } from '../dice.ts';
import { Reader } from '../reader.ts';
import type { Surroundings } from '../surroundings.ts';
import type { LeaseGuards } from './guards.ts';
import type { Members, Word } from './members.ts';

const BEAT_MS = 1_000;
/** As the allocator worker has them: longer than any lease, and how long callers ask elsewhere before their stream moves. */
const LOSS_DELAY_MS = 7_000;
const MOVE_AFTER_MS = 1_500;

export class WatchingAllocator {
  pausedUntilMs = 0;
  readonly #name: string;
  readonly #world: Surroundings;
  readonly #members: Members;
  readonly #guards: LeaseGuards;
  readonly #reader: Reader;
  readonly #state: AllocationState;
  readonly #watch = new PoolWatch();
  #heard = 0;
  #orders = 0;
  #beatAtMs = 0;

  constructor(name: string, world: Surroundings, members: Members, guards: LeaseGuards) {
    this.#name = name;
    this.#world = world;
    this.#members = members;
    this.#guards = guards;
    this.#reader = new Reader(world);
    const shards = this.#reader.shards[0] as Reader['shards'][number];
    const orderLeaseMs = guards.orderLease ? LOSS_DELAY_MS : 0;
    const options = { shards, ranges: this.#reader.lookup, partitionCount: 1, moveAfterMs: MOVE_AFTER_MS };
    this.#state = emptyAllocation({ ...options, orderLeaseMs });
  }

  act(dice: Dice): void {
    const { nowMs } = this.#world;
    if (nowMs < this.pausedUntilMs) return;
    const proposals: Proposal[] = [];
    this.#reader.foldRanges(Number.POSITIVE_INFINITY);
    const before = this.#state.shards.nextOffset;
    this.#reader.foldShards(this.#state.shards, Number.POSITIVE_INFINITY, (_, __, record, verdict) =>
      onJudged(this.#state, record, verdict),
    );
    if (this.#state.shards.nextOffset > before) proposals.push(...onLedgerMoved(this.#state, nowMs));
    const orders = this.#world.orders[0] ?? [];
    for (let order = orders[this.#orders]; order !== undefined; order = orders[++this.#orders])
      proposals.push(...onOrder(this.#state, order, nowMs));
    proposals.push(...onTick(this.#state, nowMs));
    // Last: one that wakes up knows shards of a life that began meanwhile before it has heard of that life.
    for (; this.#heard < this.#members.words.length; this.#heard++) proposals.push(...this.#hear(this.#members.words[this.#heard] as Word));
    this.#members.propose(proposals, dice);
    if (nowMs - this.#beatAtMs < BEAT_MS) return;
    if (this.#members.say({ member: this.#name, role: 'allocator', event: 'heartbeat', incarnation: this.#name })) this.#beatAtMs = nowMs;
  }

  #hear({ member, role, event, incarnation }: Word): Proposal[] {
    if (this.#guards.poolWatch) this.#watch.heard({ member, role, event, incarnation });
    if (role === 'pool') return onPoolJoined(this.#state, member, incarnation, this.#world.nowMs);
    if (member !== this.#name) return [];
    const { silent, gone } = this.#watch.beat();
    for (const life of silent) onPoolLeft(this.#state, life.pool, life.incarnation);
    for (const pool of gone) onPoolGone(this.#state, pool);
    for (const _ of gone) this.#world.coverage.count('pool gone');
    return [];
  }
}
