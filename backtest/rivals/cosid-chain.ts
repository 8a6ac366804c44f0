/**
 * CosId's chain of segments (SegmentChainId): a worker looks each second, and when it is woken, whether as many segments as are safe
 * lie ahead, and appends what lacks as one merged range. Who finds the chain empty appends by himself and wakes the worker; for five
 * seconds from then on it is hungry, and doubles how far ahead it fetches at each look.
 */
import type { Policy, StockView } from '../harness/policy.ts';
import { ONLY_WAITING } from './on-empty.ts';

/** The step of the measurements that this rule is compared by; CosId's own default is 10, or 100 by configuration. */
const STEP = 1_000;
/** `safe-distance` as configurations have it by default; the constructor's is 2. */
const SAFE_DISTANCE = 10;
const DISTANCE_MAX = 100_000_000;
const HUNGRY_S = 5;

interface Fetch {
  readonly count: number;
  readonly by: 'caller' | 'worker';
}

export function cosidChain(step = STEP, safeDistance = SAFE_DISTANCE): Policy {
  /** The worker fetches and waits for it; so does the one caller who appends. */
  const inFlight: Fetch[] = [];
  let distance = safeDistance;
  let hungryAtS = Number.NEGATIVE_INFINITY;
  let isWoken = false;

  const isFetching = (by: Fetch['by']): boolean => inFlight.some((each) => each.by === by);
  function fetch(count: number, by: Fetch['by']): number {
    inFlight.push({ count, by });
    return count;
  }

  /** Clocks count whole seconds here, so that hungry are five of them. */
  function look({ stock, atS }: StockView): number {
    if (isFetching('worker')) return 0;
    isWoken = false;
    const isHungry = Math.floor(atS) - Math.floor(hungryAtS) < HUNGRY_S;
    distance = isHungry ? Math.min(distance * 2, DISTANCE_MAX) : Math.max(Math.floor(distance / 2), safeDistance);
    const lacking = safeDistance - Math.floor(stock / step);
    if (lacking <= 0 && !isHungry) return 0;
    return fetch((isHungry ? distance : lacking) * step, 'worker');
  }

  return {
    name: `CosId chain, step ${step}, ${safeDistance} ahead`,
    lostAfterS: Number.POSITIVE_INFINITY,
    returnsAtStop: false,
    get alertAt() {
      return isWoken ? Number.POSITIVE_INFINITY : ONLY_WAITING;
    },
    order(view) {
      if (isWoken && !isFetching('worker')) return look(view);
      return view.waiting > 0 && !isFetching('caller') ? fetch(safeDistance * step, 'caller') : 0;
    },
    delivered(count, view) {
      const at = inFlight.findIndex((each) => each.count === count);
      const [done] = inFlight.splice(Math.max(0, at), 1);
      if (done?.by !== 'caller') return;
      hungryAtS = view.atS;
      isWoken = true;
    },
    secondEnded: (_, view) => look(view),
  };
}
