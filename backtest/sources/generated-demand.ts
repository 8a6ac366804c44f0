/** A set of demand that is drawn from a seed, or was in memory anyway. */
import { DemandHash } from './demand-hash.ts';
import type { DemandSet, DemandSource } from './demand-source.ts';

export async function demandSetOf(from: string, streams: readonly DemandSource[], repairs: readonly string[] = []): Promise<DemandSet> {
  const hash = new DemandHash();
  for (const stream of streams) await hash.addSource(stream);
  return { from, sha256: hash.digest(), streams, repairs };
}
