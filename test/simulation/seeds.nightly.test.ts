/** The long run of `seeds.test.ts`. */
import { describe, expect, test } from 'vitest';
import { runSeed } from '../../simulator/run.ts';

const BATCH = 10_000;

describe('a simulated world with all guards on', () => {
  test.each([1, 2, 3, 4, 5])(`keeps every invariant over ${BATCH} seeds, batch %i`, (batch) => {
    const first = (batch - 1) * BATCH + 1;
    for (let seed = first; seed < first + BATCH; seed++) {
      const { violation } = runSeed({ seed });
      if (violation !== undefined) expect.fail(`seed ${seed} violates ${violation.invariant}: ${violation.message}`);
    }
  });
});
