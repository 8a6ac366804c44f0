/** What the index of shards takes, once somebody asked who got a value. */
import type { RoleMetrics } from '../observability/role-metrics.ts';
import type { ShardIndex } from './shard-index.ts';

export function countShardIndex(metrics: RoleMetrics, shards: ShardIndex): void {
  metrics.show('seqcast_indexed_shards', () => shards.size.shards);
  metrics.show('seqcast_shard_index_bytes', () => shards.size.bytes);
}
