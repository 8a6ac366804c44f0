/** Runs one schedule to its end, or to the first invariant it breaks. */
import { ALL_RULES, type Rules } from '../core/ledger/rules.ts';
import { type Invariant, Violation } from './checks/violation.ts';
import { Coverage } from './coverage.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import type { Trace } from './surroundings.ts';
import { World } from './world.ts';

export interface FoundViolation {
  readonly invariant: Invariant;
  readonly message: string;
}

export interface SimulationRun {
  readonly violation: FoundViolation | undefined;
  /** What happened, and how often. */
  readonly coverage: Coverage;
}

export function runSeed(options: { readonly seed: number; readonly rules?: Rules; readonly coverage?: Coverage }): SimulationRun {
  const { seed, rules = ALL_RULES, coverage = new Coverage() } = options;
  return { violation: runSchedule(scheduleOf(seed), rules, coverage), coverage };
}

export function runSchedule(
  schedule: Schedule,
  rules: Rules = ALL_RULES,
  coverage = new Coverage(),
  trace?: Trace,
): FoundViolation | undefined {
  try {
    new World(schedule, rules, coverage, trace).run(schedule.events);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return { invariant: error.invariant, message: error.message };
    // An assertion of the reducers themselves counts as found, too; anything else is a bug of the simulator.
    if (error instanceof Error && error.message.startsWith('broken invariant')) return { invariant: 'assertion', message: error.message };
    throw error;
  }
}
