/** What a value costs that is counted out of a block of 1,000 as a number, taking the blocks included, against a bare counter. */
import type { Block } from 'seqcast-client';
import type { BenchResult } from './result.ts';
import { sequenceAtHand, sideBySide } from './side-by-side.ts';

const VALUES = 4_000_000;
const BLOCK = 1_000;

class BareCounter {
  x = 0;
  next(): number {
    this.x += 1;
    return this.x;
  }
}

function sumOf(block: Block): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i += 1) sum += block.nextNumber();
  return sum;
}

export function run(): Promise<BenchResult> {
  const sequence = sequenceAtHand();
  const counter = new BareCounter();
  return sideBySide({
    name: 'sdk-block',
    unit: 'values/s',
    values: VALUES,
    ratioMin: 0.5,
    note: `blocks of ${BLOCK}, each taken with its own request in the same process`,
    async ours(values) {
      let sum = 0;
      for (let taken = 0; taken < values; taken += BLOCK) {
        sum += sumOf(await sequence.takeBlock(BLOCK));
      }
      return sum;
    },
    bare(values) {
      let sum = 0;
      for (let i = 0; i < values; i += 1) sum += counter.next();
      return sum;
    },
  });
}
