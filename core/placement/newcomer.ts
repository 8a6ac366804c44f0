/**
 * Where a stream goes that no allocator has assigned yet, told by whoever is asked first: least loaded as far as the last heartbeats can
 * tell pools apart, and of those that are alike the one that the stream's name chooses. So gateways that heard the same agree, and a
 * thousand new streams within one heartbeat do not all go to one pool.
 */
import type { PoolKind } from '../pool-kind.ts';
import { partitionOf } from '../stream.ts';
import { mayServe } from './slots.ts';
import { acceptsMore, type PoolSnapshot, relativeLoad } from './snapshot.ts';

/** Pools whose loads differ by less of their capacity are alike: a heartbeat is a second old. */
const ALIKE = 0.05;

/** Undefined where no pool accepts anything. */
export function placeNewcomer(stream: string, kind: PoolKind, pools: readonly PoolSnapshot[]): string | undefined {
  const takes = (pool: PoolSnapshot): boolean => pool.kind === kind && acceptsMore(pool) && mayServe(pool.slots, stream);
  const open = pools.filter(takes).sort((a, b) => (a.pool < b.pool ? -1 : 1));
  if (open.length === 0) return undefined;
  const loads = open.map(({ measured, capacity }) => relativeLoad(measured, capacity));
  const least = Math.min(...loads);
  const alike = open.filter((_, index) => (loads[index] ?? 0) <= least + ALIKE);
  return alike[partitionOf(stream, alike.length)]?.pool;
}
