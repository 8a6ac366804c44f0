/**
 * Runs the transaction pool in one of several processes that can, and stands by in the others.
 *
 * Who runs it is told on the members topic: the owner says a word each beat, and one who stands by counts its own beats, as it reads them
 * back, since the last of those words. While the log is away nobody's beats arrive, so nobody takes over. Where several stand by they
 * wait for each other, by name. An owner whose store does not answer it any more says that it leaves, where somebody else stands by: the
 * line that is cut may be its own only. None of this keeps a number from being given out twice: a life that begins is recorded in the store and
 * in the ledger, and every other one is refused by both (core/reservation/lineage.ts), whatever it believes.
 */
import { randomBytes } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import type { Logger } from '../process/logging.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import { Pace } from './pace.ts';
import type { TransactionPoolOptions } from './pool-life.ts';
import { candidateName, poolWord, TRANSACTION_POOL } from './pool-word.ts';
import type { ReservationCounts } from './reservation-counts.ts';
import type { ServedSeries } from './served-series.ts';
import { StorePulse } from './store-pulse.ts';
import { TransactionPool } from './transaction-pool.ts';

/** Own beats without a word of the owner after which it counts as gone. */
const SILENT_BEATS = 4;
/** One who stands by waits so many beats longer for each one before it: enough for that one's life to begin. */
const RANK_BEATS = 3;
/** One who stands by and was not heard for so long does not count. */
const ABSENT_BEATS = 6;
/** Beats without an answer of the store after which another one is to try: longer than a restart of it that nobody should notice. */
const STORE_SILENT_BEATS = 10;
/** Who stepped down is the last to try again: so long, and whoever else can has begun. */
const STEPPED_DOWN_BEATS = 10;
/** A database that is not the one that was written last becomes that one by an operator's hand only. */
const BROKEN_BEATS = 20;

export type KeptPoolOptions = Omit<TransactionPoolOptions, 'name' | 'mintLife' | 'announce' | 'onStopped' | 'counts'>;

export interface PoolKeeperOptions {
  /** This process. */
  readonly member: string;
  readonly endpoint: string;
  readonly members: MemberDirectory;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly pool: KeptPoolOptions;
  readonly counts: ReservationCounts;
  readonly logger: Logger;
  /** What is not the pool's own to tell: it has begun, or ended. */
  readonly onPool: (pool: TransactionPool | undefined) => void;
}

export class PoolKeeper {
  readonly counts: ReservationCounts;
  readonly #options: PoolKeeperOptions;
  readonly #sending: PendingAppends;
  readonly #ending = new Set<Promise<void>>();
  readonly #pulse: StorePulse;
  readonly #pace: Pace;
  readonly #candidates = new Map<string, { readonly endpoint: string; readonly beat: number }>();
  #pool: TransactionPool | undefined;
  #life = '';
  #isBegun = false;
  /** The log has told of our life: a life that joins now follows it. */
  #isHeard = false;
  #isSending = false;
  #isClosed = false;
  #beats = 0;
  /** Own beats since the owner's last word. */
  #silence = 0;
  #ownerEndpoint = '';
  problem: string | undefined;

  constructor(options: PoolKeeperOptions) {
    this.#options = options;
    this.counts = options.counts;
    this.#sending = new PendingAppends(options.pool.onFailure);
    this.#pulse = new StorePulse(options.pool.registrar);
    this.#pace = new Pace(() => this.counts.commands, options.pool.monotonicMs);
    options.members.listen((event) => this.#onMember(event));
    const last = options.members.list().find(({ role, member }) => role === 'pool' && member === TRANSACTION_POOL);
    if (last?.state !== 'living') this.#silence = SILENT_BEATS;
    else this.#ownerEndpoint = last.endpoint;
  }

  /** The life of the pool while this process runs it. */
  get life(): string | undefined {
    return this.#isBegun ? this.#life : undefined;
  }

  served(): Iterable<ServedSeries> {
    return this.#pool?.served() ?? [];
  }

  /** Each beat: that the owner lives, and can still write. */
  beat(): void {
    if (!this.#isBegun) return;
    if (this.#pulse.beat() >= STORE_SILENT_BEATS && this.#othersStandBy()) this.#stepDown();
    else if (!this.#isSending) this.#say('heartbeat');
  }

  tick(): void {
    if (this.#isBegun) this.#pool?.tick();
  }

  /** Writes down what was asked, and lets the next one take over at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const wasOwner = this.#isBegun;
    this.#end();
    await Promise.all([...this.#ending]);
    if (wasOwner) this.#say('draining');
    await this.#sending.settle();
  }

  #onMember({ member, role, event, incarnation, endpoint }: MemberEvent): void {
    if (role === 'pool' && member === TRANSACTION_POOL) this.#onWord(event, incarnation, endpoint);
    if (role !== 'filler' || !member.endsWith(candidateName(''))) return;
    if (event === 'draining' || event === 'lost') this.#candidates.delete(member);
    else this.#candidates.set(member, { endpoint, beat: this.#beats });
    if (member === candidateName(this.#options.member) && event === 'heartbeat') this.#onBeat();
  }

  #onWord(event: MemberEvent['event'], life: string, endpoint: string): void {
    if (life === this.#life) {
      this.#isHeard = true;
      return;
    }
    if (event === 'joined' && this.#isHeard) {
      this.#options.logger.warn({ life: this.#life, next: life }, 'another process runs the transaction pool now');
      this.#end();
    }
    this.#silence = event === 'draining' ? SILENT_BEATS : 0;
    this.#ownerEndpoint = endpoint;
    if (event !== 'draining') this.problem = undefined;
  }

  #onBeat(): void {
    this.#beats++;
    this.#silence++;
    if (this.#pool !== undefined || this.#isClosed) return;
    if (this.#silence >= SILENT_BEATS + this.#rank() * RANK_BEATS) void this.#take();
  }

  /** How many stand by before this one. */
  #rank(): number {
    const own = candidateName(this.#options.member);
    let rank = 0;
    for (const [member, { endpoint, beat }] of this.#candidates) {
      if (member < own && endpoint !== this.#ownerEndpoint && this.#beats - beat <= ABSENT_BEATS) rank++;
    }
    return rank;
  }

  /** Somebody else was heard of lately who can run the pool. */
  #othersStandBy(): boolean {
    const own = candidateName(this.#options.member);
    return [...this.#candidates].some(([member, { beat }]) => member !== own && this.#beats - beat <= ABSENT_BEATS);
  }

  #stepDown(): void {
    this.problem = `${TRANSACTION_POOL} was left to another process: its database does not answer this one`;
    this.#options.logger.warn({ life: this.#life }, this.problem);
    this.#say('draining');
    this.#end();
    this.#silence = -STEPPED_DOWN_BEATS;
  }

  async #take(): Promise<void> {
    const { pool: options, counts, logger, onPool } = this.#options;
    const life = randomBytes(8).toString('hex');
    this.#life = life;
    this.#isHeard = false;
    const pool: TransactionPool = new TransactionPool({
      ...options,
      counts,
      name: TRANSACTION_POOL,
      mintLife: () => life,
      announce: () => this.#append('joined'),
      onStopped: (problem, error) => this.#stopped(pool, problem, error),
    });
    this.#pool = pool;
    try {
      await pool.begin();
      if (this.#pool !== pool) return;
      this.#isBegun = true;
      this.#pulse.restart();
      this.problem = undefined;
      onPool(pool);
      logger.info({ life }, 'runs the transaction pool');
    } catch (error) {
      logger.warn({ err: error }, 'the transaction pool cannot begin here');
      this.#stopped(pool, `${TRANSACTION_POOL} cannot begin: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  #stopped(pool: TransactionPool, problem: string, error: unknown): void {
    if (this.#pool !== pool) return;
    const code = error instanceof SequenceError ? error.code : undefined;
    // Whoever was faster is heard of soon; anything else is for an operator to see.
    this.problem = code === 'SEQ_FENCED' ? undefined : problem;
    this.#options.logger.warn({ err: error }, 'stands by for the transaction pool');
    this.#end();
    this.#silence = code === 'SEQ_LINEAGE_BROKEN' ? -BROKEN_BEATS : 0;
  }

  /** Stands by from now on; what the pool has under way ends when it ends. */
  #end(): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    this.#pool = undefined;
    this.#isBegun = false;
    this.#isHeard = false;
    this.#options.onPool(undefined);
    const ending = pool.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #say(event: MemberEvent['event']): void {
    this.#isSending = true;
    this.#sending.add(
      this.#append(event).finally(() => {
        this.#isSending = false;
      }),
    );
  }

  async #append(event: MemberEvent['event']): Promise<void> {
    const { log, clock, endpoint } = this.#options;
    const stockValues = [...this.served()].reduce((sum, { isEnded, stock }) => sum + (isEnded ? 0 : stock.available), 0);
    const word = { event, life: this.#life, endpoint, atMs: clock.nowMs() };
    const record = poolWord({ ...word, operationsPerSecond: this.#pace.perSecond(), stockValues });
    await log.append({ topic: TOPICS.members.name, partition: 0, records: [record] });
  }
}
