/**
 * Vitess's sequence tables: a tablet reserves the table's `cache` when it runs out, as often as the statement that found nothing needs,
 * in one transaction.
 */
import type { Policy } from '../harness/policy.ts';
import { onEmpty } from './on-empty.ts';

/** As its guides create sequence tables. */
const CACHE = 1_000;

/** `asked`: values of one `next n values`. */
export function vitess(cache = CACHE, asked = 1): Policy {
  return onEmpty({ name: `Vitess, cache ${cache}`, size: () => Math.ceil(asked / cache) * cache });
}
