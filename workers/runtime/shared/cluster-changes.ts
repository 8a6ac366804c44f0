/** What a filler has to do about its pools after a look at a Redis Cluster: a function of what it has open and of what it saw. */
import type { SlotRange } from '../../../core/placement/slots.ts';

/** A primary as the look found it. */
export interface SeenPrimary {
  readonly node: string;
  readonly endpoint: string;
  readonly slots: readonly SlotRange[];
}

export interface SeenCluster {
  readonly primaries: readonly SeenPrimary[];
  /** Servers of which nothing certain is known now: what is open there stays as it is. */
  readonly uncertain: ReadonlySet<string>;
}

/** What is open, by server. */
export type OpenPools = ReadonlyMap<string, { readonly endpoint: string; readonly slots: readonly SlotRange[] }>;

export interface ClusterChanges {
  readonly opens: readonly SeenPrimary[];
  /** Servers that have other slots than before. */
  readonly resettles: readonly SeenPrimary[];
  /** Servers that are reached at another address than before. */
  readonly reopens: readonly SeenPrimary[];
  /** Servers that are no primaries any more. */
  readonly closes: readonly string[];
}

export function changesOf(open: OpenPools, { primaries, uncertain }: SeenCluster): ClusterChanges {
  const opens: SeenPrimary[] = [];
  const resettles: SeenPrimary[] = [];
  const reopens: SeenPrimary[] = [];
  const closes: string[] = [];
  for (const primary of primaries) {
    const known = open.get(primary.node);
    if (known === undefined) {
      // A primary without slots has nothing to give; one that lost them all is looked after until it has given everything back.
      if (primary.slots.length > 0) opens.push(primary);
    } else if (known.endpoint !== primary.endpoint) reopens.push(primary);
    else if (!isEqual(known.slots, primary.slots)) resettles.push(primary);
  }
  const seen = new Set(primaries.map(({ node }) => node));
  for (const node of open.keys()) if (!seen.has(node) && !uncertain.has(node)) closes.push(node);
  return { opens, resettles, reopens, closes };
}

function isEqual(a: readonly SlotRange[], b: readonly SlotRange[]): boolean {
  return a.length === b.length && a.every(({ from, to }, index) => from === b[index]?.from && to === b[index]?.to);
}
