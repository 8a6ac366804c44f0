/**
 * What `alter`, `restart` or `drop` would do, said before it is done: what each pool gives up, what becomes void, which values would be
 * given out a second time, and where the old generation is fenced. Reads what this process knows, and writes nothing.
 */
import { coalesced, type Interval, totalSize, without } from '../../../core/interval.ts';
import type { Generation, RangesState } from '../../../core/ledger/ranges.ts';
import type { Shard, ShardsState } from '../../../core/ledger/shards-state.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import { capacityOf, type SequenceAttributes, type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import type { StockState } from '../../../core/stock/stock-state.ts';
import { spaceLeft, unopenedSpace } from './space-left.ts';
import { runsOf, type SharedValues, sharedValues } from './value-runs.ts';

export type PlannedChange =
  | { readonly kind: 'alter'; readonly changes: SequenceAttributes }
  | { readonly kind: 'restart'; readonly start?: bigint }
  | { readonly kind: 'drop' };

export interface PoolPlan {
  readonly pool: string;
  readonly incarnation: string;
  readonly streams: number;
  /** Shards that are revoked, and the values they were cut with. */
  readonly shards: number;
  readonly allocated: number;
  /** Of those, values that nobody took yet; absent where the stock is in another process. */
  readonly stock?: number;
  /** Numbered blocks that clients may still give values out of, and how many values they hold; absent like the stock. */
  readonly blocksOut?: number;
  readonly blockValues?: number;
}

interface NextBounds extends Pick<SequenceDefinition, 'increment' | 'min' | 'max' | 'cycle'> {
  /** Absent where the database of the transaction pool has to say it: behind the last number that was reserved. */
  readonly start?: bigint;
  /** Where that is, by what the pool was granted: the first number that may come next, and the last. */
  readonly startsWithin?: readonly [bigint, bigint];
  /** Of a start that is absent: at least so many. */
  readonly capacity: number;
}

/** Values of an earlier generation that the new one gives out again. */
export interface GivenAgain extends SharedValues {
  readonly generation: number;
}

export interface ChangePlan {
  readonly sequence: string;
  readonly change: PlannedChange['kind'];
  /** The generation that ends. */
  readonly generation: number;
  /** Bounds of the one that follows; absent where the sequence is dropped. */
  readonly becomes?: NextBounds;
  readonly pools: readonly PoolPlan[];
  /** What no pool holds and is never given out under the old generation. */
  readonly lapses: { readonly free: number; readonly uncut: number; readonly unopened: number; readonly unclaimed: number };
  readonly givenAgain: readonly GivenAgain[];
  /** Allocation partitions in which the old generation is fenced. */
  readonly fences: readonly number[];
  readonly sentences: readonly string[];
}

export interface PlanSources {
  readonly current: Generation;
  readonly ranges: RangesState;
  readonly shards: readonly ShardsState[];
  /** The stock of this process, where it has one. */
  readonly stock?: StockState | undefined;
}

export function changePlan(sources: PlanSources, change: PlannedChange, next: SequenceDefinition | undefined): ChangePlan {
  const { current, ranges, shards } = sources;
  const { unclaimed, uncut, free } = spaceLeft(current, shards);
  const unopened = unopenedSpace(current, ranges, shards);
  const kept = [...uncut, ...free, ...unopened];
  const facts = {
    sequence: current.name,
    change: change.kind,
    generation: current.id,
    ...(next !== undefined && { becomes: boundsOf(sources, change, next) }),
    pools: poolPlans(sources),
    lapses: { free: totalSize(free), uncut: totalSize(uncut), unopened: totalSize(unopened), unclaimed },
    givenAgain: next === undefined ? [] : givenAgain(sources, kept, next),
    fences: [...current.partitions].sort((a, b) => a - b),
  };
  return { ...facts, sentences: sentencesOf(facts, current.definition) };
}

function boundsOf({ current, shards }: PlanSources, change: PlannedChange, next: SequenceDefinition): NextBounds {
  const { start, increment, min, max, cycle, periodStart } = next;
  const bounds = { increment, min, max, cycle, capacity: capacityOf(next) };
  const { definition } = current;
  const goesOn = change.kind === 'alter' && change.changes.start === undefined && periodStart === definition.periodStart;
  if (!goesOn || definition.guarantee !== 'gapless') return { start, ...bounds };
  // What is confirmed to its end is closed: the next number is in one of the shards that are open, or the first behind them.
  const open = shards
    .flatMap(({ openShards }) => [...openShards.values()])
    .filter(({ generation, name }) => generation === current.id && name === current.name);
  if (open.length === 0) return { start: firstUncut(current, shards), ...bounds };
  const first = Math.min(...open.map((shard) => shard.start));
  const past = Math.max(...open.map((shard) => shard.end));
  return { startsWithin: [valueAt(definition, first), valueAt(definition, past)], ...bounds };
}

/** All that was granted is confirmed, so the sequence goes on where nothing was granted yet. */
function firstUncut(current: Generation, shards: readonly ShardsState[]): bigint {
  const { uncut } = spaceLeft(current, shards);
  return valueAt(current.definition, Math.min(current.next, ...uncut.map(({ start }) => start)));
}

function poolPlans({ current, shards, stock }: PlanSources): PoolPlan[] {
  const open = shards.flatMap((state) =>
    [...state.openShards.values()]
      .filter(({ name, generation }) => name === current.name && generation === current.id)
      .map((shard) => ({ shard, partition: state.partition })),
  );
  const byPool = new Map<string, typeof open>();
  for (const each of open) {
    const key = `${each.shard.pool} ${each.shard.incarnation}`;
    byPool.set(key, [...(byPool.get(key) ?? []), each]);
  }
  return [...byPool.values()].map((held) => {
    const { pool, incarnation } = (held[0] as { shard: Shard }).shard;
    return {
      pool,
      incarnation,
      streams: new Set(held.map(({ shard }) => shard.stream.id)).size,
      shards: held.length,
      allocated: totalSize(held.map(({ shard }) => shard)),
      ...(stock !== undefined && stock.incarnation === incarnation && stockOf(stock, held)),
    };
  });
}

function stockOf(stock: StockState, held: readonly { shard: Shard; partition: number }[]): Partial<PoolPlan> {
  let unissued = 0;
  const blocks: Interval[] = [];
  for (const { shard, partition } of held) {
    const loaded = stock.shards.get(partition)?.get(shard.id);
    if (loaded === undefined) continue;
    unissued += loaded.end - loaded.cursor + totalSize(loaded.recycled);
    blocks.push(...loaded.blocks.values());
  }
  return { stock: unissued, blocksOut: blocks.length, blockValues: totalSize(blocks) };
}

/** Of the generation that ends, whatever left the ledger may have been given out; of those before it, whatever was claimed. */
function givenAgain({ current, ranges }: PlanSources, kept: readonly Interval[], next: SequenceDefinition): GivenAgain[] {
  const coming = runsOf(next, { start: 0, end: capacityOf(next) });
  const ofName = [...ranges.generations.values()].filter(({ name }) => name === current.name);
  return ofName.flatMap((generation) => {
    const out = without({ start: 0, end: generation.next }, generation === current ? coalesced(kept) : []);
    const past = out.flatMap((interval) => runsOf(generation.definition, interval));
    const shared = past.flatMap((run) => coming.map((other) => sharedValues(run, other))).filter((each) => each !== undefined);
    return shared.length === 0 ? [] : [{ generation: generation.id, ...together(shared) }];
  });
}

/** Runs of one generation are apart unless it cycled: then the count is an upper bound. */
function together(shared: readonly SharedValues[]): SharedValues {
  return shared.reduce((all, each) => ({
    lowest: each.lowest < all.lowest ? each.lowest : all.lowest,
    highest: each.highest > all.highest ? each.highest : all.highest,
    count: all.count + each.count,
  }));
}

function sentencesOf(plan: Omit<ChangePlan, 'sentences'>, definition: SequenceDefinition): string[] {
  const { becomes, pools, lapses, fences, sequence, change } = plan;
  const lapsing = lapses.free + lapses.uncut + lapses.unopened;
  const next = becomes && nextSentence(becomes);
  return [
    `Nothing was changed: this is what \`${change}\` would do to ${sequence}.`,
    next ?? `${sequence} ends: whoever waits for its values, or asks for more, is refused.`,
    ...pools.map((pool) => poolSentence(pool, definition)),
    ...(lapsing > 0 ? [`${lapsing} values that were claimed and lie in no pool lapse; they are not given out any more.`] : []),
    ...(becomes === undefined ? [] : againSentences(plan)),
    fences.length === 0
      ? 'No allocator ever claimed a value of it: there is nothing to fence.'
      : `The change is acknowledged when the fence is read back in partition ${fences.join(', ')} and no pool can serve what is older.`,
    ...(pools.length > 0
      ? ['What clients have taken ahead, as blocks, stays theirs: they may use it after the change. End them first where that matters.']
      : []),
  ];
}

function nextSentence({ start, startsWithin, increment, min, max }: NextBounds): string {
  const bounds = `then steps of ${increment}, within ${min}..${max}.`;
  if (startsWithin === undefined) return `A new generation gives out ${start}, ${bounds}`;
  const [first, last] = startsWithin;
  return `A new generation gives out the number behind the last one that was reserved (from ${first} to ${last}), ${bounds}`;
}

function poolSentence(
  { pool, streams, shards, allocated, stock, blocksOut = 0, blockValues = 0 }: PoolPlan,
  definition: SequenceDefinition,
): string {
  const held = `${pool}: shards to be revoked: ${shards}, of streams: ${streams}`;
  if (isRegistered(definition)) {
    return `${held}, with ${allocated} numbers; what is reserved can still be confirmed or cancelled, nothing more is reserved, the rest is void.`;
  }
  if (stock === undefined) return `${held}; of their values (${allocated}), whatever is unissued becomes void.`;
  const blocks =
    blocksOut === 0 ? '' : ` Numbered blocks that are out and can no longer be given back: ${blocksOut}, with ${blockValues} values.`;
  return `${held}; values in stock that are returned and void: ${stock}.${blocks}`;
}

function againSentences({ givenAgain: again }: Pick<ChangePlan, 'givenAgain'>): string[] {
  if (again.length === 0) return ['No value that may have been given out before can come again.'];
  return again.map(
    ({ generation, lowest, highest, count }) =>
      `Values come again: up to ${count} between ${lowest} and ${highest} that generation ${generation} may have given out.`,
  );
}
