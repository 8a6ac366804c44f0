/**
 * The route table in etcd, through its JSON gateway. Versions are revisions of etcd's whole history, so that one never returns, also
 * not for a key that was deleted in between. Beside the port it keeps entries that vanish when nobody renews them.
 */
import { SequenceError } from '../../core/errors.ts';
import type { RouteEntry, RouteTable, Subscription } from '../../pipelines/ports.ts';
import { createEngineCalls } from '../engines/engine-calls.ts';
import { createHealthRecord, type EngineHealth, type EngineLog } from '../engines/engine-health.ts';
import { checkRoute } from '../route-rules.ts';
import { isHistoryGone, openingFailed, unanswered } from './failures.ts';
import { createGateway, type EtcdGateway } from './gateway.ts';
import { base64, rangeOf } from './keys.ts';
import { createRouteLists, type EtcdHeader, entryOf, type RangeAnswer } from './route-lists.ts';
import { watchRoutes } from './route-watch.ts';

/** An election takes one to two seconds; whoever waits longer than this waits for more than that. */
const CALL_TIMEOUT_MS = 5_000;
const CALLS_WAITING_MAX = 1_000;

/** How soon it is noticed that etcd went, or came back, when nobody asks it anything. */
const HEARTBEAT_MS = 5_000;
const HEARTBEAT_AWAY_MS = 1_000;

/** The first version whose gateway lies at /v3. */
const VERSION_MIN = [3, 4] as const;

export interface EtcdRouteTableOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string;
  readonly user?: string;
  readonly password?: string;
  /** Begins all keys. */
  readonly prefix?: string;
  readonly onLog?: EngineLog;
}

export interface EtcdRouteTable extends RouteTable {
  /** Like `put`; the entry is deleted once `ttlMs` have passed since it was put last. etcd counts in seconds, and from two on. */
  putWithLease(key: string, value: string, ttlMs: number): Promise<RouteEntry>;
  health(): EngineHealth;
  close(): Promise<void>;
}

interface ChangeAnswer {
  readonly header: EtcdHeader;
  readonly succeeded?: boolean;
  readonly deleted?: string;
}

/** Throws `SEQ_ENGINE_UNREACHABLE` or `SEQ_ENGINE_UNUSABLE` with what to change. Calls throw `SEQ_ENGINE_AWAY` while etcd is away. */
export async function openEtcdRouteTable(options: EtcdRouteTableOptions): Promise<EtcdRouteTable> {
  const { url, caFile, user, password, prefix = 'seqcast/routes/', onLog } = options;
  const gateway = createGateway({ url, caFile, user, password, onLog, callTimeoutMs: CALL_TIMEOUT_MS });
  const { shown } = gateway;
  const health = createHealthRecord(`the route table (etcd at ${shown})`, onLog);
  const calls = createEngineCalls({
    waitingMax: CALLS_WAITING_MAX,
    // A call may log in first; each of its requests has its own time-out.
    timeoutMs: 2 * CALL_TIMEOUT_MS,
    failure: (cause) => unanswered(shown, cause),
  });
  const watches = new Set<Subscription>();
  /** The newest point of the history this process has seen: a watch tells what comes after it. */
  let newestRevision = 0;
  let isClosed = false;
  let heartbeat: NodeJS.Timeout | undefined;

  /** Calls etcd, and takes note of how it went and where its history stands. */
  async function ask<T extends { readonly header: EtcdHeader }>(path: string, body: object): Promise<T> {
    if (isClosed) throw new SequenceError('SEQ_CLOSED', 'the route table was closed');
    return calls(async () => {
      try {
        const answer = await gateway.call<T>(path, body);
        newestRevision = Math.max(newestRevision, Number(answer.header.revision ?? 0));
        health.up();
        return answer;
      } catch (error) {
        // History that is gone is an answer, too.
        if (!isHistoryGone(error) && !isClosed) wentAway((error as Error).message);
        throw error;
      }
    });
  }

  const listRoutes = createRouteLists({ call: (path, body) => ask(path, body) as Promise<never> }, prefix);
  const firstOfAll = { ...rangeOf(prefix), limit: '1', keys_only: true };

  function wentAway(problem: string): void {
    const isNews = health.read().up;
    health.down(problem);
    // Asked more often from now on.
    if (isNews && heartbeat !== undefined) beat();
  }

  function beat(): void {
    clearTimeout(heartbeat);
    heartbeat = setTimeout(
      () => {
        ask('/v3/kv/range', firstOfAll)
          .catch(() => undefined)
          .finally(() => isClosed || beat());
      },
      health.read().up ? HEARTBEAT_MS : HEARTBEAT_AWAY_MS,
    );
    heartbeat.unref();
  }

  async function put(key: string, value: string, ifVersion: number | undefined, lease?: string): Promise<RouteEntry | undefined> {
    checkRoute(key, value);
    const held = { key: base64(`${prefix}${key}`), value: base64(value), ...(lease === undefined ? {} : { lease }) };
    // Comparing and writing are one step of etcd's history; its revision becomes the version.
    const compare = ifVersion === undefined ? [] : [{ key: held.key, target: 'MOD', result: 'EQUAL', mod_revision: `${ifVersion}` }];
    const answer = await ask<ChangeAnswer>('/v3/kv/txn', { compare, success: [{ request_put: held }] });
    return answer.succeeded === true ? { key, value, version: Number(answer.header.revision) } : undefined;
  }

  function close(): Promise<void> {
    isClosed = true;
    clearTimeout(heartbeat);
    for (const watch of watches) void watch.close();
    watches.clear();
    gateway.close();
    return Promise.resolve();
  }

  try {
    await checkVersion(gateway);
    await ask('/v3/kv/range', firstOfAll);
  } catch (error) {
    await close();
    throw openingFailed(shown, error);
  }
  beat();

  return {
    async get(key) {
      const { kvs = [] } = await ask<RangeAnswer>('/v3/kv/range', { key: base64(`${prefix}${key}`) });
      return kvs[0] === undefined ? undefined : entryOf(kvs[0], prefix);
    },
    put,
    async putWithLease(key, value, ttlMs) {
      const seconds = `${Math.max(1, Math.ceil(ttlMs / 1_000))}`;
      // The lease of an earlier put lets go of the entry, and ends by itself.
      const { ID } = await ask<{ readonly header: EtcdHeader; readonly ID: string }>('/v3/lease/grant', { TTL: seconds });
      return (await put(key, value, undefined, ID)) ?? unreached();
    },
    async delete(key) {
      const answer = await ask<ChangeAnswer>('/v3/kv/deleterange', { key: base64(`${prefix}${key}`) });
      return Number(answer.deleted ?? 0) > 0;
    },
    list: async (listed) => [...(await listRoutes(listed)).entries],
    watch(watched, handler) {
      const watch = watchRoutes({ gateway, listRoutes, tablePrefix: prefix, prefix: watched, handler, fromRevision: newestRevision });
      watches.add(watch);
      return {
        close() {
          watches.delete(watch);
          return watch.close();
        },
      };
    },
    health: () => health.read(),
    close,
  };
}

/** A put without a condition cannot fail to meet it. */
function unreached(): never {
  throw new SequenceError('SEQ_INTERNAL', 'etcd refused a put that had no condition');
}

async function checkVersion(gateway: EtcdGateway): Promise<void> {
  const version = await gateway.version();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1])) return;
  const what = version === '' ? 'what answers there is not etcd' : `its version is ${version}`;
  const change = `name an etcd of version ${VERSION_MIN.join('.')} or later in the URL`;
  throw new SequenceError('SEQ_ENGINE_UNUSABLE', `etcd at ${gateway.shown} must not be used: ${what}; ${change}`, { engine: 'etcd' });
}
