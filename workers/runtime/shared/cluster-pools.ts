/**
 * The pools of a Redis Cluster, one for every primary, as a filler looks after them: it looks at the Cluster every second, opens a pool
 * where there is a new primary, closes it where one is none any more, and tells the others which slots each has.
 *
 * A pool is called after the Cluster and its server, not after its slots or its place among the others: name and store stay together
 * whatever is moved, and a server that takes another's place is a pool of its own.
 */
import { SequenceError } from '../../../core/errors.ts';
import { changesOf, type SeenCluster, type SeenPrimary } from './cluster-changes.ts';
import type { ClusterHome } from './cluster-home.ts';
import type { FilledPool, PoolPlace } from './filled-pool.ts';

const LOOK_MS = 1_000;
/** Looks after which a server counts as no primary any more: its filler has said by then that it does not get through, and ordered streams know. */
const LOOKS_UNTIL_CLOSED = 3;
/** Of the server's id, which has 40: enough to tell servers apart, few enough to be read. */
const NODE_CHARACTERS = 8;
const NAME_LENGTH_MAX = 63;

export interface ClusterPoolsOptions {
  /** What all of the pools' names begin with. */
  readonly cluster: string;
  /** Rejects while no server of the Cluster answers. */
  readonly look: () => Promise<SeenCluster>;
  readonly open: (place: PoolPlace & { readonly home: ClusterHome }) => Promise<FilledPool>;
  readonly onLog: (message: string, error?: unknown) => void;
}

export class ClusterPools {
  readonly #options: ClusterPoolsOptions;
  /** By server. */
  readonly #open = new Map<string, FilledPool & { readonly home: ClusterHome }>();
  /** How many looks in a row found a server to be no primary. */
  readonly #missed = new Map<string, number>();
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: ClusterPoolsOptions) {
    this.#options = options;
    if (options.cluster.length + 1 + NODE_CHARACTERS > NAME_LENGTH_MAX) {
      const most = NAME_LENGTH_MAX - 1 - NODE_CHARACTERS;
      throw new SequenceError('SEQ_CONFIG_INVALID', `SEQCAST_POOL of a Redis Cluster has at most ${most} characters`);
    }
  }

  /** Opens what is there. Throws what an operator has to change; what comes late is opened when it is there. */
  async start(): Promise<void> {
    await this.#change(await this.#options.look(), (error) => {
      if (!(error instanceof SequenceError && error.retriable)) throw error;
    });
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, LOOK_MS);
  }

  all(): FilledPool[] {
    return [...this.#open.values()];
  }

  problems(): string[] {
    const problem = this.#problem ?? (this.#open.size === 0 ? 'none of its primaries serves; see CLUSTER INFO of its servers' : undefined);
    return problem === undefined ? [] : [`cluster ${this.#options.cluster}: ${problem}`];
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.all().map((each) => each.close()));
  }

  async #look(): Promise<void> {
    try {
      const seen = await this.#options.look();
      this.#problem = undefined;
      await this.#change(seen, (error) => this.#options.onLog('a primary of the Cluster cannot be opened', error));
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }

  async #change(seen: SeenCluster, onError: (error: unknown) => void): Promise<void> {
    const open = new Map([...this.#open].map(([node, { endpoint, home }]) => [node, { endpoint, slots: home.slots }]));
    const { opens, resettles, reopens, closes } = changesOf(open, seen);
    for (const { node, slots } of resettles) {
      const pool = this.#open.get(node);
      if (pool === undefined) continue;
      pool.home.slots = slots;
      // Callers are led to the new owner already: the sooner everybody knows, the less they wait.
      pool.report();
    }
    for (const node of this.#missed.keys()) if (!closes.includes(node)) this.#missed.delete(node);
    for (const node of closes) this.#missed.set(node, (this.#missed.get(node) ?? 0) + 1);
    const over = closes.filter((node) => (this.#missed.get(node) ?? 0) >= LOOKS_UNTIL_CLOSED);
    await Promise.all([...over, ...reopens.map(({ node }) => node)].map((node) => this.#closed(node)));
    const opening = await Promise.allSettled([...opens, ...reopens].map((primary) => this.#opened(primary)));
    for (const each of opening) if (each.status === 'rejected') onError(each.reason);
  }

  async #closed(node: string): Promise<void> {
    const pool = this.#open.get(node);
    this.#open.delete(node);
    this.#missed.delete(node);
    await pool?.close();
    this.#options.onLog(`looks after ${pool?.name} at ${pool?.endpoint} no more`);
  }

  async #opened({ node, endpoint, slots }: SeenPrimary): Promise<void> {
    const { cluster, open, onLog } = this.#options;
    const name = `${cluster}-${node.slice(0, NODE_CHARACTERS)}`;
    const home = { cluster, slots };
    this.#open.set(node, { ...(await open({ name, endpoint, home })), home });
    onLog(`looks after ${name}, a primary at ${endpoint}`);
  }
}
