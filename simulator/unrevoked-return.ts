/**
 * A planted bug, for the run without the rule for revokes: a filler that looks up what is left of a recalled shard and gives that back,
 * while its store serves on.
 */
import { findShard } from '../core/stock/stock-state.ts';
import type { Dice } from './dice.ts';
import type { StoreCopy } from './store.ts';
import type { Surroundings } from './surroundings.ts';

export function returnUnrevoked(world: Surroundings, { state }: StoreCopy, partition: number, shard: number, dice: Dice): void {
  const held = findShard(state, partition, shard);
  if (held === undefined || held.revoked !== undefined) return;
  const slices = held.cursor < held.end ? [{ start: held.cursor, end: held.end }] : [];
  world.coverage.count('returned without a revoke');
  world.propose({ log: 'shards', partition, record: { kind: 'ShardReturned', shard, incarnation: state.incarnation, slices } }, dice);
}
