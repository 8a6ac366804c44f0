/**
 * The route table inside the database. Versions come from one counter for all keys, so a version never returns: a compare-and-set
 * that remembers a key from before its deletion fails, as it must.
 */
import type Database from 'libsql';
import type { RouteEntry } from '../../pipelines/ports.ts';
import { exact } from './rows.ts';

export interface RouteRows {
  get(key: string): RouteEntry | undefined;
  /** The new version, or undefined when the key is not at `ifVersion` (0: absent). */
  put(key: string, value: string, ifVersion: number | undefined): number | undefined;
  delete(key: string): boolean;
  list(prefix: string): RouteEntry[];
}

export function openRouteRows(database: Database.Database): RouteRows {
  const select = database.prepare('SELECT value, version FROM route WHERE key = ?').raw();
  const selectPrefix = database.prepare('SELECT key, value, version FROM route WHERE key >= ? AND key < ? ORDER BY key').raw();
  const count = database.prepare('UPDATE meta SET route_version = route_version + 1 RETURNING route_version').raw();
  const upsert = database.prepare(
    'INSERT INTO route (key, value, version) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version',
  );
  const remove = database.prepare('DELETE FROM route WHERE key = ?');

  function get(key: string): RouteEntry | undefined {
    const row = select.get(key) as unknown as [string, bigint] | undefined;
    return row === undefined ? undefined : { key, value: row[0], version: exact(row[1]) };
  }

  return {
    get,
    put(key, value, ifVersion) {
      if (ifVersion !== undefined && (get(key)?.version ?? 0) !== ifVersion) return undefined;
      const [version] = count.get() as unknown as [bigint];
      upsert.run(key, value, exact(version));
      return exact(version);
    },
    delete: (key) => remove.run(key).changes > 0,
    list(prefix) {
      // The highest code point ends the range: no key of ours holds it.
      const rows = selectPrefix.all(prefix, `${prefix}\u{10ffff}`) as [string, string, bigint][];
      return rows.map(([key, value, version]) => ({ key, value, version: exact(version) }));
    },
  };
}
