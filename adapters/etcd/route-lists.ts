/** Lists of the route table in etcd: page by page, all of one revision. */
import type { RouteEntry } from '../../pipelines/ports.ts';
import type { EtcdGateway } from './gateway.ts';
import { fromBase64, rangeAfter, rangeOf } from './keys.ts';

/** Entries per answer: large enough to be fast, small enough to be no burden to either side. */
const PAGE_ENTRIES = 500;

export interface EtcdHeader {
  readonly revision?: string;
}

export interface EtcdEntry {
  readonly key?: string;
  readonly value?: string;
  readonly mod_revision?: string;
}

export interface RangeAnswer {
  readonly header: EtcdHeader;
  readonly kvs?: readonly EtcdEntry[];
  readonly more?: boolean;
}

export interface RouteList {
  readonly revision: number;
  readonly entries: readonly RouteEntry[];
}

/** `atRevision`: as it was then; rejects with what `isHistoryGone` tells where that is no longer known. */
export type ListRoutes = (prefix: string, atRevision?: number) => Promise<RouteList>;

export function createRouteLists(gateway: Pick<EtcdGateway, 'call'>, tablePrefix: string): ListRoutes {
  return async function listRoutes(prefix, atRevision) {
    const whole = rangeOf(`${tablePrefix}${prefix}`);
    const entries: RouteEntry[] = [];
    let range = whole;
    let revision = atRevision;
    for (;;) {
      const page = await gateway.call<RangeAnswer>('/v3/kv/range', {
        ...range,
        limit: `${PAGE_ENTRIES}`,
        ...(revision === undefined ? {} : { revision: `${revision}` }),
      });
      revision ??= Number(page.header.revision ?? 0);
      for (const kv of page.kvs ?? []) entries.push(entryOf(kv, tablePrefix));
      const last = page.kvs?.at(-1);
      if (page.more !== true || last === undefined) return { revision, entries };
      range = rangeAfter(fromBase64(last.key), whole);
    }
  };
}

/** Versions are revisions of etcd's whole history: its own versions of a key begin anew when the key was deleted. */
export function entryOf({ key, value, mod_revision }: EtcdEntry, tablePrefix: string): RouteEntry {
  return { key: fromBase64(key).slice(tablePrefix.length), value: fromBase64(value), version: Number(mod_revision ?? 0) };
}
