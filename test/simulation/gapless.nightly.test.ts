/** The long run of `gapless.test.ts`. */
import { describe, expect, test } from 'vitest';
import { runGaplessSeed } from '../../simulator/gapless/run.ts';

const BATCH = 20_000;

describe('a gapless pool whose database is failed over, restored and copied', () => {
  test.each([1, 2, 3, 4, 5])(`repeats no number and loses none over ${BATCH} seeds, batch %i`, (batch) => {
    const first = (batch - 1) * BATCH + 1;
    for (let seed = first; seed < first + BATCH; seed++) {
      const { violation } = runGaplessSeed({ seed });
      if (violation !== undefined) expect.fail(`seed ${seed} violates ${violation.invariant}: ${violation.message}`);
    }
  });
});
