/**
 * What the ledger owes besides allocations: a fence in every partition that holds an older generation, and the closing of shards
 * that lie with a dead life of a pool. Computed from the folded state until it is read back, so a lost proposal is made again.
 */
import type { RangesState } from './ranges.ts';
import type { GenerationFenced, PoolLost } from './records.ts';
import type { ShardsState } from './shards-state.ts';

/** Generations that ended in the ranges log (restart, alter, drop) and are not fenced off in this partition yet. */
export function owedFences(ranges: RangesState, shards: ShardsState): GenerationFenced[] {
  const newest = new Map<string, number>();
  for (const generation of ranges.generations.values()) {
    if (!generation.partitions.has(shards.partition)) continue;
    const end = endOf(ranges, generation.name, generation.id);
    if (end !== undefined) newest.set(generation.name, Math.max(end, newest.get(generation.name) ?? -1));
  }
  const owed: GenerationFenced[] = [];
  for (const [name, generation] of newest) {
    if (generation > (shards.minGeneration.get(name) ?? -1)) owed.push({ kind: 'GenerationFenced', name, generation });
  }
  return owed;
}

/** The generation or drop that ended this one, or undefined while it lives. */
function endOf(ranges: RangesState, name: string, generation: number): number | undefined {
  const live = ranges.live.get(name);
  if (live !== undefined) return live.id > generation ? live.id : undefined;
  return ranges.dropped.get(name);
}

/** One loss per former incarnation of `pool` that still has open shards here. */
export function owedLosses(shards: ShardsState, pool: string, incarnation: string, atMs: number): PoolLost[] {
  const former = new Set<string>();
  for (const shard of shards.openShards.values()) {
    if (shard.pool === pool && shard.incarnation !== incarnation) former.add(shard.incarnation);
  }
  return [...former].map((lost) => ({ kind: 'PoolLost', pool, incarnation: lost, atMs }));
}
