/**
 * The route table in Redis: one hash of entries, changed by a script that compares versions, and one channel on which every change is
 * published. Entries are as durable as the server's settings make them; allocators write them again when they are gone.
 *
 *   {prefix}:entries   hash of key -> version and value
 *   {prefix}:keys      sorted set of the keys
 *   {prefix}:version   of the newest change
 *   {prefix}:changes   channel
 *   {prefix}:secrets, {prefix}:secret-keys   the same of API keys, so that who may read routes need not be able to read those
 */
import { Redis } from 'ioredis';
import { SequenceError } from '../../core/errors.ts';
import type { RouteEntry, RouteTable } from '../../pipelines/ports.ts';
import { createEngineCalls } from '../engines/engine-calls.ts';
import { createHealthRecord, type EngineHealth, type EngineLog } from '../engines/engine-health.ts';
import { checkNoCluster, checkUsable, infoFields, redisAddress, redisAway, redisUnreachable } from '../redis-server/address.ts';
import { openConnection } from '../redis-server/connection.ts';
import { watchLiveness } from '../redis-server/liveness.ts';
import { checkRoute } from '../route-rules.ts';
import { CHANGE_SCRIPT, CHANGE_SEPARATOR, PAGE_SCRIPT } from './route-table-scripts.ts';
import { moveSecrets } from './route-table-secrets.ts';
import { createRouteWatches } from './route-table-watches.ts';

/** One step of Redis takes well under a millisecond: after this it is away. */
const CALL_TIMEOUT_MS = 3_000;
const CALLS_WAITING_MAX = 10_000;

/** Hashes of API keys: a user of Redis is let into keys of Redis, not into parts of a hash. */
const SECRET = 'keys/';

/** Entries per step of a list: others wait no longer than such a page takes. */
const PAGE_ENTRIES = 500;

export interface RedisRouteTableOptions {
  /** `redis://` or `rediss://`, with user, password and database number where needed. */
  readonly url: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string;
  /** Begins all keys; braces around its first part keep them in one slot of a Redis Cluster. */
  readonly prefix?: string;
  readonly onLog?: EngineLog;
}

export interface RedisRouteTable extends RouteTable {
  /** Whether both of its connections are there. */
  health(): EngineHealth;
  close(): Promise<void>;
}

/** Throws `SEQ_ENGINE_UNREACHABLE` or `SEQ_ENGINE_UNUSABLE` with what to change. Calls throw `SEQ_ENGINE_AWAY` while Redis is away. */
export async function openRedisRouteTable(options: RedisRouteTableOptions): Promise<RedisRouteTable> {
  const { url, caFile, prefix = '{seqcast}:routes', onLog } = options;
  const address = redisAddress(url, caFile);
  const [entriesKey, keysKey, versionKey, channel] = ['entries', 'keys', 'version', 'changes'].map((name) => `${prefix}:${name}`) as [
    string,
    string,
    string,
    string,
  ];
  /** Hash of the entries and sorted set of the keys that this one belongs to. */
  const placeOf = (key: string): readonly [string, string] =>
    key.startsWith(SECRET) ? [`${prefix}:secrets`, `${prefix}:secret-keys`] : [entriesKey, keysKey];
  const commands = await openConnection(address, CALL_TIMEOUT_MS, (caller) => new Redis(caller));
  const messages = await openConnection(address, CALL_TIMEOUT_MS, (caller) => new Redis({ ...caller, autoResubscribe: false })).catch(
    (error: unknown) => {
      commands.disconnect();
      throw error;
    },
  );
  const health = createHealthRecord(`the route table (Redis at ${address.shown})`, onLog);
  const calls = createEngineCalls({
    waitingMax: CALLS_WAITING_MAX,
    timeoutMs: CALL_TIMEOUT_MS,
    failure: (cause) => redisAway(address.shown, cause),
  });
  const watches = createRouteWatches(list);
  /** The newest change this process has read, heard of or made: a watch tells what is newer. */
  let newestVersion = 0;
  let isClosed = false;
  let liveness: { stop(): void }[] = [];

  function ask<T>(call: () => Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(new SequenceError('SEQ_CLOSED', 'the route table was closed'));
    return calls(call);
  }

  async function change(key: string, what: 'put' | 'delete', value: string, ifVersion: string): Promise<number | undefined> {
    const answer = await ask(() => commands.eval(CHANGE_SCRIPT, 3, ...placeOf(key), versionKey, channel, key, what, value, ifVersion));
    if (answer === '') return undefined;
    newestVersion = Math.max(newestVersion, Number(answer));
    return Number(answer);
  }

  /** A watch that begins now need not tell of these. */
  function seen(entries: readonly RouteEntry[]): void {
    for (const { version } of entries) newestVersion = Math.max(newestVersion, version);
  }

  async function list(listed: string): Promise<RouteEntry[]> {
    const entries: RouteEntry[] = [];
    // No key holds the byte FF, so it ends the range of the prefix.
    const highest = Buffer.concat([Buffer.from(`(${listed}`), Buffer.from([0xff])]);
    let lowest = `[${listed}`;
    for (;;) {
      const page = (await ask(() => commands.eval(PAGE_SCRIPT, 2, ...placeOf(listed), lowest, highest, PAGE_ENTRIES))) as string[];
      for (let at = 0; at + 1 < page.length; at += 2) entries.push(entryOf(page[at] ?? '', page[at + 1] ?? ''));
      const last = entries.at(-1);
      if (last === undefined || page.length < 2 * PAGE_ENTRIES) {
        // Of several pages the first may have missed what the last has seen.
        if (entries.length < PAGE_ENTRIES) seen(entries);
        return entries;
      }
      lowest = `(${last.key}`;
    }
  }

  /** Published messages reach this process from here on; what was missed before is found by lists. */
  async function listen(): Promise<void> {
    await messages.subscribe(channel);
    watches.catchUp();
  }

  messages.on('message', (_, message) => {
    const [version = '', key = '', ...value] = message.split(CHANGE_SEPARATOR);
    newestVersion = Math.max(newestVersion, Number(version));
    watches.change(key, Number(version), value.length === 0 ? undefined : value.join(CHANGE_SEPARATOR));
  });

  async function close(): Promise<void> {
    isClosed = true;
    watches.close();
    for (const each of liveness) each.stop();
    commands.disconnect();
    messages.disconnect();
  }

  try {
    const info = infoFields(await commands.info());
    checkUsable(address.shown, info);
    checkNoCluster(address.shown, info, 'the route table', 'in SEQCAST_ROUTES_REDIS, or set SEQCAST_ROUTES=etcd');
    const routes = [entriesKey, keysKey] as const;
    const areAlone = await moveSecrets(commands, { beginning: SECRET, routes, secrets: placeOf(SECRET), version: versionKey, channel });
    if (!areAlone) onLog?.('API keys of an older version lie among the routes: the first gateway that starts moves them', 'warn');
    await listen();
    newestVersion = Number((await commands.get(versionKey)) ?? 0);
  } catch (error) {
    await close();
    throw error instanceof SequenceError ? error : redisUnreachable(address.shown, error);
  }
  // The table is as well as the worse of its two connections.
  const ofBoth = { ...health, up: () => commands.status === 'ready' && messages.status === 'ready' && health.up() };
  liveness = [watchLiveness(commands, ofBoth), watchLiveness(messages, ofBoth)];
  messages.on('ready', () => {
    listen().catch(() => messages.disconnect(true));
  });
  // The server may hold other data than before: one that was restarted empty, or an older replica.
  commands.on('ready', () => watches.catchUp());

  return {
    async get(key) {
      const held = await ask(() => commands.hget(placeOf(key)[0], key));
      const entry = held === null ? undefined : entryOf(key, held);
      if (entry !== undefined) seen([entry]);
      return entry;
    },
    async put(key, value, ifVersion) {
      checkRoute(key, value);
      const version = await change(key, 'put', value, ifVersion === undefined ? '' : `${ifVersion}`);
      return version === undefined ? undefined : { key, value, version };
    },
    delete: async (key) => (await change(key, 'delete', '', '')) !== undefined,
    list,
    watch: (watched, handler) => watches.watch(watched, handler, newestVersion),
    health: () => health.read(),
    close,
  };
}

function entryOf(key: string, held: string): RouteEntry {
  const space = held.indexOf(' ');
  return { key, value: held.slice(space + 1), version: Number(held.slice(0, space)) };
}
