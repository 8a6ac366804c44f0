/**
 * The connections that all peers share: of each kind of server as many as there are callers, opened when the first peer wants them. A
 * connection that ends because its server was killed is no error here; the call that was on it says so.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { Redis } from 'ioredis';
import { type Connection, createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Addresses } from './addresses.ts';

/** Longest wait for an answer while a server restarts. */
const ANSWER_MS_MAX = 30_000;

export class Lines {
  readonly addresses: Addresses;
  readonly #callers: number;
  readonly #agent: Agent;
  readonly #ends: (() => unknown)[] = [];
  readonly #redis = new Map<string, Redis>();
  #postgres: Promise<pg.Client[]> | undefined;
  #mariadb: Promise<Connection[]> | undefined;
  #aside: Promise<pg.Client> | undefined;
  #lastAside: Promise<unknown> = Promise.resolve();

  constructor(addresses: Addresses, callers: number) {
    this.addresses = addresses;
    this.#callers = callers;
    this.#agent = new Agent({ keepAlive: true, maxSockets: callers, noDelay: true });
  }

  postgres(): Promise<pg.Client[]> {
    this.#postgres ??= Promise.all(Array.from({ length: this.#callers }, () => this.#onePostgres()));
    return this.#postgres;
  }

  async #onePostgres(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.addresses.postgres });
    client.on('error', () => undefined);
    await client.connect();
    this.#ends.push(() => client.end().catch(() => undefined));
    return client;
  }

  /** What is not asked by a caller: on a connection of its own, one question after the other. */
  aside(question: string | pg.QueryConfig): Promise<pg.QueryResult> {
    this.#aside ??= this.#onePostgres();
    const client = this.#aside;
    const answer = this.#lastAside.then(async () => (await client).query(question));
    this.#lastAside = answer.catch(() => undefined);
    return answer;
  }

  mariadb(): Promise<Connection[]> {
    this.#mariadb ??= Promise.all(Array.from({ length: this.#callers }, () => this.#oneMariadb()));
    return this.#mariadb;
  }

  async #oneMariadb(): Promise<Connection> {
    const connection = await createConnection((this.addresses.mariadb ?? '').replace(/^mariadb:/, 'mysql:'));
    connection.on('error', () => undefined);
    this.#ends.push(() => connection.destroy());
    return connection;
  }

  /** One for a caller alone, and one that sends together what many ask for together: the driver's best for each. */
  redis(which: 'redis' | 'redisDurable'): { readonly alone: Redis; readonly together: Redis } {
    const connected = (enableAutoPipelining: boolean): Redis => {
      const key = `${which} ${enableAutoPipelining}`;
      const known = this.#redis.get(key);
      if (known !== undefined) return known;
      const redis = new Redis(this.addresses[which] ?? '', { enableAutoPipelining, maxRetriesPerRequest: 0 });
      redis.on('error', () => undefined);
      this.#redis.set(key, redis);
      this.#ends.push(() => redis.disconnect());
      return redis;
    };
    return { alone: connected(false), together: connected(true) };
  }

  /** The body of the answer; an answer that is none of 2xx is an error. */
  http(method: 'GET' | 'POST', path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const all = { ...headers, ...(text !== undefined && { 'content-type': 'application/json', 'content-length': String(text.length) }) };
    return new Promise((resolve, reject) => {
      const asked = request(
        `${this.addresses.gateway}${path}`,
        { method, agent: this.#agent, headers: all, timeout: ANSWER_MS_MAX },
        (answer) => read(answer, resolve, reject),
      );
      asked.on('error', reject);
      asked.on('timeout', () => asked.destroy(new Error(`${path} was not answered within ${ANSWER_MS_MAX} ms`)));
      asked.end(text);
    });
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await Promise.all(this.#ends.map((end) => end()));
  }
}

function read(answer: IncomingMessage, resolve: (body: unknown) => void, reject: (error: Error) => void): void {
  const { statusCode = 0 } = answer;
  let text = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    text += chunk;
  });
  answer.on('error', reject);
  answer.on('end', () => {
    if (statusCode >= 200 && statusCode < 300) resolve(text === '' ? undefined : JSON.parse(text));
    else reject(new Error(`the gateway answered ${statusCode}: ${text}`));
  });
}
