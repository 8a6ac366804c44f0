/**
 * What the audit asks of gapless sequences beyond the rest: that the shards of a generation follow each other without a hole. The rules
 * of the ledger see to it record by record; this looks at what came of them.
 */
import { sizeOf, without } from '../interval.ts';
import { isRegistered } from '../pool-kind.ts';
import type { AuditedPartition } from './audit.ts';
import type { RangesState } from './ranges.ts';

export interface Hole {
  readonly name: string;
  readonly generation: number;
  /** Ordinals below the last one that was cut which lie in no shard. */
  readonly ordinals: number;
}

/** Holes of the living generations; what an ended one gave back is void and may be anywhere. */
export function holesOf(ranges: RangesState, partitions: readonly AuditedPartition[]): Hole[] {
  const holes: Hole[] = [];
  for (const { name, id, definition } of ranges.live.values()) {
    if (!isRegistered(definition)) continue;
    let end = 0;
    let held = 0;
    for (const shard of partitions.flatMap((each) => [...each.shards.values()])) {
      if (shard.name !== name || shard.generation !== id) continue;
      // Live parts are disjoint, which the audit looks at for all sequences. A burnt rest would be a hole; the rules let none be burnt.
      for (const part of without(shard, shard.slices)) {
        end = Math.max(end, part.end);
        held += sizeOf(part);
      }
    }
    if (held < end) holes.push({ name, generation: id, ordinals: end - held });
  }
  return holes;
}
