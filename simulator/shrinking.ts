/**
 * Makes a failing schedule small: takes out runs of events, halves their length, and starts again as long as that helps; then the
 * faults that are not needed. What is left still breaks the same invariant.
 */
import type { Rules } from '../core/ledger/rules.ts';
import type { Invariant } from './checks/violation.ts';
import { runSchedule } from './run.ts';
import type { Schedule } from './schedule.ts';

/** Runs one shrinking may take: some seconds. */
const RUNS_MAX = 1_500;

export function shrunk(schedule: Schedule, rules: Rules, invariant: Invariant): Schedule {
  let runs = 0;
  const stillFails = (candidate: Schedule): boolean => {
    runs++;
    return runs <= RUNS_MAX && runSchedule(candidate, rules)?.invariant === invariant;
  };
  let best = schedule;
  for (let before = Number.POSITIVE_INFINITY; best.events.length < before && runs < RUNS_MAX; ) {
    before = best.events.length;
    best = withoutEvents(best, stillFails);
  }
  for (const fault of schedule.faults) {
    const candidate = { ...best, faults: best.faults.filter((each) => each !== fault) };
    if (stillFails(candidate)) best = candidate;
  }
  return best;
}

/** One pass over all lengths: half of the events at first, single ones at last. */
function withoutEvents(schedule: Schedule, stillFails: (candidate: Schedule) => boolean): Schedule {
  let best = schedule;
  for (let length = Math.ceil(best.events.length / 2); length >= 1; length = Math.floor(length / 2)) {
    // From the end: what came after the violation goes in the first steps.
    for (let end = best.events.length; end > 0; end -= length) {
      const start = Math.max(0, end - length);
      const candidate = { ...best, events: [...best.events.slice(0, start), ...best.events.slice(end)] };
      if (stillFails(candidate)) best = candidate;
    }
  }
  return best;
}
