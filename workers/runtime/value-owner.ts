/**
 * Who got a value: from value to ordinal, from ordinal to the shard whose live part it lies in, from the shard to stream, pool
 * and the second in which it was issued.
 */

import { SequenceError } from '../../core/errors.ts';
import type { AuditedShard } from '../../core/ledger/audit.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { valueAt } from '../../core/sequence.ts';
import type { StockCursor } from '../../pipelines/ports.ts';
import type { LedgerFold } from './audit.ts';
import type { ValueOwner } from './service.ts';

export function ownerOf(fold: LedgerFold, sequence: string, value: bigint, stock: readonly StockCursor[] | undefined): ValueOwner {
  const generations = fold.ranges.flatMap((ranges) => [...ranges.generations.values()].filter((each) => each.name === sequence));
  if (generations.length === 0) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `there was never a sequence ${sequence}`, { sequence });
  // Newest first: a restarted sequence may have given the same value out again, and the last owner is what is asked for.
  for (const generation of generations.sort((a, b) => b.id - a.id)) {
    const ordinal = ordinalOf(generation, value);
    const shard = ordinal === undefined ? undefined : shardOf(fold, generation, ordinal);
    if (shard !== undefined && ordinal !== undefined) return described(fold, shard, ordinal, value, stock);
  }
  throw new SequenceError('SEQ_UNKNOWN_VALUE', `value ${value} of ${sequence} was never allocated`, { sequence, value: String(value) });
}

/** The ordinal of a value among those claimed; in a cycle that of its last pass. */
function ordinalOf({ definition, next }: Generation, value: bigint): number | undefined {
  const { start, increment, min, max, cycle } = definition;
  if (value < min || value > max) return undefined;
  let ordinal = (value - start) / increment;
  if (cycle) {
    const period = (max - min) / (increment > 0n ? increment : -increment) + 1n;
    while (ordinal < 0n) ordinal += period;
    const passes = (BigInt(next) - 1n - ordinal) / period;
    if (passes > 0n) ordinal += passes * period;
  }
  const exact = Number(ordinal);
  return ordinal >= 0n && exact < next && valueAt(definition, exact) === value ? exact : undefined;
}

function shardOf(fold: LedgerFold, generation: Generation, ordinal: number): AuditedShard | undefined {
  for (const partition of fold.partitions) {
    for (const shard of partition.shards.values()) {
      if (shard.name !== generation.name || shard.generation !== generation.id || ordinal < shard.start || ordinal >= shard.end) continue;
      const returned = shard.ending === 'returned' && shard.slices.some((slice) => ordinal >= slice.start && ordinal < slice.end);
      if (!returned) return shard;
    }
  }
  return undefined;
}

function described(
  fold: LedgerFold,
  shard: AuditedShard,
  ordinal: number,
  value: bigint,
  stock: readonly StockCursor[] | undefined,
): ValueOwner {
  const { name, generation, stream, shard: id, pool, incarnation, decidedAtMs } = shard;
  const owner = { sequence: name, value: String(value), generation, stream, shard: id, pool, incarnation, allocatedAtMs: decidedAtMs };
  const reported = fold.reported.get(`${shard.partition}:${id}`);
  const covered = reported !== undefined && ordinal < reported.to;
  const span = covered ? { issuedFromMs: reported.fromMs, issuedToMs: reported.toMs } : {};
  return { ...owner, state: stateOf(shard, ordinal, stock, covered), ...span };
}

function stateOf(shard: AuditedShard, ordinal: number, stock: readonly StockCursor[] | undefined, covered: boolean): ValueOwner['state'] {
  if (shard.ending === 'returned') return 'issued';
  if (shard.ending === 'burnt') return ordinal >= (shard.slices[0]?.start ?? shard.end) ? 'burnt' : 'issued';
  if (shard.ending === 'lost') return covered ? 'issued' : 'in-doubt';
  const held = stock?.find((cursor) => cursor.partition === shard.partition && cursor.shard === shard.shard);
  if (held === undefined) return covered ? 'issued' : 'in-doubt';
  const recycled = held.recycled.some((slice) => ordinal >= slice.start && ordinal < slice.end);
  return ordinal < held.cursor && !recycled ? 'issued' : 'in-stock';
}
