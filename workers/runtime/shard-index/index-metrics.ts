/** What the index of shards takes, once somebody asked who got a value. */
import type { ShardIndex } from './shard-index.ts';

interface Gauges {
  gauge(name: string, help: string, value: () => number): void;
}

export function countShardIndex(metrics: Gauges, shards: ShardIndex): void {
  metrics.gauge('indexed_shards', 'Shards in the index that says who got a value: 0 until somebody asks.', () => shards.size.shards);
  metrics.gauge('shard_index_bytes', 'Bytes of the columns of that index.', () => shards.size.bytes);
}
