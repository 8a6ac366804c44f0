/**
 * What the ledger owes besides allocations: a fence in every partition that holds an older generation, the next period of a sequence
 * whose values begin again, and the closing of shards that lie with a dead life of a pool. Computed from the folded state until it is read back, so a lost proposal is made again.
 */
import { periodAfter } from '../period.ts';
import { inPeriod } from '../sequence.ts';
import type { Generation, RangesState } from './ranges.ts';
import type { GenerationFenced, PoolLost, SequenceRebased } from './records.ts';
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

/** The next period of a generation whose own is over by this clock: the allocators that propose it at once do no harm, one is accepted. */
export function owedReset({ name, id, definition }: Generation, nowMs: number): SequenceRebased | undefined {
  const periodStart = periodAfter(definition, nowMs);
  if (periodStart === undefined) return undefined;
  return { kind: 'SequenceRebased', name, previous: id, claimed: -1, definition: inPeriod(definition, periodStart) };
}

export function owedResets(ranges: RangesState, nowMs: number): SequenceRebased[] {
  const owed: SequenceRebased[] = [];
  for (const generation of ranges.live.values()) {
    const reset = owedReset(generation, nowMs);
    if (reset !== undefined) owed.push(reset);
  }
  return owed;
}

/** The generation or drop that ended this one, or undefined while it lives. */
function endOf(ranges: RangesState, name: string, generation: number): number | undefined {
  const live = ranges.live.get(name);
  if (live !== undefined) return live.id > generation ? live.id : undefined;
  return ranges.dropped.get(name);
}

/** One loss per former incarnation of `pool` that still has open shards here. A gapless pool is one database in all of its lives. */
export function owedLosses(shards: ShardsState, pool: string, incarnation: string, atMs: number): PoolLost[] {
  const former = new Set<string>();
  for (const shard of shards.openShards.values()) {
    if (shard.pool === pool && shard.incarnation !== incarnation && shard.gapless !== true) former.add(shard.incarnation);
  }
  return [...former].map((lost) => ({ kind: 'PoolLost', pool, incarnation: lost, atMs }));
}
