/**
 * Looks at a Redis Cluster, whose primaries are pools of their own: each has a library, a life and a stock, so that the loss of one fences
 * none of the others (docs/adr/0026-a-redis-cluster-is-a-pool-per-primary.md). Every server that is known is asked for itself.
 */
import { Redis } from 'ioredis';
import { within } from '../engines/engine-calls.ts';
import { type RedisAddress, redisAddress, redisAway, unusable } from '../redis-server/address.ts';
import { openConnection } from '../redis-server/connection.ts';
import { type ClusterView, type NodeAddress, type NodeWord, type SlotsRow, viewOf, wordOf } from './cluster-view.ts';
import { commandError } from './stock-errors.ts';

/** A look is four small commands: who needs longer is passed over until the next one. */
const LOOK_TIMEOUT_MS = 1_000;
/** Servers name others, which are asked in turn; everybody knows everybody, so the second round has all. */
const ROUNDS_MAX = 4;

export interface RedisClusterOptions {
  /** A server of the Cluster, as `redis://` or `rediss://`; its user and password count for all. */
  readonly url: string;
  /** PEM file of the authority that signed the servers' certificates. */
  readonly caFile?: string;
}

export interface RedisCluster {
  /** Throws `SEQ_ENGINE_AWAY` while no server answers. */
  look(): Promise<ClusterView>;
  /** Where the stock of a primary is reached, without user and password. */
  endpoint(place: NodeAddress): string;
  close(): Promise<void>;
}

/** Throws `SEQ_ENGINE_UNREACHABLE` or `SEQ_ENGINE_UNUSABLE` with what to change. */
export async function openRedisCluster({ url, caFile }: RedisClusterOptions): Promise<RedisCluster> {
  const seed = redisAddress(url, caFile);
  const asked = new AskedNodes(seed);
  try {
    await asked.first();
  } catch (error) {
    asked.close();
    throw error;
  }
  const { protocol } = new URL(url);
  return {
    async look() {
      const words = await asked.words();
      if (words.length === 0) throw redisAway(seed.shown, new Error('no server of the Cluster answers'));
      return viewOf(words);
    },
    endpoint: ({ host, port }) => `${protocol}//${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: async () => asked.close(),
  };
}

/** The servers that are known, each with a connection that is made when it is first asked. */
class AskedNodes {
  readonly #seed: RedisAddress;
  readonly #places = new Map<string, NodeAddress>();
  readonly #connections = new Map<string, Promise<Redis>>();
  #isClosed = false;

  constructor(seed: RedisAddress) {
    this.#seed = seed;
    this.#know(seed);
  }

  /** Asks the server of the URL, and tells why it cannot be asked. */
  async first(): Promise<void> {
    const { shown } = this.#seed;
    const connection = await this.#connected(this.#seed);
    let info: string;
    try {
      info = await connection.info('cluster');
    } catch (error) {
      throw commandError(shown, error);
    }
    if (!info.includes('cluster_enabled:1')) {
      throw unusable(shown, 'it is no server of a Cluster', 'leave SEQCAST_REDIS_CLUSTER out, or name a server of the Cluster');
    }
    // A user who may not look at the Cluster cannot fill it.
    await this.#ask(this.#seed).catch((error: unknown) => {
      throw commandError(shown, error);
    });
  }

  /** What each server said that answers, and nobody else. */
  async words(): Promise<readonly NodeWord[]> {
    const words = new Map<string, NodeWord | undefined>();
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const unasked = [...this.#places].filter(([name]) => !words.has(name));
      if (unasked.length === 0) break;
      const said = await Promise.all(unasked.map(([, place]) => this.#ask(place).catch(() => undefined)));
      for (const [index, [name]] of unasked.entries()) words.set(name, said[index]);
      for (const word of said) for (const place of word?.listed ?? []) this.#know(place);
    }
    const heard = [...words.values()].filter((word) => word !== undefined);
    if (heard.length > 0) this.#forgetUnlisted(heard);
    // A server that is known by two names speaks once.
    return [...new Map(heard.map((word) => [word.node, word])).values()];
  }

  close(): void {
    this.#isClosed = true;
    for (const name of [...this.#places.keys()]) this.#forget(name);
  }

  #know(place: NodeAddress): void {
    if (!this.#isClosed) this.#places.set(nameOf(place), { host: place.host, port: place.port });
  }

  /** The server of the URL is asked for ever: it may be a name that leads to whoever is there. */
  #forgetUnlisted(words: readonly NodeWord[]): void {
    const listed = new Set([this.#seed, ...words.flatMap((word) => [word.address, ...word.listed])].map(nameOf));
    for (const name of this.#places.keys()) if (!listed.has(name)) this.#forget(name);
  }

  #forget(name: string): void {
    this.#places.delete(name);
    const connection = this.#connections.get(name);
    this.#connections.delete(name);
    connection?.then((open) => open.disconnect()).catch(() => undefined);
  }

  #connected(place: NodeAddress): Promise<Redis> {
    const name = nameOf(place);
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const { host, port } = place;
    const shown = `${this.#seed.tls === undefined ? 'redis' : 'rediss'}://${name}`;
    const address: RedisAddress = { ...this.#seed, host, port, db: 0, shown };
    const opening = openConnection(address, LOOK_TIMEOUT_MS, (caller) => new Redis(caller));
    this.#connections.set(name, opening);
    // One that cannot be reached is tried anew with the next look.
    opening.catch(() => {
      if (this.#connections.get(name) === opening) this.#connections.delete(name);
    });
    return opening;
  }

  #ask(place: NodeAddress): Promise<NodeWord> {
    const asking = async (): Promise<NodeWord> => {
      const connection = await this.#connected(place);
      const [node, rows, state, replication] = await Promise.all([
        connection.cluster('MYID'),
        connection.cluster('SLOTS'),
        connection.cluster('INFO'),
        connection.info('replication'),
      ]);
      return wordOf(place, node, rows as unknown as SlotsRow[], state, replication);
    };
    return within(LOOK_TIMEOUT_MS, asking());
  }
}

function nameOf({ host, port }: NodeAddress): string {
  return `${host}:${port}`;
}
