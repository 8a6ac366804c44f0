/**
 * One watcher of the route table in etcd. It follows etcd's history from the revision at which it began, and goes on where it stopped
 * whenever the stream ends, so that it hears every change once and in order.
 *
 * Only where that history is gone (compacted, or etcd was restored from a copy) it compares what it knows with a list, and hears the
 * net change: the newest value of a key that changed, once. That is why it remembers the revisions of the keys under its prefix.
 */
import type { RouteEntry, Subscription } from '../../pipelines/ports.ts';
import { reconnectPauseMs } from '../engines/reconnect-pause.ts';
import { type RouteHandler, tell } from '../route-rules.ts';
import { isHistoryGone } from './failures.ts';
import type { EtcdGateway } from './gateway.ts';
import { rangeOf } from './keys.ts';
import { type EtcdEntry, type EtcdHeader, entryOf, type ListRoutes } from './route-lists.ts';

/** A stream whose other end vanished looks like a quiet one: after this it is opened anew, which costs next to nothing. */
const SILENCE_MS = 30_000;

export interface RouteWatchOptions {
  readonly gateway: Pick<EtcdGateway, 'stream'>;
  readonly listRoutes: ListRoutes;
  readonly tablePrefix: string;
  readonly prefix: string;
  readonly handler: RouteHandler;
  /** Changes after this revision are told. */
  readonly fromRevision: number;
}

interface WatchMessage {
  readonly header: EtcdHeader;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: string;
  readonly cancel_reason?: string;
  readonly events?: readonly { readonly type?: 'PUT' | 'DELETE'; readonly kv: EtcdEntry }[];
}

/** Why a stream is over: it was `silent`, its history is `gone`, or something `failed`. */
type StreamEnd = 'silent' | 'gone' | 'failed';

export function watchRoutes(options: RouteWatchOptions): Subscription {
  const { gateway, listRoutes, tablePrefix, prefix, handler, fromRevision } = options;
  const known = new Map<string, number>();
  let revision = fromRevision;
  let isOpen = true;
  /** Ends what is being waited for, when the watch is closed. */
  let interrupt = (): void => undefined;

  function whileOpen(key: string, value: string | undefined): void {
    if (isOpen) tell(handler, key, value);
  }

  /** What there was when the watch began. */
  async function begin(): Promise<void> {
    try {
      for (const { key, version } of (await listRoutes(prefix, fromRevision)).entries) known.set(key, version);
    } catch (error) {
      if (!isHistoryGone(error)) throw error;
      await compare((entry) => entry.version > fromRevision);
    }
  }

  /** Tells how the table differs from what is known of it. */
  async function compare(isNews: (entry: RouteEntry) => boolean = () => true): Promise<void> {
    const now = await listRoutes(prefix);
    const gone = new Set(known.keys());
    revision = now.revision;
    for (const entry of now.entries) {
      gone.delete(entry.key);
      // Other than known, not only newer: a restored etcd holds older revisions again.
      if (known.get(entry.key) === entry.version) continue;
      known.set(entry.key, entry.version);
      if (isNews(entry)) whileOpen(entry.key, entry.value);
    }
    for (const key of gone) {
      known.delete(key);
      whileOpen(key, undefined);
    }
  }

  function onEvents(events: NonNullable<WatchMessage['events']>): void {
    for (const { type, kv } of events) {
      const { key, value, version } = entryOf(kv, tablePrefix);
      revision = Math.max(revision, version);
      if (type === 'DELETE') known.delete(key);
      else known.set(key, version);
      whileOpen(key, type === 'DELETE' ? undefined : value);
    }
  }

  /** Resolves when the stream is over. `isChecked`: a history that is shorter than ours is known already. */
  function follow(isChecked: boolean, onAlive: () => void): Promise<StreamEnd> {
    return new Promise((resolve) => {
      const range = rangeOf(`${tablePrefix}${prefix}`);
      const end = (how: StreamEnd): void => {
        stream.close();
        resolve(how);
      };
      const stream = gateway.stream('/v3/watch', { create_request: { ...range, start_revision: `${revision + 1}` } }, SILENCE_MS, {
        onMessage(message) {
          const { header, created, canceled, compact_revision, events } = message as WatchMessage;
          if (canceled === true) return end(compact_revision === undefined ? 'failed' : 'gone');
          if (created === true && !isChecked && Number(header.revision ?? 0) < revision) return end('gone');
          onAlive();
          onEvents(events ?? []);
        },
        onEnd: (error) => end(error === undefined ? 'silent' : isHistoryGone(error) ? 'gone' : 'failed'),
      });
      interrupt = () => end('failed');
    });
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    let step: 'begin' | 'compare' | 'follow' = 'begin';
    let isChecked = false;
    let failures = 0;
    while (isOpen) {
      try {
        if (step === 'begin') await begin();
        if (step === 'compare') await compare();
        isChecked = step === 'compare';
        if (!isOpen) return;
        step = 'follow';
        const how = await follow(isChecked, () => {
          failures = 0;
        });
        if (how === 'gone') step = 'compare';
        if (how === 'silent') continue;
      } catch {
        // Away: told by the table's health; here it is only tried again.
      }
      if (isOpen) await pause(reconnectPauseMs(++failures));
    }
  }

  void run();
  return {
    close() {
      isOpen = false;
      interrupt();
      return Promise.resolve();
    },
  };
}
