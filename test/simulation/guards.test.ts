/** Tests of the simulator itself: with one guard off, the same code must be caught. A check that never fails checks nothing. */
import { describe, expect, test } from 'vitest';
import type { Invariant } from '../../simulator/checks/violation.ts';
import { GUARDS, type Guard, rulesWithout } from '../../simulator/guards.ts';
import { runSchedule, runSeed } from '../../simulator/run.ts';
import { scheduleOf } from '../../simulator/schedule.ts';
import { shrunk } from '../../simulator/shrinking.ts';

const SEEDS_MAX = 2_000;
const guards = Object.keys(GUARDS) as Guard[];

function firstCaught(guard: Guard, wanted?: Invariant): { seed: number; invariant: Invariant } | undefined {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { violation } = runSeed({ seed, rules: rulesWithout(guard) });
    if (violation !== undefined && (wanted === undefined || violation.invariant === wanted))
      return { seed, invariant: violation.invariant };
  }
  return undefined;
}

describe('a guard that is switched off', () => {
  test.each(guards)(`is missed within ${SEEDS_MAX} seeds: %s`, (guard) => {
    const caught = firstCaught(guard);
    console.log(`without ${guard}: ${caught?.invariant} broken after ${caught?.seed} seeds`);
    expect(caught).toBeDefined();
  });

  test.each<[Guard, Invariant]>([
    ['fence', 'I1'],
    ['returns', 'I1'],
    ['returns', 'I3'],
    ['revoke', 'I1'],
    ['log-arbitration', 'I3'],
    ['incarnation', 'I5'],
    ['period', 'period'],
  ])('without %s breaks %s', (guard, invariant) => {
    expect(firstCaught(guard, invariant)).toBeDefined();
  });
});

describe('a failing schedule', () => {
  test('shrinks to a few events that still break the same invariant', () => {
    const rules = rulesWithout('fence');
    const caught = firstCaught('fence');
    const schedule = scheduleOf(caught?.seed ?? 0);
    const small = shrunk(schedule, rules, caught?.invariant as Invariant);
    expect(runSchedule(small, rules)?.invariant).toBe(caught?.invariant);
    expect(small.events.length).toBeLessThan(schedule.events.length / 4);
    expect(schedule.events).toEqual(expect.arrayContaining([...small.events]));
    expect(runSchedule(small)).toBeUndefined();
  });
});
