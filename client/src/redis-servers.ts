/**
 * Connections to the Redis of the route table and to those of the pools: each opened when it is first asked, tried again for ever
 * afterwards. A command is sent once; whether one whose answer was lost did its work nobody knows.
 */
import type { Redis, RedisOptions } from 'ioredis';
import { SeqcastClientError } from './client-error.ts';

/** Sentinels listen here unless their address says otherwise. */
const SENTINEL_PORT = 26_379;
/** A step of Redis takes well under a millisecond: after this it is away. */
const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Pauses between attempts to connect grow up to this. */
const RECONNECT_MS_MAX = 1_000;
const RECONNECT_MS = 50;

type RedisClass = typeof import('ioredis').Redis;
/** Replies are read as they came before RESP3, and as every version of ioredis reads them. */
export type RedisSettings = Omit<RedisOptions, 'replyMapping'>;

/** Imported only here, when somebody connects. */
export async function ioredis(): Promise<RedisClass> {
  try {
    return (await import('ioredis')).Redis;
  } catch (cause) {
    throw new SeqcastClientError('SEQ_UNSUPPORTED', 'values straight from Redis need the package ioredis, which is not there', {
      whatToDo: 'Install it beside seqcast-client: npm install ioredis',
      cause,
    });
  }
}

export class RedisServers {
  readonly #make: RedisClass;
  readonly #address: URL;
  readonly #options: RedisSettings;
  readonly #open = new Map<string, Redis>();

  constructor(make: RedisClass, address: URL, options: RedisSettings) {
    this.#make = make;
    this.#address = address;
    this.#options = options;
  }

  /** For messages: without user and password. */
  get shown(): string {
    return `${this.#address.protocol}//${this.#address.host}`;
  }

  /**
   * A connection that stands; rejects where it does not within the time of a command. The endpoint is as the route table names a pool:
   * `redis://host:port`, or `sentinel:name@host:port,…`; user and password are those of the address.
   */
  async ready(endpoint: string): Promise<Redis> {
    const redis = this.#at(endpoint);
    if (redis.status !== 'ready') await standing(redis);
    return redis;
  }

  #at(endpoint: string): Redis {
    const known = this.#open.get(endpoint);
    if (known !== undefined) return known;
    const opened = new this.#make({ ...this.#place(endpoint), ...this.#manners(), ...this.#options });
    // What goes wrong is told by the commands that fail of it.
    opened.on('error', () => undefined);
    this.#open.set(endpoint, opened);
    return opened;
  }

  close(): void {
    for (const redis of this.#open.values()) redis.disconnect();
    this.#open.clear();
  }

  #place(endpoint: string): RedisSettings {
    const { username, password, pathname } = this.#address;
    const who = {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    };
    if (endpoint.startsWith('sentinel:')) {
      const [name = '', hosts = ''] = endpoint.slice('sentinel:'.length).split('@');
      const isTls = this.#address.protocol === 'rediss:';
      const tls = isTls ? { enableTLSForSentinelMode: true, sentinelTLS: {}, tls: {} } : {};
      return { sentinels: hosts.split(',').map((host) => placeOf(host, SENTINEL_PORT)), name, role: 'master', ...who, ...tls };
    }
    const url = new URL(endpoint);
    const db = endpoint === this.shown ? Number(pathname.slice(1)) : 0;
    return { ...placeOf(url.host, 6379), ...who, ...(db > 0 && { db }), ...(url.protocol === 'rediss:' && { tls: {} }) };
  }

  #manners(): RedisSettings {
    return {
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (times) => Math.min(times * RECONNECT_MS, RECONNECT_MS_MAX),
      // A server that loads its data refuses commands by itself, and a user who only takes values may not ask for INFO.
      enableReadyCheck: false,
      // A command that lay in a queue would be sent when nobody waits for its answer any more.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      // The primary became a replica: the address may lead to the new one by now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      // As numbers, ioredis 6 reads integers within 48 of 2^53 wrong.
      stringNumbers: true,
    };
  }
}

function standing(redis: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    const settled = (error?: Error): void => {
      clearTimeout(timer);
      redis.off('ready', settled).off('error', settled).off('end', ended);
      if (error === undefined) resolve();
      else reject(error);
    };
    const ended = (): void => settled(new Error('the connection was closed'));
    const timer = setTimeout(() => settled(new Error('no connection in time')), COMMAND_TIMEOUT_MS);
    redis.once('ready', settled).once('error', settled).once('end', ended);
  });
}

function placeOf(text: string, portDefault: number): { readonly host: string; readonly port: number } {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? portDefault : Number(port) };
}
