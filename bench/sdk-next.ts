/** What `tryNext()` costs above the barest counter of bigints: the blocks it refills from included, the network not. */
import type { BenchResult } from './result.ts';
import { sequenceAtHand, sideBySide } from './side-by-side.ts';

const VALUES = 2_000_000;

class BareCounter {
  x = 0n;
  next(): bigint {
    this.x += 1n;
    return this.x;
  }
}

export function run(): Promise<BenchResult> {
  const sequence = sequenceAtHand();
  const counter = new BareCounter();
  return sideBySide({
    name: 'sdk-next',
    unit: 'values/s',
    values: VALUES,
    ratioMin: 0.6,
    note: 'blocks as the client sizes them, answered in the same process',
    ours(values) {
      let last: bigint | undefined;
      for (let i = 0; i < values; i += 1) last = sequence.tryNext();
      return last ?? 0n;
    },
    bare(values) {
      let last: bigint | undefined;
      for (let i = 0; i < values; i += 1) last = counter.next();
      return last ?? 0n;
    },
  });
}
