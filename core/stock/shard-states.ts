/**
 * The life of a shard in a stock, as a table of legal transitions.
 *
 *            take            last ordinal          give back
 *   loaded ───────▶ serving ─────────────▶ exhausted ───────▶ serving
 *      └──────────────┴── revoke ──┬───────────┘
 *                                  ▼            return read back
 *                               revoked ──────────────────────────▶ forgotten
 */
import { assert } from '../assertion.ts';

export type ShardState = 'loaded' | 'serving' | 'exhausted' | 'revoked' | 'forgotten';

const LEGAL: Readonly<Record<ShardState, readonly ShardState[]>> = {
  loaded: ['serving', 'exhausted', 'revoked'],
  serving: ['exhausted', 'revoked'],
  exhausted: ['serving', 'revoked'],
  revoked: ['forgotten'],
  forgotten: [],
};

export function isLegal(from: ShardState, to: ShardState): boolean {
  return LEGAL[from].includes(to);
}

/** Moves a shard on; an illegal move is a bug of ours and stops the process before it can become a duplicate. */
export function moveTo(shard: { state: ShardState }, to: ShardState): void {
  if (shard.state === to) return;
  assert(isLegal(shard.state, to), `a shard cannot go from ${shard.state} to ${to}`);
  shard.state = to;
}
