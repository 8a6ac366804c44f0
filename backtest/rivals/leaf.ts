/**
 * Leaf's segment rule (Meituan-Dianping/Leaf, SegmentIDGenImpl): fetch the next block when less than 90 % of the one in use is
 * left; a block that lasted less than a quarter of an hour makes the next one twice as large, one that lasted more than half an
 * hour half as large, never below the step in the database row nor above a million.
 */
import { isPrefetchDue, type Rival, type RivalView } from './rival.ts';

/** The step in the database row that Leaf's own example uses; the stricter of the two we compared with, as it hoards less. */
const LEAF_STEP = 1_000;

const PREFETCH_AT_USED = 0.1;
const SHORT_MS = 15 * 60_000;
const LONG_MS = 2 * SHORT_MS;
const STEP_MAX = 1_000_000;

export function leaf(rowStep: number = LEAF_STEP): Rival {
  let fetchCount = 0;
  let fetchedAtMs = 0;
  let step = rowStep;

  /** Time counts since the previous fetch, not since its block ran out. */
  function nextStep(nowMs: number): number {
    const sincePreviousMs = nowMs - fetchedAtMs;
    if (sincePreviousMs < SHORT_MS) return step * 2 > STEP_MAX ? step : step * 2;
    if (sincePreviousMs < LONG_MS) return step;
    return Math.floor(step / 2) >= rowStep ? Math.floor(step / 2) : step;
  }

  return {
    name: `Leaf, step ${rowStep}`,
    fetch(view: RivalView): number {
      if (!isPrefetchDue(view, PREFETCH_AT_USED)) return 0;
      fetchCount += 1;
      // The first two fetches take the row's step as it is; only the second starts the watch.
      if (fetchCount === 1) return rowStep;
      if (fetchCount > 2) step = nextStep(view.nowMs);
      fetchedAtMs = view.nowMs;
      return step;
    },
  };
}
