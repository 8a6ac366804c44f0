/**
 * TiDB's auto-increment cache (`meta/autoid`): who finds nothing fetches, and the size follows from how long the last block lasted, so
 * that the next one lasts ten seconds.
 */
import type { Policy } from '../harness/policy.ts';
import { onEmpty } from './on-empty.ts';

const STEP_MIN = 30_000;
const STEP_MAX = 2_000_000;
const TARGET_S = 10;
/** A block cannot have lasted shorter than a step of the replay. */
const LASTED_S_MIN = 0.01;

/** `batchAsked`: rows of a statement, which a block is never smaller than. */
export function tidb(batchAsked = 1): Policy {
  let step = 0;
  let fetchedAtS = 0;
  return onEmpty({
    name: 'TiDB',
    size(view) {
      const lastedS = Math.max(LASTED_S_MIN, view.atS - fetchedAtS);
      const wanted = step === 0 ? STEP_MIN : Math.trunc((step * TARGET_S) / lastedS);
      step = Math.max(batchAsked, Math.min(STEP_MAX, Math.max(STEP_MIN, wanted)));
      return step;
    },
    // The watch starts when a fetch is done.
    delivered(_, view) {
      fetchedAtS = view.atS;
    },
  });
}
