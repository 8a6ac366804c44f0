/**
 * Leaf's segment rule (Meituan-Dianping/Leaf, SegmentIDGenImpl): fetch the next block when less than 90 % of the one in use is
 * left; a block that lasted less than a quarter of an hour makes the next one twice as large, one that lasted more than half an
 * hour half as large, never below the step in the database row nor above a million.
 */
import type { Policy } from '../harness/policy.ts';
import { DoubleBuffer, morePassed } from './double-buffer.ts';
import { LEAF_PATIENCE_S } from './static-step.ts';

/** The step in the database row that Leaf's own example uses; the stricter of the two we compared with, as it hoards less. */
const LEAF_STEP = 1_000;

const PREFETCH_AT_USED = 0.1;
const SHORT_S = 15 * 60;
const LONG_S = 2 * SHORT_S;
const STEP_MAX = 1_000_000;

export function leaf(rowStep: number = LEAF_STEP): Policy {
  const buffer = new DoubleBuffer(morePassed(PREFETCH_AT_USED));
  let fetchCount = 0;
  let fetchedAtS = 0;
  let step = rowStep;

  /** Time counts since the previous fetch, not since its block ran out. */
  function nextStep(nowS: number): number {
    const sincePreviousS = nowS - fetchedAtS;
    if (sincePreviousS < SHORT_S) return step * 2 > STEP_MAX ? step : step * 2;
    if (sincePreviousS < LONG_S) return step;
    return Math.floor(step / 2) >= rowStep ? Math.floor(step / 2) : step;
  }

  return {
    name: `Leaf, step ${rowStep}`,
    lostAfterS: LEAF_PATIENCE_S,
    returnsAtStop: false,
    get alertAt() {
      return buffer.alertAt;
    },
    order(view) {
      if (!buffer.begins(view)) return 0;
      fetchCount += 1;
      // The first two fetches take the row's step as it is; only the second starts the watch.
      if (fetchCount === 1) return rowStep;
      if (fetchCount > 2) step = nextStep(view.atS);
      fetchedAtS = view.atS;
      return step;
    },
    delivered: (count) => buffer.delivered(count),
  };
}
