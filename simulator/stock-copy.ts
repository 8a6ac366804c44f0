/**
 * A deep copy of a stock's data: what a replica or a file on disk holds. Incarnation and seen ids are not data: they live in the
 * running library and vanish with it, so the copy starts a life of its own.
 */
import { emptyStock, type StockShard, type StockState } from '../core/stock/stock-state.ts';

export function copiedStock(from: StockState, incarnation: string): StockState {
  const copy = emptyStock(incarnation, from.rules);
  const copies = new Map<StockShard, StockShard>();
  const copyOf = (shard: StockShard): StockShard => {
    let copied = copies.get(shard);
    if (copied === undefined) {
      copied = { ...shard, recycled: shard.recycled.map((slice) => ({ ...slice })), blocks: new Map(shard.blocks) };
      copies.set(shard, copied);
    }
    return copied;
  };
  for (const [partition, shards] of from.shards) copy.shards.set(partition, new Map([...shards].map(([id, shard]) => [id, copyOf(shard)])));
  for (const [name, { stream, available, queue, untilMs, exhausted, blocksOut }] of from.streams) {
    copy.streams.set(name, {
      stream,
      available,
      queue: queue.map(copyOf),
      untilMs,
      exhausted: new Set([...exhausted].map(copyOf)),
      blocksOut: new Set(blocksOut),
    });
  }
  for (const [block, shard] of from.blocks) copy.blocks.set(block, copyOf(shard));
  copy.nextBlock = from.nextBlock;
  return copy;
}
