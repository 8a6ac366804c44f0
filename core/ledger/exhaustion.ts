/**
 * Whether a stream can ever get another ordinal: the difference between "wait" and "there is nothing left".
 */
import { periodEndMs } from '../period.ts';
import { unopenedClaims, usableOrdinals } from './proposing.ts';
import type { Generation, RangesState } from './ranges.ts';
import type { Shard, ShardsState, StreamLedger } from './shards-state.ts';

/**
 * True when every ordinal is claimed, none of the partition's is left to cut, and nothing is out that could come back. Other
 * partitions may still hold some where a sequence is spread (more than 2^40 ordinals). Never once the period is over: the next one
 * is on its way.
 */
export function isExhausted(ranges: RangesState, shards: ShardsState, generation: Generation, stream: string, nowMs: number): boolean {
  if (generation.next < generation.capacity || periodEndMs(generation.definition) <= nowMs) return false;
  const { name, id } = generation;
  if (unopenedClaims(ranges, shards, name).length > 0) return false;
  if (usableOrdinals(shards, { stream: shards.streams.get(stream), name, generation: id }) > 0) return false;
  const ledger = shards.streams.get(stream);
  for (const shard of shards.openShards.values()) if (couldServe(shard, generation, stream, ledger)) return false;
  return true;
}

/**
 * True when the rest of this shard, given back, could be cut for `stream`: an ordered stream only goes up. Its own shards serve it
 * already, unless they are on their way back.
 */
export function couldServe(shard: Shard, generation: Generation, stream: string, ledger: StreamLedger | undefined): boolean {
  if (shard.name !== generation.name || shard.generation !== generation.id) return false;
  const isOwn = shard.stream.id === stream;
  if (isOwn && !shard.recalled && shard.pool === shard.stream.pool) return false;
  if (!shard.ordered || ledger?.highGeneration !== generation.id) return true;
  return isOwn ? shard.end === ledger.high : shard.end > ledger.high;
}
