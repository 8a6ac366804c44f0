/**
 * What the servers of a Redis Cluster say of themselves and of each other, put together: which primaries there are, and which slots each
 * serves. A server is believed about its own slots, because it is the one that refuses a call; of the others it only says where they are.
 */
import type { SlotRange } from '../../core/placement/slots.ts';
import { infoFields } from '../redis-server/address.ts';

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

interface ListedNode extends NodeAddress {
  readonly node: string;
  readonly isPrimary: boolean;
}

/** What one server said. */
export interface NodeWord {
  readonly node: string;
  readonly isPrimary: boolean;
  /** It serves. One that has just started, or lost sight of the others, may speak of what was long ago. */
  readonly isSettled: boolean;
  /** Where clients reach it. */
  readonly address: NodeAddress;
  readonly slots: readonly SlotRange[];
  readonly listed: readonly ListedNode[];
}

export interface ClusterPrimary extends NodeAddress {
  /** Id of the server in the Cluster: it keeps it for life, whatever its address, its part and its slots are. */
  readonly node: string;
  readonly slots: readonly SlotRange[];
}

export interface ClusterView {
  readonly primaries: readonly ClusterPrimary[];
  /** Servers that somebody takes for a primary, and of which nothing certain is known now. */
  readonly uncertain: ReadonlySet<string>;
}

/** Row of `CLUSTER SLOTS`: first and last slot, then the primary and its replicas, each as host, port, id. */
export type SlotsRow = readonly [from: number, to: number, ...nodes: (readonly [host: string | null, port: number, node: string])[]];

/** Of a server that was asked at `asked`: CLUSTER MYID, CLUSTER SLOTS, CLUSTER INFO and INFO replication. */
export function wordOf(asked: NodeAddress, node: string, rows: readonly SlotsRow[], state: string, replication: string): NodeWord {
  const listed = new Map<string, ListedNode>();
  const slots: SlotRange[] = [];
  for (const [from, to, ...nodes] of rows) {
    for (const [index, [host, port, id]] of nodes.entries()) {
      // A server that knows no name of its own says none, or that it does not know.
      const isNamed = host !== null && host !== '' && host !== '?';
      if (isNamed || id === node) listed.set(id, { host: isNamed ? host : asked.host, port, node: id, isPrimary: index === 0 });
      if (index === 0 && id === node) slots.push({ from, to });
    }
  }
  return {
    node,
    isPrimary: infoFields(replication).get('role') === 'master',
    isSettled: infoFields(state).get('cluster_state') === 'ok',
    address: listed.get(node) ?? asked,
    slots: slots.sort((a, b) => a.from - b.from),
    listed: [...listed.values()],
  };
}

export function viewOf(words: readonly NodeWord[]): ClusterView {
  const settled = words.filter(({ isSettled }) => isSettled);
  const known = new Set(settled.map(({ node }) => node));
  const uncertain = new Set<string>();
  for (const { node, isPrimary, listed } of words) {
    if (isPrimary && !known.has(node)) uncertain.add(node);
    for (const each of listed) if (each.isPrimary && !known.has(each.node)) uncertain.add(each.node);
  }
  const primaries = settled
    .filter(({ isPrimary }) => isPrimary)
    .map(({ node, address, slots }) => ({ node, host: address.host, port: address.port, slots }))
    .sort((a, b) => (a.slots[0]?.from ?? 0) - (b.slots[0]?.from ?? 0));
  return { primaries, uncertain };
}
