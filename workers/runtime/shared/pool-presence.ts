/**
 * What the other processes hear of a shared pool: that its store began a life, that it lives, that it cannot be reached. A heartbeat
 * in the log also vouches for ordered streams: nobody declares this life lost within the lease that counts from it.
 */
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { OWNS_NOTHING } from '../members/member-record.ts';
import type { PendingAppends } from '../process/pending-appends.ts';
import { type ClusterHome, saidHome } from './cluster-home.ts';
import type { SaidLoad } from './pool-load.ts';

/** How long an ordered stream is served after the last heartbeat that reached the log. Allocators wait longer before a loss. */
export const ORDER_LEASE_MS = 5_000;
/** A store that does not answer for so long is said to be away: its streams move to another pool. */
const AWAY_AFTER_MS = 1_000;

export interface PoolPresenceOptions {
  readonly name: string;
  readonly endpoint: string;
  /** Of a primary of a Redis Cluster. */
  readonly home?: ClusterHome;
  /** What the pool can do, before it did anything. */
  readonly load: SaidLoad;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly sending: PendingAppends;
  /** Resolves once this process has folded what the shards ledger holds now. */
  readonly caughtUp: () => Promise<void>;
}

export class PoolPresence {
  readonly #options: PoolPresenceOptions;
  /** The last word that the log took and that vouches: of which life, and its clock time. */
  #vouched = { incarnation: '', atMs: Number.NEGATIVE_INFINITY };
  /** Monotonic time since which the store does not answer, or undefined. */
  #awaySinceMs: number | undefined;
  #isSaidAway = false;
  #isSending = false;
  /** As it was said last: what is said in between repeats it. */
  #load: SaidLoad;
  problem: string | undefined;

  constructor(options: PoolPresenceOptions) {
    this.#options = options;
    this.#load = options.load;
  }

  joined(incarnation: string): void {
    this.#isSaidAway = false;
    this.#say('joined', incarnation);
  }

  heartbeat(incarnation: string, load: SaidLoad): void {
    if (this.#awaySinceMs !== undefined) return;
    this.#load = load;
    this.#say('heartbeat', incarnation);
  }

  reached(incarnation: string | undefined): void {
    this.#awaySinceMs = undefined;
    this.problem = undefined;
    if (this.#isSaidAway && !this.#isSending && incarnation !== undefined) this.joined(incarnation);
  }

  unreachable(incarnation: string | undefined, error: unknown): void {
    const nowMs = this.#options.monotonicMs();
    this.#awaySinceMs ??= nowMs;
    this.problem = error instanceof Error ? error.message : String(error);
    if (incarnation === undefined || this.#isSaidAway || nowMs - this.#awaySinceMs < AWAY_AFTER_MS) return;
    this.#isSaidAway = true;
    this.#say('lost', incarnation);
  }

  /** How much longer ordered streams may be served from now on, by a store that lives this life. */
  orderLease(nowMs: number): { readonly incarnation: string; readonly orderLeaseMs: number } {
    const { incarnation, atMs } = this.#vouched;
    return { incarnation, orderLeaseMs: Math.max(0, Math.min(ORDER_LEASE_MS, atMs + ORDER_LEASE_MS - nowMs)) };
  }

  /**
   * The log took a word of that life. One that follows another within the lease vouches at once. After a silence, or a life that the store
   * had before, allocators may have declared it lost already: it vouches once this process has folded what the ledger held when it was said.
   */
  async #vouch(incarnation: string, atMs: number): Promise<void> {
    const before = this.#vouched;
    const isContinued = before.incarnation === incarnation && atMs - before.atMs < ORDER_LEASE_MS;
    if (!isContinued) await this.#options.caughtUp();
    if (this.#vouched.incarnation !== incarnation || atMs > this.#vouched.atMs) this.#vouched = { incarnation, atMs };
  }

  #say(event: MemberEvent['event'], incarnation: string): void {
    // While the log is away heartbeats would pile up, and say later what was true long before.
    if (event === 'heartbeat' && this.#isSending) return;
    const { name, endpoint, home, log, clock, sending } = this.#options;
    const atMs = clock.nowMs();
    const member: MemberEvent = {
      kind: 'MemberEvent',
      member: name,
      role: 'pool',
      event,
      incarnation,
      poolKind: 'throughput',
      endpoint,
      atMs,
      ...OWNS_NOTHING,
      ...this.#load,
      ...saidHome(home),
    };
    this.#isSending = true;
    const said = log.append({ topic: TOPICS.members.name, partition: 0, records: [encode(member)] }).then(
      async () => {
        this.#isSending = false;
        if (event !== 'lost') await this.#vouch(incarnation, atMs);
      },
      (error: unknown) => {
        this.#isSending = false;
        // What must be heard is said again with the next word; a heartbeat follows by itself.
        if (event !== 'heartbeat') this.#isSaidAway = true;
        throw error;
      },
    );
    sending.add(said);
  }
}
