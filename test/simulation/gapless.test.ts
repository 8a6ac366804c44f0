/** A gapless pool through fail-overs, restores, copies and old primaries: nothing is repeated with all guards, and something without. */
import { describe, expect, test } from 'vitest';
import { Coverage } from '../../simulator/coverage.ts';
import { WEAKER_GUARDS } from '../../simulator/gapless/guards.ts';
import { runGaplessSeed } from '../../simulator/gapless/run.ts';

const SEEDS = 3_000;
const CAUGHT_WITHIN = 2_000;
/** "Safe by never serving" is no promise. */
const ACKNOWLEDGED_PER_SEED_MIN = 100;

describe('a gapless pool whose database is failed over, restored and copied', () => {
  test(`repeats no number and loses none over ${SEEDS} seeds, and serves`, () => {
    const coverage = new Coverage();
    let acknowledged = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = runGaplessSeed({ seed, coverage });
      if (run.violation !== undefined) expect.fail(`seed ${seed} violates ${run.violation.invariant}: ${run.violation.message}`);
      acknowledged += run.acknowledged;
    }
    expect(acknowledged / SEEDS).toBeGreaterThan(ACKNOWLEDGED_PER_SEED_MIN);
    // What it claims to survive has happened.
    const happened = ['fail-over lossy', 'fail-back', 'restore', 'copy started', 'fenced', 'LifeOpened rejected', 'OpsLogged rejected'];
    for (const what of [...happened, 'lineage life-not-recorded', 'lineage changes-missing', 'acknowledged reserve repeated'])
      expect(coverage.of(what), what).toBeGreaterThan(SEEDS / 20);
  });

  test('is the same whenever its seed is run', () => {
    const counts = (): Record<string, number> => {
      const coverage = new Coverage();
      for (let seed = 1; seed <= 5; seed++) runGaplessSeed({ seed, coverage });
      return coverage.toJson();
    };
    expect(counts()).toEqual(counts());
  });
});

describe('a weaker set of guards', () => {
  test.each(Object.entries(WEAKER_GUARDS))(`is found to fall short within ${CAUGHT_WITHIN} seeds: %s`, (_, guards) => {
    for (let seed = 1; seed <= CAUGHT_WITHIN; seed++) {
      const { violation } = runGaplessSeed({ seed, guards });
      if (violation === undefined) continue;
      console.log(`${violation.invariant} broken after ${seed} seeds: ${violation.message}`);
      expect(['T1', 'T4', 'T6', 'T7', 'T8']).toContain(violation.invariant);
      return;
    }
    expect.fail('never caught');
  });
});
