/**
 * Pools that operators want empty: the `drains/` part of the route table, which outlives every process. Allocators read it to move streams
 * away, gateways to send nothing new there.
 */
import type { RouteTable, Subscription } from '../../../pipelines/ports.ts';

const DRAINS_PREFIX = 'drains/';

export interface Drain {
  readonly sinceMs: number;
  /** Streams it had when the drain was asked for: what progress is measured against. */
  readonly streams: number;
}

export class PoolDrains {
  readonly #routes: RouteTable;
  readonly #onChange: (pools: ReadonlySet<string>) => void;
  readonly #known = new Map<string, Drain>();
  #watch: Subscription | undefined;

  constructor(routes: RouteTable, onChange: (pools: ReadonlySet<string>) => void = () => undefined) {
    this.#routes = routes;
    this.#onChange = onChange;
  }

  async start(): Promise<void> {
    this.#watch = this.#routes.watch(DRAINS_PREFIX, (key, value) => this.#note(key, value));
    for (const { key, value } of await this.#routes.list(DRAINS_PREFIX)) this.#note(key, value);
  }

  has(pool: string): boolean {
    return this.#known.has(pool);
  }

  pools(): string[] {
    return [...this.#known.keys()];
  }

  of(pool: string): Drain | undefined {
    return this.#known.get(pool);
  }

  /** Asked again, it goes on as it was. */
  async begin(pool: string, drain: Drain): Promise<void> {
    if (this.#known.has(pool)) return;
    await this.#routes.put(DRAINS_PREFIX + pool, JSON.stringify(drain));
    this.#note(DRAINS_PREFIX + pool, JSON.stringify(drain));
  }

  async end(pool: string): Promise<void> {
    await this.#routes.delete(DRAINS_PREFIX + pool);
    this.#note(DRAINS_PREFIX + pool, undefined);
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  #note(key: string, value: string | undefined): void {
    const pool = key.slice(DRAINS_PREFIX.length);
    if (value === undefined) this.#known.delete(pool);
    else this.#known.set(pool, JSON.parse(value) as Drain);
    this.#onChange(new Set(this.#known.keys()));
  }
}
