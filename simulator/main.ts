/**
 * `seqcast simulate`: runs seeds until one breaks an invariant, or all have passed. A violation is printed with its seed and the
 * smallest list of events that still shows it. Time comes in from outside; without it no rate is printed.
 */
import { ALL_RULES, type Rules } from '../core/ledger/rules.ts';
import { Coverage } from './coverage.ts';
import { type FoundViolation, runSchedule, runSeed } from './run.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import { shrunk } from './shrinking.ts';

export const GUARDS = {
  'log-arbitration': 'logArbitration',
  incarnation: 'incarnation',
  fence: 'fence',
  returns: 'returns',
  revoke: 'revoke',
  period: 'period',
} as const satisfies Record<string, keyof Rules>;

export type Guard = keyof typeof GUARDS;

export interface SimulateOptions {
  readonly seeds: number;
  /** First seed. */
  readonly seed?: number | undefined;
  readonly without?: Guard | undefined;
  readonly json: boolean;
  readonly out: (line: string) => void;
  /** Gets a line now and then while it runs: how far, how fast, how long still. */
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly nowMs?: (() => number) | undefined;
}

const PROGRESS_EVERY = 200;
/** Lines of the shrunk run that are printed: its end is what matters. */
const TRACE_LINES = 60;

export function rulesWithout(guard: Guard | undefined): Rules {
  return guard === undefined ? ALL_RULES : { ...ALL_RULES, [GUARDS[guard]]: false };
}

/** Runs the seeds; 0 when all pass, 1 at the first violation. */
export async function simulateCommand(options: SimulateOptions): Promise<number> {
  const { seeds, seed: first = 1, without, onProgress, nowMs } = options;
  const rules = rulesWithout(without);
  const coverage = new Coverage();
  const startMs = nowMs?.();
  const elapsedS = (): number | undefined => (startMs === undefined || nowMs === undefined ? undefined : (nowMs() - startMs) / 1_000);
  for (let done = 0; done < seeds; done++) {
    const { violation } = runSeed({ seed: first + done, rules, coverage });
    if (violation !== undefined) return reportViolation(options, scheduleOf(first + done), violation, done + 1);
    if ((done + 1) % PROGRESS_EVERY === 0) {
      onProgress?.(progressLine(done + 1, seeds, elapsedS()));
      // Lets whoever drives this handle a signal between two batches.
      await Promise.resolve();
    }
  }
  reportSuccess(options, first, coverage, elapsedS());
  return 0;
}

export function progressLine(done: number, seeds: number, elapsedS: number | undefined): string {
  const share = `${done} of ${seeds} seeds, no violation`;
  if (elapsedS === undefined || elapsedS === 0) return share;
  const rate = done / elapsedS;
  return `${share}, ${Math.round(rate)} seeds/s, ${Math.ceil((seeds - done) / rate)} s left`;
}

function reportSuccess(
  { seeds, without, json, out }: SimulateOptions,
  first: number,
  coverage: Coverage,
  elapsedS: number | undefined,
): void {
  const seedsPerSecond = elapsedS === undefined || elapsedS === 0 ? undefined : Math.round(seeds / elapsedS);
  if (json) {
    out(JSON.stringify({ seeds, first, without: without ?? null, violation: null, seedsPerSecond, coverage: coverage.toJson() }));
    return;
  }
  out(
    `${seeds} seeds from ${first}${without === undefined ? '' : ` without ${without}`}: no violation${seedsPerSecond === undefined ? '' : `, ${seedsPerSecond} seeds/s`}.`,
  );
  out('What they went through:');
  for (const [what, times] of Object.entries(coverage.toJson())) out(`  ${String(times).padStart(10)}  ${what}`);
}

function reportViolation({ without, json, out }: SimulateOptions, schedule: Schedule, violation: FoundViolation, seeds: number): number {
  const rules = rulesWithout(without);
  const small = shrunk(schedule, rules, violation.invariant);
  const trace: string[] = [];
  const again = runSchedule(small, rules, new Coverage(), (line) => trace.push(line)) ?? violation;
  const { seed, events, faults } = small;
  if (json) {
    const found = {
      seed,
      invariant: again.invariant,
      message: again.message,
      eventsBefore: schedule.events.length,
      faults,
      events,
      trace: trace.slice(-TRACE_LINES),
    };
    out(JSON.stringify({ seeds, first: seed - seeds + 1, without: without ?? null, violation: found }));
    return 1;
  }
  out(`Seed ${seed} violates ${again.invariant}: ${again.message}`);
  out(
    `Found after ${seeds} seeds. Of ${schedule.events.length} events these ${events.length} still show it, with the faults: ${faults.join(', ') || 'none'}.`,
  );
  for (const { atMs, kind, salt } of events) out(`  ${String(atMs).padStart(8)} ms  ${kind} (${salt})`);
  out(trace.length > TRACE_LINES ? `The last ${TRACE_LINES} of ${trace.length} things that happened:` : 'What happened:');
  for (const line of trace.slice(-TRACE_LINES)) out(`  ${line}`);
  out(`Again: seqcast simulate --seeds 1 --seed ${seed}${without === undefined ? '' : ` --without ${without}`}`);
  return 1;
}
