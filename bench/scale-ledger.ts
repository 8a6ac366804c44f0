/** The ledger of ten million shards: who got one of its billion values, and what a restart costs. */
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';
import { whoAmong } from './who.ts';

const SHARDS = 10_000_000;

export async function run({ progress }: BenchRequest): Promise<BenchResult[]> {
  const results = await whoAmong(SHARDS, progress);
  return results.map((result) => ({ ...result, name: `scale-ledger-${result.name}` }));
}
