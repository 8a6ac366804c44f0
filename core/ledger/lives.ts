/**
 * The lives of pools that give out numbers without a gap. Their databases can be failed over, rolled back and copied, and such a copy
 * believes it is the original; but it does not know the life that the ledger names, or lacks operations that the ledger has seen.
 *
 * Who connects proves both before it serves: it appends a life that follows the current one, and serves once that is accepted. Who serves
 * has each group of operations read back from here before it acknowledges any of it.
 */
import { LIVES_MAX } from '../limits.ts';
import { GAPLESS_LEVEL } from './ranges.ts';
import type { LifeOpened, OpsLogged } from './records.ts';
import type { ShardsState } from './shards-state.ts';
import type { Verdict } from './verdict.ts';

export function replayLifeOpened(state: ShardsState, record: LifeOpened): Verdict {
  if (state.level < GAPLESS_LEVEL) return 'level-too-low';
  const current = state.lives.get(record.pool);
  // Lives follow each other in a line: a delayed copy, or a second database that follows the same life, names one that is over.
  if (record.previous !== (current?.life ?? '') || record.life === record.previous || record.life === '') return 'not-the-current-life';
  if (state.lost.has(record.life)) return 'incarnation-lost';
  if (record.ops < (current?.ops ?? 0)) return 'operations-lost';
  // Never forgotten: a pool that came back could not prove anything.
  if (current === undefined && state.lives.size >= LIVES_MAX) return 'too-many-lives';
  state.lives.set(record.pool, { life: record.life, ops: record.ops });
  return 'accepted';
}

export function replayOpsLogged(state: ShardsState, record: OpsLogged): Verdict {
  if (state.level < GAPLESS_LEVEL) return 'level-too-low';
  const current = state.lives.get(record.pool);
  if (current?.life !== record.life) return 'not-the-current-life';
  if (record.ops < current.ops) return 'operations-lost';
  state.lives.set(record.pool, { life: record.life, ops: record.ops });
  return 'accepted';
}
