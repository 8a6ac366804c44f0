/** Reads a partition from an offset on, at once and without waiting for records to come: catching up, snapshots, audits. */
import type { CatchUp } from '../follower.ts';
import { type FetchFrom, fetchEntries, outOfRange } from './fetching.ts';
import type { Lines } from './lines.ts';
import type { Placement } from './placement.ts';

/** One batch: records from `from` on, or from the first one kept; about as many bytes as that. An offset that is still to come gives none. */
export type ReadBatch = (place: FetchFrom, partitionBytesMax?: number) => Promise<CatchUp>;

export function createPartitionReader(lines: Lines, placement: Placement): ReadBatch {
  async function fetchOne(place: FetchFrom, partitionBytesMax?: number): Promise<CatchUp | undefined> {
    const node = await placement.locate(place.topic, place.partition);
    try {
      return await lines.ask(node, async (broker) => {
        try {
          return (await fetchEntries(broker, [place], { waitMs: 0, partitionBytesMax }))[0];
        } catch (error) {
          // The connection is fine: the offset is not there.
          if (outOfRange(error) !== undefined) return undefined;
          throw error;
        }
      });
    } catch (error) {
      placement.doubt();
      throw error;
    }
  }

  return async function readBatch(place, partitionBytesMax) {
    const fetched = await fetchOne(place, partitionBytesMax);
    if (fetched !== undefined) return fetched;
    const { start, end } = await placement.bounds(place.topic, place.partition);
    if (place.from >= start) return { entries: [], next: place.from, end };
    return (await fetchOne({ ...place, from: start }, partitionBytesMax)) ?? { entries: [], next: start, end };
  };
}
