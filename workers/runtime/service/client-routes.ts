/**
 * Which stream a client id belongs to: the `clients/` part of the route table, held in memory and kept current by a watch, so that
 * a lookup on the way to a value costs one map access.
 */
import { SequenceError } from '../../../core/errors.ts';
import { CLIENT_ID_PATTERN } from '../../../core/limits.ts';
import type { RouteTable, Subscription } from '../../../pipelines/ports.ts';

const PREFIX = 'clients/';

export interface ClientRoute {
  readonly clientType: string;
  readonly service: string;
}

export class ClientRoutes {
  readonly #routes: RouteTable;
  readonly #known = new Map<string, ClientRoute>();
  #watch: Subscription | undefined;

  constructor(routes: RouteTable) {
    this.#routes = routes;
  }

  /** The whole table: API keys have their part of it beside the clients. */
  get table(): RouteTable {
    return this.#routes;
  }

  async start(): Promise<void> {
    this.#watch = this.#routes.watch(PREFIX, (key, value) => this.#note(key, value));
    for (const { key, value } of await this.#routes.list(PREFIX)) this.#note(key, value);
  }

  async register(clientId: string, { clientType, service }: ClientRoute): Promise<void> {
    checkClientId(clientId);
    await this.#routes.put(PREFIX + clientId, JSON.stringify({ clientType, service }));
    this.#known.set(clientId, { clientType, service });
  }

  /** Throws `SEQ_UNKNOWN_CLIENT`. */
  route(clientId: string): ClientRoute {
    const known = this.#known.get(clientId);
    if (known !== undefined) return known;
    checkClientId(clientId);
    throw new SequenceError('SEQ_UNKNOWN_CLIENT', `client ${clientId} is not in the route table`, { clientId });
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  #note(key: string, value: string | undefined): void {
    const clientId = key.slice(PREFIX.length);
    if (value === undefined) this.#known.delete(clientId);
    else this.#known.set(clientId, JSON.parse(value) as ClientRoute);
  }
}

function checkClientId(clientId: unknown): asserts clientId is string {
  if (typeof clientId === 'string' && CLIENT_ID_PATTERN.test(clientId)) return;
  throw new SequenceError(
    'SEQ_INVALID_NAME',
    "a client id has 1 to 128 letters, digits, '.', '_', '-', ':' or '@', starting with a letter or digit",
  );
}
