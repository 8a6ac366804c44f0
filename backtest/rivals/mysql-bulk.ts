/**
 * MySQL's InnoDB for an insert of an unknown number of rows: each reservation inside a statement is twice the last one, and what the
 * statement has reserved and not used when it ends is lost. Where the number of rows is known, exactly as many are reserved.
 *
 * A run of seconds with demand is taken for one statement.
 */
import type { Policy } from '../harness/policy.ts';
import { onEmpty } from './on-empty.ts';

/** `AUTO_INC_DEFAULT_NB_MAX`. */
const RESERVATION_MAX = 65_535;

export function mysqlBulk(rows: 'unknown' | 'known' = 'unknown'): Policy {
  let reservations = 0;
  return onEmpty({
    name: `MySQL, ${rows} number of rows`,
    size: ({ waiting }) => (rows === 'known' ? waiting : Math.min(2 ** reservations++, RESERVATION_MAX)),
    secondEnded(demand, { stock, waiting, onOrder }) {
      if (demand > 0 || waiting > 0 || onOrder > 0) return 0;
      reservations = 0;
      return -stock;
    },
  });
}
