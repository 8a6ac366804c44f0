/**
 * A static step with prefetch, as TinyID does it (didi/tinyid): blocks of one size, and the next one is fetched when more than
 * a fifth of the block in use is gone. TinyID's own defaults are the constants here.
 */
import { isPrefetchDue, type Rival, type RivalView } from './rival.ts';

const STATIC_STEP = 100_000;
const STATIC_PREFETCH_AT_USED = 0.2;

export function staticStep(step: number = STATIC_STEP, prefetchAtUsed: number = STATIC_PREFETCH_AT_USED): Rival {
  return {
    name: `static step ${step} at ${Math.round(prefetchAtUsed * 100)} %`,
    fetch: (view: RivalView) => (isPrefetchDue(view, prefetchAtUsed) ? step : 0),
  };
}
