/** The promise itself: whatever goes wrong, no invariant of the design breaks. */
import { describe, expect, test } from 'vitest';
import { Coverage } from '../../simulator/coverage.ts';
import { runSeed } from '../../simulator/run.ts';

/** A million at night, `npm run nightly:seeds`. */
const SEEDS = 600;

describe('a simulated world with all guards on', () => {
  test(`keeps every invariant over ${SEEDS} seeds`, () => {
    for (let seed = 1; seed <= SEEDS; seed++)
      expect({ seed, violation: runSeed({ seed }).violation }).toEqual({ seed, violation: undefined });
  });

  test('is the same world whenever its seed is run', () => {
    const counts = () => {
      const coverage = new Coverage();
      for (let seed = 1; seed <= 5; seed++) runSeed({ seed, coverage });
      return coverage.toJson();
    };
    expect(counts()).toEqual(counts());
  });
});
