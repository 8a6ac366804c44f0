/**
 * `seqcast simulate`: runs seeds until one breaks an invariant, or all have passed. A violation is printed with its seed and the
 * smallest list of events that still shows it. Time comes in from outside; without it no rate is printed.
 */
import { Coverage } from './coverage.ts';
import { type FaultPairReport, FaultPairs } from './fault-pairs.ts';
import { type Guard, rulesWithout } from './guards.ts';
import { type FoundViolation, runSchedule } from './run.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import { type BatchEnd, runBatch, type SeedBatch } from './seed-batch.ts';
import { shrunk } from './shrinking.ts';

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
  /** Who run batches, each one at a time; without them they run here. */
  readonly runners?: readonly BatchRunner[] | undefined;
  /** Seeds of a batch. */
  readonly batchSeeds?: number;
}

export type BatchRunner = (batch: SeedBatch) => Promise<BatchEnd>;

/** Half a second of one core: progress is told, and a signal is heard, between two batches. */
const BATCH_SEEDS_DEFAULT = 200;
/** Lines of the shrunk run that are printed: its end is what matters. */
const TRACE_LINES = 60;

/** Runs the seeds; 0 when all pass, 1 at the first violation: that of the lowest seed, whoever ran it. */
export async function simulateCommand(options: SimulateOptions): Promise<number> {
  const { seeds, seed: first = 1, onProgress, nowMs, runners = [(batch) => Promise.resolve(runBatch(batch))] } = options;
  const { batchSeeds = BATCH_SEEDS_DEFAULT } = options;
  const tally: Tally = { coverage: new Coverage(), pairs: new FaultPairs() };
  const startMs = nowMs?.();
  const elapsedS = (): number | undefined => (startMs === undefined || nowMs === undefined ? undefined : (nowMs() - startMs) / 1_000);
  const found: BatchViolation[] = [];
  let [next, done] = [first, 0];
  const runOn = async (run: BatchRunner): Promise<void> => {
    while (next < first + seeds && found.length === 0) {
      const batch = { first: next, count: Math.min(batchSeeds, first + seeds - next), without: options.without };
      next += batch.count;
      const { violation, coverage, pairs } = await run(batch);
      tally.coverage.add(coverage);
      tally.pairs.add(new FaultPairs(pairs));
      done += batch.count;
      if (violation !== undefined) found.push(violation);
      else onProgress?.(progressLine(done, seeds, elapsedS()));
    }
  };
  await Promise.all(runners.map(runOn));
  const lowest = found.sort((a, b) => a.seed - b.seed)[0];
  if (lowest !== undefined) return reportViolation(options, scheduleOf(lowest.seed), lowest, lowest.seed - first + 1);
  reportSuccess(options, first, tally, elapsedS());
  return 0;
}

interface Tally {
  readonly coverage: Coverage;
  readonly pairs: FaultPairs;
}

type BatchViolation = NonNullable<BatchEnd['violation']>;

export function progressLine(done: number, seeds: number, elapsedS: number | undefined): string {
  const share = `${done} of ${seeds} seeds, no violation`;
  if (elapsedS === undefined || elapsedS === 0) return share;
  const rate = done / elapsedS;
  return `${share}, ${Math.round(rate)} seeds/s, ${Math.ceil((seeds - done) / rate)} s left`;
}

function reportSuccess(
  { seeds, without, json, out }: SimulateOptions,
  first: number,
  { coverage, pairs }: Tally,
  elapsedS: number | undefined,
): void {
  const seedsPerSecond = elapsedS === undefined || elapsedS === 0 ? undefined : Math.round(seeds / elapsedS);
  if (json) {
    out(
      JSON.stringify({
        seeds,
        first,
        without: without ?? null,
        violation: null,
        seedsPerSecond,
        pairs: pairs.report(),
        coverage: coverage.toJson(),
      }),
    );
    return;
  }
  out(
    `${seeds} seeds from ${first}${without === undefined ? '' : ` without ${without}`}: no violation${seedsPerSecond === undefined ? '' : `, ${seedsPerSecond} seeds/s`}.`,
  );
  out(pairsLine(pairs.report()));
  out('What they went through:');
  for (const [what, times] of Object.entries(coverage.toJson())) out(`  ${String(times).padStart(10)}  ${what}`);
}

function pairsLine({ pairs, met, rarest }: FaultPairReport): string {
  return `Of ${pairs} pairs of faults ${met} met in one run; least often ${rarest.map(({ pair, runs }) => `${pair} (${runs})`).join(', ')}.`;
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
