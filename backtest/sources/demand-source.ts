/**
 * Demand that was read, whatever from: streams of values per second, in pieces, so that a trace may be longer than memory. A source can
 * be read any number of times and says the same each time; what had to be repaired to read it is counted.
 */
import type { DemandSeconds } from '../traces/demand-seconds.ts';

export interface DemandSource {
  /** As a stream is named: `sequence/clientType/service`, or the name of the file's column where there is no more. */
  readonly name: string;
  /** Start of the first second: a multiple of ten seconds. */
  readonly startMs: number;
  readonly seconds: number;
  /** Comes back by the hour, the day or the week; undefined where nobody knows. */
  readonly seasonal?: boolean;
  /** Consecutive seconds from the first on; each piece but the last is a multiple of ten seconds long. Do not keep a piece. */
  pieces(): AsyncIterable<Uint32Array>;
}

export interface DemandSet {
  /** What it was read from, as the user named it. */
  readonly from: string;
  /** SHA-256 (hex) over all streams' names, starts and seconds: equal hashes are equal demand. */
  readonly sha256: string;
  readonly streams: readonly DemandSource[];
  /** What was mended while reading, in sentences with counts, e.g. `12 lines out of order by at most 3 s were sorted`. */
  readonly repairs: readonly string[];
}

/** All of a source at once, for those who look ahead or go over it many times: four bytes a second. */
export async function wholeOf(source: DemandSource): Promise<DemandSeconds> {
  const counts = new Uint32Array(source.seconds);
  let at = 0;
  for await (const piece of source.pieces()) {
    counts.set(piece, at);
    at += piece.length;
  }
  return { name: source.name, startMs: source.startMs, counts, seasonal: source.seasonal ?? true };
}

const PIECE_S = 86_400;

/** Demand that is in memory anyway. */
export function inMemory(demand: DemandSeconds): DemandSource {
  const { name, startMs, counts, seasonal } = demand;
  return {
    name,
    startMs,
    seasonal,
    seconds: counts.length,
    async *pieces() {
      for (let from = 0; from < counts.length; from += PIECE_S) yield counts.subarray(from, from + PIECE_S);
    },
  };
}
