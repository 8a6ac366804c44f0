/**
 * A gateway's connections to the pools it hears of: opened when a pool is first seen, closed when it moved or is gone for good. A pool
 * that did not answer is passed over for a moment where another one can serve.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { PoolSnapshot } from '../../../core/placement/snapshot.ts';
import { poolSnapshot } from '../../../pipelines/placement.ts';
import type { SharedStock, Subscription } from '../../../pipelines/ports.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import { TRANSACTION_POOL } from '../reservations/pool-word.ts';
import type { MemberView } from '../service/service.ts';
import type { PoolDrains } from './pool-drains.ts';

/** So long a pool that failed is asked only where there is no other. */
const SUSPECT_MS = 1_000;
/** Between looks at who is there. */
const REFRESH_MS = 500;

/** How long a start waits for pools to be connected. */
const START_MS_MAX = 1_000;

export interface PoolConnection {
  readonly pool: string;
  readonly endpoint: string;
  readonly stock: SharedStock;
  readonly listening: Subscription;
  suspectUntilMs: number;
}

export interface PoolConnectionsOptions {
  readonly members: MemberDirectory;
  /** Pools that get nothing new; left out where nothing is placed. */
  readonly drains?: Pick<PoolDrains, 'has'>;
  readonly monotonicMs: () => number;
  readonly openStock: (endpoint: string) => Promise<SharedStock>;
  /** A stream was loaded somewhere: whoever waits for it may ask again. */
  readonly onLoaded: (stream: string) => void;
  readonly onProblem: (pool: string, error: unknown) => void;
}

export class PoolConnections {
  readonly #options: PoolConnectionsOptions;
  readonly #open = new Map<string, PoolConnection>();
  readonly #opening = new Map<string, Promise<void>>();
  #living: readonly string[] = [];
  #snapshots: readonly PoolSnapshot[] = [];
  #quiet: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PoolConnectionsOptions) {
    this.#options = options;
  }

  /** Opens what is there, and keeps up with who comes and goes. */
  async start(): Promise<void> {
    // A pool that is dead and not known to be costs its connection's time-out; the others need not wait for it.
    await Promise.race([this.refresh(), new Promise((resolve) => setTimeout(resolve, START_MS_MAX))]);
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
  }

  /** Pools that live and are connected. */
  get living(): readonly string[] {
    return this.#living;
  }

  /** The living ones as placement sees them. */
  get snapshots(): readonly PoolSnapshot[] {
    return this.#snapshots;
  }

  get(pool: string): PoolConnection | undefined {
    return this.#open.get(pool);
  }

  all(): PoolConnection[] {
    return [...this.#open.values()];
  }

  isSuspect(pool: string): boolean {
    const connection = this.#open.get(pool);
    return connection === undefined || connection.suspectUntilMs > this.#options.monotonicMs();
  }

  suspect(pool: string, error: unknown): void {
    // A primary of a Cluster that refuses a stream of another one's slot serves all others.
    if (error instanceof SequenceError && error.details.reason === 'slot') return;
    this.#passOver(pool);
  }

  /** Nobody fills the pool, as it seems. */
  isQuiet(pool: string): boolean {
    return this.#quiet.has(pool);
  }

  /** A pool gave a caller nothing: where nobody fills it, callers are better off elsewhere for a moment. */
  ranOut(pool: string): void {
    if (this.#quiet.has(pool)) this.#passOver(pool);
  }

  async refresh(): Promise<void> {
    const { members } = this.#options;
    this.#quiet = new Set(members.quietPools().map(({ member }) => member));
    // The transaction pool has no stock that a gateway could take from.
    const pools = members.list().filter(({ role, member }) => role === 'pool' && member !== TRANSACTION_POOL);
    const living = pools.filter(({ state }) => state === 'living');
    await Promise.all(living.map((pool) => this.#opened(pool)));
    this.#living = living.map(({ member }) => member).filter((pool) => this.#open.has(pool));
    const isDraining = (pool: string): boolean => this.#options.drains?.has(pool) === true;
    this.#snapshots = members
      .pools()
      .filter(({ event }) => this.#living.includes(event.member))
      .map(({ event }) => poolSnapshot(event, isDraining(event.member) ? 'draining' : 'living', event.atMs));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#opening.values()]);
    await Promise.all([...this.#open.values()].map((connection) => closed(connection)));
    this.#open.clear();
  }

  #passOver(pool: string): void {
    const connection = this.#open.get(pool);
    if (connection !== undefined) connection.suspectUntilMs = this.#options.monotonicMs() + SUSPECT_MS;
  }

  async #opened({ member: pool, endpoint }: MemberView): Promise<void> {
    const known = this.#open.get(pool);
    if (known?.endpoint === endpoint) return;
    let opening = this.#opening.get(pool);
    if (opening === undefined) {
      opening = this.#connect(pool, endpoint, known).finally(() => this.#opening.delete(pool));
      this.#opening.set(pool, opening);
    }
    await opening;
  }

  async #connect(pool: string, endpoint: string, former: PoolConnection | undefined): Promise<void> {
    const { openStock, onLoaded, onProblem } = this.#options;
    try {
      const stock = await openStock(endpoint);
      this.#open.set(pool, { pool, endpoint, stock, listening: stock.onLoaded(onLoaded), suspectUntilMs: 0 });
      if (former !== undefined) await closed(former);
    } catch (error) {
      onProblem(pool, error);
    }
  }
}

async function closed({ listening, stock }: PoolConnection): Promise<void> {
  await listening.close();
  await stock.close();
}
