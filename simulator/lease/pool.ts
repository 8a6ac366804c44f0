/** A pool whose store serves ordered streams on a lease: its filler vouches through the log for the life that it looks after. */
import { type Taken, take } from '../../core/stock/take.ts';
import type { Dice } from '../dice.ts';
import { Pool } from '../pool.ts';
import type { StoreCopy } from '../store.ts';
import type { Surroundings } from '../surroundings.ts';
import type { LeaseGuards } from './guards.ts';
import type { Members } from './members.ts';

const HEARTBEAT_MS = 1_000;
/** As pools have it. */
const ORDER_LEASE_MS = 5_000;

export class LeasedPool {
  readonly pool: Pool;
  /** The filler does nothing; the store answers on. */
  pausedUntilMs = 0;
  /** Nobody reaches the store. */
  downUntilMs = 0;
  readonly #world: Surroundings;
  readonly #members: Members;
  readonly #guards: LeaseGuards;
  /** By incarnation, how long it may serve in order. */
  readonly #leases = new Map<string, number>();
  #saidOf = '';
  #saidAtMs = 0;

  constructor(name: string, world: Surroundings, members: Members, guards: LeaseGuards) {
    this.pool = new Pool(world, name);
    this.#world = world;
    this.#members = members;
    this.#guards = guards;
  }

  get isDown(): boolean {
    return this.#world.nowMs < this.downUntilMs;
  }

  act(dice: Dice): void {
    const { nowMs } = this.#world;
    if (nowMs < this.pausedUntilMs || this.isDown) return;
    // Whoever fails over takes its filler along: nobody vouches for the former primary any more.
    this.pool.connected = this.pool.store.current;
    if (this.#members.isAway) return;
    this.pool.act(dice);
    const { incarnation } = this.pool.connected.state;
    const isNew = incarnation !== this.#saidOf;
    if (!isNew && nowMs - this.#saidAtMs < HEARTBEAT_MS) return;
    this.#members.say({ member: this.pool.name, role: 'pool', event: isNew ? 'joined' : 'heartbeat', incarnation });
    this.#saidOf = incarnation;
    this.#saidAtMs = nowMs;
    this.#leases.set(incarnation, nowMs + ORDER_LEASE_MS);
  }

  take({ state }: StoreCopy, stream: string, count: number): readonly Taken[] | undefined {
    const { nowMs } = this.#world;
    if (this.isDown) return undefined;
    if (this.#guards.storeLease && nowMs >= (this.#leases.get(state.incarnation) ?? 0)) return undefined;
    return take(state, state.streams.get(stream), count, false, nowMs);
  }
}
