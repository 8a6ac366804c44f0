/** What is left of a generation: ordinals that nobody claimed, that are claimed and not cut, and those that came back. */
import { type Interval, totalSize } from '../../../core/interval.ts';
import type { Generation, RangesState } from '../../../core/ledger/ranges.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';

export interface SpaceLeft {
  /** Claimed by no allocation partition yet. */
  readonly unclaimed: number;
  /** Opened and not cut into shards. */
  readonly uncut: readonly Interval[];
  /** Given back by pools. */
  readonly free: readonly Interval[];
}

export function spaceLeft({ name, id, next, capacity }: Generation, shards: readonly ShardsState[]): SpaceLeft {
  const sources = shards.flatMap((each) => [...(each.sources.get(name)?.values() ?? [])]).filter(({ generation }) => generation === id);
  const rests = (returned: boolean): Interval[] =>
    sources
      .filter((source) => source.returned === returned && source.cursor < source.end)
      .map(({ cursor: start, end }) => ({ start, end }));
  return { unclaimed: capacity - next, uncut: rests(false), free: rests(true) };
}

/** Without claims that are not opened: they are about to be. */
export function spaceSize({ unclaimed, uncut, free }: SpaceLeft): number {
  return unclaimed + totalSize(uncut) + totalSize(free);
}

/** Claims of a live generation that the partition which claimed them has not opened. Reads every claim of the partition. */
export function unopenedSpace({ name, id }: Generation, ranges: RangesState, shards: readonly ShardsState[]): Interval[] {
  const isOpened = (claim: { offset: number; partition: number }): boolean =>
    shards[claim.partition]?.openedClaims.has(`${ranges.partition}:${claim.offset}`) === true;
  const unopened = [...ranges.claims.values()].filter((claim) => claim.name === name && claim.generation === id && !isOpened(claim));
  return unopened.map(({ start, end }) => ({ start, end }));
}
