/**
 * Hazelcast's FlakeIdGenerator: a client fetches a hundred ids when it has none, and throws away what is older than ten minutes.
 */
import type { Policy } from '../harness/policy.ts';
import { onEmpty } from './on-empty.ts';

/** `prefetchCount` and `prefetchValidityMillis` */
const PREFETCH_COUNT = 100;
const VALIDITY_S = 600;

export function hazelcast(prefetchCount = PREFETCH_COUNT, validityS = VALIDITY_S): Policy {
  let invalidFromS = Number.POSITIVE_INFINITY;
  return onEmpty({
    name: `Hazelcast, ${prefetchCount} for ${validityS} s`,
    size: () => prefetchCount,
    delivered(_, view) {
      invalidFromS = view.atS + validityS;
    },
    secondEnded: (_, { atS, stock }) => (stock > 0 && atS >= invalidFromS ? -stock : 0),
  });
}
