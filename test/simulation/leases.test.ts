/** An ordered stream over pools that fall silent: its order holds with all guards, somebody serves it in the end, and no guard is in vain. */
import { describe, expect, test } from 'vitest';
import { Coverage } from '../../simulator/coverage.ts';
import { simulateLeases } from '../../simulator/lease/command.ts';
import { ALL_LEASE_GUARDS, type LeaseGuards } from '../../simulator/lease/guards.ts';
import { runLeaseSeed } from '../../simulator/lease/run.ts';

const SEEDS = 150;
const CAUGHT_WITHIN = 100;
/** "Safe by never serving" is no promise. */
const SERVED_PER_SEED_MIN = 100;

describe('an ordered stream whose pools fall silent, fail over, die and come back', () => {
  test(`keeps its order over ${SEEDS} seeds, and is served in the end`, () => {
    const coverage = new Coverage();
    let served = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = runLeaseSeed({ seed, coverage });
      if (run.violation !== undefined) expect.fail(`seed ${seed} violates ${run.violation.invariant}: ${run.violation.message}`);
      served += run.served;
    }
    expect(served / SEEDS).toBeGreaterThan(SERVED_PER_SEED_MIN);
    // What it claims to survive has happened.
    for (const what of ['pool gone', 'PoolLost', 'served by a zombie on its lease', 'log away', 'a pool stays dead'])
      expect(coverage.of(what), what).toBeGreaterThan(SEEDS / 5);
  });

  test.each<[keyof LeaseGuards, string]>([
    ['orderLease', 'I11'],
    ['storeLease', 'I11'],
    ['poolWatch', 'I9'],
  ])(`without %s breaks %s within ${CAUGHT_WITHIN} seeds`, (guard, invariant) => {
    for (let seed = 1; seed <= CAUGHT_WITHIN; seed++) {
      const { violation } = runLeaseSeed({ seed, guards: { ...ALL_LEASE_GUARDS, [guard]: false } });
      if (violation === undefined) continue;
      console.log(`without ${guard}: ${violation.invariant} broken after ${seed} seeds`);
      expect(violation.invariant).toBe(invariant);
      return;
    }
    expect.fail('never caught');
  });

  test('is run by the command, which prints the seed and the invariant, and exits 1', () => {
    const lines: string[] = [];
    const out = (line: string): number => lines.push(line);
    expect(simulateLeases({ seeds: CAUGHT_WITHIN, without: 'order-lease', json: false, out })).toBe(1);
    expect(lines[0]).toMatch(/^Seed \d+ violates I11: /);
    expect(lines[1]).toMatch(/^Again: seqcast simulate --seeds 1 --seed \d+ --without order-lease$/);
  });
});
