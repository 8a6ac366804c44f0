/**
 * FoundationDB's high-contention allocator (directory layer): a window of candidates, of which free ones are picked by chance; when half
 * of a window is given out the next one begins, and the other half is never used. Windows grow with their start.
 */
import type { Policy } from '../harness/policy.ts';
import { onEmpty } from './on-empty.ts';

const SMALL = { below: 255, size: 64 } as const;
const MIDDLE = { below: 65_535, size: 1_024 } as const;
const LARGE_SIZE = 8_192;
/** A window is left when this share of it is taken. */
const USED_SHARE = 0.5;

export function foundationDbWindow(): Policy {
  let start = 0;
  return onEmpty({
    name: 'FoundationDB window',
    size() {
      const size = windowSize(start);
      start += size;
      return size * USED_SHARE;
    },
  });
}

function windowSize(start: number): number {
  if (start < SMALL.below) return SMALL.size;
  return start < MIDDLE.below ? MIDDLE.size : LARGE_SIZE;
}
