/**
 * Which pool serves a stream, as the route table in Redis says. It is read, never written: allocators write it. What was read is believed
 * for a second; whoever was refused with it reads again at once.
 */
import type { Redis } from 'ioredis';
import { SeqcastClientError } from './client-error.ts';
import type { Caller } from './http-transport.ts';

const ENTRIES = '{seqcast}:routes:entries';
const KEYS = '{seqcast}:routes:keys';
/** Behind every key that begins with `pools/`: `0` follows `/`. */
const BEHIND_POOLS = '(pools0';
const POOLS_MAX = 1_000;
const BELIEVED_MS = 1_000;
/** What a caller is called that names neither type nor service, and the stream that the rest share: as everywhere in seqcast. */
const DEFAULT_NAME = 'default';
const SHARED = '*';

export interface StreamPlace {
  readonly stream: string;
  /** Undefined where the table does not know the stream. */
  readonly pool: string | undefined;
  /** The generation whose values may lie in hand: it has no order, and its values do not begin again. */
  readonly ahead: number | undefined;
}

export interface Pool {
  readonly name: string;
  readonly endpoint: string;
  /** Somebody fills it, as it seems. */
  readonly isServing: boolean;
}

export class RedisRoutes {
  readonly #home: () => Promise<Redis>;
  readonly #caller: Caller;
  readonly #places = new Map<string, { readonly place: StreamPlace; readonly readAtMs: number }>();
  #pools: { readonly pools: readonly Pool[]; readonly readAtMs: number } | undefined;
  #client: Required<Pick<Caller, 'clientType' | 'service'>> | undefined;
  /** The user may not read the table: then the address itself is the pool. */
  #isClosedToUs = false;

  constructor(home: () => Promise<Redis>, caller: Caller) {
    this.#home = home;
    this.#caller = caller;
  }

  /**
   * The caller's stream of the sequence, or the shared one where that is the one which has values. `again`: what was read was wrong.
   * `prefersShared`: where neither has values, the shared one.
   */
  async place(sequence: string, again: boolean, prefersShared: boolean): Promise<StreamPlace> {
    const known = this.#places.get(sequence);
    if (known !== undefined && !again && performance.now() - known.readAtMs < BELIEVED_MS) return known.place;
    const { clientType, service } = await this.#who();
    const own = `${sequence}/${clientType}/${service}`;
    const shared = `${sequence}/${SHARED}/${SHARED}`;
    const [ofOwn, ofShared] = (await this.#entries([`streams/${own}`, `streams/${shared}`])).map(routeOf);
    const isShared = !hasShard(ofOwn) && (prefersShared || hasShard(ofShared));
    const found = isShared ? ofShared : ofOwn;
    const place = { stream: isShared ? shared : own, pool: found?.pool, ahead: found?.ahead };
    this.#places.set(sequence, { place, readAtMs: performance.now() });
    return place;
  }

  /** A pool said who serves the stream now. */
  moved(sequence: string, pool: string): void {
    const known = this.#places.get(sequence);
    if (known !== undefined) this.#places.set(sequence, { ...known, place: { ...known.place, pool } });
  }

  async pools(again: boolean): Promise<readonly Pool[]> {
    if (this.#pools !== undefined && !again && performance.now() - this.#pools.readAtMs < BELIEVED_MS) return this.#pools.pools;
    const names = await this.#allowed((home) => home.zrangebylex(KEYS, '[pools/', BEHIND_POOLS, 'LIMIT', 0, POOLS_MAX), []);
    const entries = names.length === 0 ? [] : await this.#entries(names);
    const pools = names.flatMap((key, index) => poolOf(key.slice('pools/'.length), entries[index]));
    this.#pools = { pools, readAtMs: performance.now() };
    return pools;
  }

  async #who(): Promise<Required<Pick<Caller, 'clientType' | 'service'>>> {
    const { clientId, clientType = DEFAULT_NAME, service = DEFAULT_NAME } = this.#caller;
    if (clientId === undefined) return { clientType, service };
    if (this.#client !== undefined) return this.#client;
    const [entry] = await this.#entries([`clients/${clientId}`]);
    if (entry === undefined) {
      throw new SeqcastClientError('SEQ_UNKNOWN_CLIENT', `client ${clientId} is not in the route table`, {
        whatToDo: 'Register the client id, or name client type and service.',
      });
    }
    this.#client = entry as Required<Pick<Caller, 'clientType' | 'service'>>;
    return this.#client;
  }

  async #entries(keys: readonly string[]): Promise<(Record<string, unknown> | undefined)[]> {
    const none = keys.map(() => null);
    const held = await this.#allowed<readonly (string | null)[]>((home) => home.hmget(ENTRIES, ...keys), none);
    return held.map((entry) => (entry === null ? undefined : (JSON.parse(entry.slice(entry.indexOf(' ') + 1)) as Record<string, unknown>)));
  }

  /** A user who can take values and do nothing else gets along without the table. */
  async #allowed<T>(read: (home: Redis) => Promise<T>, otherwise: T): Promise<T> {
    if (this.#isClosedToUs) return otherwise;
    const home = await this.#home();
    try {
      return await read(home);
    } catch (error) {
      if (!/^NOPERM/.test((error as Error).message)) throw error;
      this.#isClosedToUs = true;
      return otherwise;
    }
  }
}

interface Route {
  readonly pool: string;
  readonly shard: number;
  readonly ahead?: number;
}

function routeOf(entry: Record<string, unknown> | undefined): Route | undefined {
  return typeof entry?.pool === 'string' && typeof entry.shard === 'number' ? (entry as unknown as Route) : undefined;
}

function hasShard(route: Route | undefined): boolean {
  return route !== undefined && route.shard >= 0;
}

/** What serves no more, or is not said to be reached by Redis, is no pool to ask. */
function poolOf(name: string, entry: Record<string, unknown> | undefined): Pool[] {
  const { endpoint, state } = entry ?? {};
  if (typeof endpoint !== 'string' || !/^(rediss?:|sentinel:)/.test(endpoint)) return [];
  return [{ name, endpoint, isServing: state === 'joined' || state === 'heartbeat' }];
}
