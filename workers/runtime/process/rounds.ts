/**
 * What is done again and again: reports of consumption, ticks of pool and allocator, snapshots, and the deleting of what topics
 * no longer keep. The only timers of the process.
 */
import type { EventLog } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { Allocator } from '../allocator.ts';
import type { ExpectationClerk } from '../forecasting/expectation-clerk.ts';
import type { Forecasts } from '../forecasting/forecasts.ts';
import type { Pool } from '../pool/pool.ts';
import type { TransactionPool } from '../reservations/transaction-pool.ts';
import { PendingAppends } from './pending-appends.ts';

const POOL_TICK_MS = 100;
const ALLOCATOR_TICK_MS = 1_000;
/** What is set or announced is copied at once; the round is for what was lost on the way, or is over. */
const CLERK_TICK_MS = 1_000;
const HEARTBEAT_MS = 10_000;
const RETENTION_MS = 600_000;
/** Timers cannot be finer; a clock that is sped up further is reported in longer spans. */
const REPORT_WALL_MS_MIN = 2;

export interface RoundsOptions {
  readonly pool: Pool;
  readonly transactions: TransactionPool;
  readonly allocator: Allocator;
  readonly forecasts: Forecasts;
  readonly clerk: ExpectationClerk;
  readonly log: EventLog;
  readonly reportWallMs: number;
  readonly onFailure: (error: unknown) => void;
}

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #pending: PendingAppends;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#pending = new PendingAppends(options.onFailure);
  }

  start(): void {
    const { pool, transactions, allocator, clerk, reportWallMs } = this.#options;
    this.#every(Math.max(REPORT_WALL_MS_MIN, reportWallMs), () => pool.report());
    this.#every(POOL_TICK_MS, () => pool.tick());
    this.#every(POOL_TICK_MS, () => transactions.tick());
    this.#every(ALLOCATOR_TICK_MS, () => allocator.tick());
    this.#every(CLERK_TICK_MS, () => clerk.tick());
    this.#every(HEARTBEAT_MS, () => this.#pending.add(pool.join('heartbeat')));
    this.#every(RETENTION_MS, () => {
      this.#pending.add(this.#options.forecasts.save());
      this.#pending.add(this.#trim());
    });
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  async #trim(): Promise<void> {
    const { log } = this.#options;
    for (const topic of Object.values(TOPICS)) {
      // The log stamps real time, whatever clock the stages run on.
      if (typeof topic.retentionMs === 'number') await log.trim(topic.name, Date.now() - topic.retentionMs);
    }
  }

  #every(intervalMs: number, task: () => void): void {
    const { onFailure } = this.#options;
    this.#timers.push(
      setInterval(() => {
        try {
          task();
        } catch (error) {
          onFailure(error);
        }
      }, intervalMs),
    );
  }
}
