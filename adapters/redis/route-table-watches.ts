/**
 * The watchers of a route table in Redis. Changes come as published messages, which are lost while the connection is; so each watcher
 * knows the versions of the keys under its prefix, and after every gap they are compared with a list. What it hears then is the net
 * change: the newest value of a key that changed, once.
 *
 * The first list says what there was when the watch began. It is asked for at once, before anything that is asked after `watch`; where
 * the connection is lost even before it came, keys that were deleted meanwhile are not told, all others are.
 *
 * A list is read while changes go on coming. What comes meanwhile is newer than the list, whatever page it would have been on.
 */

import type { RouteEntry, Subscription } from '../../pipelines/ports.ts';
import { reconnectPauseMs } from '../engines/reconnect-pause.ts';
import { type RouteHandler, tell } from '../route-rules.ts';

interface Watch {
  readonly prefix: string;
  readonly handler: RouteHandler;
  /** Changes up to this version were made before the watch began. */
  readonly fromVersion: number;
  readonly known: Map<string, number>;
  /** Keys that changed since the list was asked for that is being read. */
  changedMeanwhile: Set<string> | undefined;
  /** The first list only says what there was. */
  hasList: boolean;
  /** Counts the lists that were asked for: an older one gives way. */
  round: number;
}

export interface RouteWatches {
  watch(prefix: string, handler: RouteHandler, fromVersion: number): Subscription;
  /** A change that was published. */
  change(key: string, version: number, value: string | undefined): void;
  /** Messages may have been lost. */
  catchUp(): void;
  close(): void;
}

export function createRouteWatches(list: (prefix: string) => Promise<readonly RouteEntry[]>): RouteWatches {
  const watches = new Set<Watch>();

  function onChange(watch: Watch, key: string, version: number, value: string | undefined): void {
    if (version <= watch.fromVersion || version <= (watch.known.get(key) ?? 0)) return;
    watch.changedMeanwhile?.add(key);
    if (value === undefined) watch.known.delete(key);
    else watch.known.set(key, version);
    tell(watch.handler, key, value);
  }

  function onList(watch: Watch, entries: readonly RouteEntry[], changedMeanwhile: ReadonlySet<string>): void {
    const isFirst = !watch.hasList;
    watch.hasList = true;
    const gone = new Set(watch.known.keys());
    for (const { key, version, value } of entries) {
      gone.delete(key);
      // Other than known, not only newer: a Redis that lost its newest data holds older versions again.
      if (changedMeanwhile.has(key) || watch.known.get(key) === version) continue;
      watch.known.set(key, version);
      if (!isFirst || version > watch.fromVersion) whileOpen(watch, key, value);
    }
    for (const key of gone) {
      if (changedMeanwhile.has(key)) continue;
      watch.known.delete(key);
      whileOpen(watch, key, undefined);
    }
  }

  function whileOpen(watch: Watch, key: string, value: string | undefined): void {
    if (watches.has(watch)) tell(watch.handler, key, value);
  }

  async function catchUp(watch: Watch): Promise<void> {
    const round = ++watch.round;
    for (let times = 1; watches.has(watch) && watch.round === round; times++) {
      const changedMeanwhile = new Set<string>();
      watch.changedMeanwhile = changedMeanwhile;
      const entries = await list(watch.prefix).catch(() => undefined);
      if (!watches.has(watch) || watch.round !== round) return;
      if (entries !== undefined) {
        watch.changedMeanwhile = undefined;
        onList(watch, entries, changedMeanwhile);
        return;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, reconnectPauseMs(times)).unref();
      });
    }
  }

  return {
    watch(prefix, handler, fromVersion) {
      const watch: Watch = { prefix, handler, fromVersion, known: new Map(), changedMeanwhile: undefined, hasList: false, round: 0 };
      watches.add(watch);
      void catchUp(watch);
      return {
        close() {
          watches.delete(watch);
          return Promise.resolve();
        },
      };
    },
    change(key, version, value) {
      for (const watch of [...watches]) if (watches.has(watch) && key.startsWith(watch.prefix)) onChange(watch, key, version, value);
    },
    catchUp() {
      for (const watch of watches) void catchUp(watch);
    },
    close: () => watches.clear(),
  };
}
