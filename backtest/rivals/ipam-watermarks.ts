/**
 * How Kubernetes nodes keep addresses at hand (Azure's CNI, `ipampool`): below a low watermark of free ones a batch is requested, above
 * a high one a batch is released. The watermarks are shares of a batch, at least one batch apart.
 */
import type { Policy } from '../harness/policy.ts';
import { positionOf } from './reorder-point.ts';

/** As its own tests and clusters have them. */
const BATCH = 10;
const REQUEST_SHARE = 0.5;
const RELEASE_SHARE = 1.5;
/** `releaseThreshold` is forced to be so much above `requestThreshold`, or the node would release what it has just requested. */
const SHARES_APART = 1;

export function ipamWatermarks(batch = BATCH, requestShare = REQUEST_SHARE, releaseShare = RELEASE_SHARE): Policy {
  const least = requestShare * batch;
  const most = Math.max(releaseShare, requestShare + SHARES_APART) * batch;
  let onOrder = 0;
  return {
    name: `IPAM watermarks, batch ${batch}`,
    lostAfterS: Number.POSITIVE_INFINITY,
    returnsAtStop: true,
    get alertAt() {
      return Math.ceil(least) - 1 - onOrder;
    },
    order(view) {
      if (positionOf(view) >= least) return 0;
      onOrder += batch;
      return batch;
    },
    delivered(count) {
      onOrder -= count;
    },
    secondEnded: (_, { stock }) => (stock + onOrder > most ? -Math.min(stock, batch) : 0),
  };
}
