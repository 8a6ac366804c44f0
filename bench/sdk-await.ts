/** What `await next()` costs above awaiting the barest async function that counts. */
import type { BenchResult } from './result.ts';
import { sequenceAtHand, sideBySide } from './side-by-side.ts';

const VALUES = 500_000;

class BareAsyncCounter {
  x = 0n;
  async next(): Promise<bigint> {
    this.x += 1n;
    return this.x;
  }
}

export function run(): Promise<BenchResult> {
  const sequence = sequenceAtHand();
  const counter = new BareAsyncCounter();
  return sideBySide({
    name: 'sdk-await',
    unit: 'values/s',
    values: VALUES,
    ratioMin: 0.6,
    note: 'blocks as the client sizes them, answered in the same process',
    async ours(values) {
      let last = 0n;
      for (let i = 0; i < values; i += 1) last = await sequence.next();
      return last;
    },
    async bare(values) {
      let last = 0n;
      for (let i = 0; i < values; i += 1) last = await counter.next();
      return last;
    },
  });
}
