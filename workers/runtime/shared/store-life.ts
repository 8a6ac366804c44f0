/** Whose the life of a pool's store is, by the shards of the ledger that lie in it. */
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import type { SharedStock } from '../../../pipelines/ports.ts';

type Partitions = readonly Pick<ShardsState, 'openShards'>[];

export interface StoreLifeOptions {
  readonly name: string;
  readonly stock: Pick<SharedStock, 'remint'>;
  readonly reader: { readonly shards: Partitions };
  /** Hears which pools the store was before: what they had there is lost with them. */
  readonly onRenamed: (former: readonly string[]) => void;
}

/**
 * True where the store has begun another life, because it lived that of another pool, as after a filler was started with a new name. When
 * nobody speaks for the old name any more its life is declared lost, and everything that was loaded into it since would be as well.
 */
export async function hasBegunAnew({ name, stock, reader, onRenamed }: StoreLifeOptions, incarnation: string): Promise<boolean> {
  const former = new Set<string>();
  for (const { pool } of shardsIn(reader.shards, incarnation)) if (pool !== name) former.add(pool);
  if (former.size === 0) return false;
  await stock.remint();
  onRenamed([...former]);
  return true;
}

export function openShardsIn(partitions: Partitions, incarnation: string): number {
  let count = 0;
  for (const _ of shardsIn(partitions, incarnation)) count++;
  return count;
}

function* shardsIn(partitions: Partitions, incarnation: string) {
  for (const { openShards } of partitions) for (const shard of openShards.values()) if (shard.incarnation === incarnation) yield shard;
}
