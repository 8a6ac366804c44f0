/**
 * `seqcast up --demo`: three weeks of real demand, sped up, asked for through the public interface by three client types,
 * watched on one screen, and judged at the end beside two other generators' rules on the same demand.
 *
 * The demo only calls and looks: it uses `next` and `status` like any other caller, and leaves the server running.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { requestsOf, spreadDemand } from '../backtest/demand.ts';
import { loadNasaTrace } from '../backtest/traces/nasa.ts';
import type { Clock } from '../core/clock.ts';
import { SequenceError } from '../core/errors.ts';
import type { SeqcastService } from '../workers/runtime/service/service.ts';
import { DemoModel, TRAIN_AFTER_DAYS } from './demo/model-training.ts';
import { OtherKinds } from './demo/other-kinds.ts';
import type { DemoProgress } from './demo/progress.ts';
import { DemoRun } from './demo/run.ts';
import { type DemoSummary, summaryOf, summaryTable } from './demo/summary.ts';
import { frame, type Output, plainLine, Screen } from './screen.ts';

export interface DemoOptions {
  readonly service: SeqcastService;
  /** Demo time; the service lives on the same clock. */
  readonly clock: Clock;
  /** Demo seconds per real second, as `clock` has it. */
  readonly speedUp: number;
  /** Days of the trace, at most 21. */
  readonly days: number;
  /** JSON lines instead of a screen. */
  readonly json: boolean;
  readonly out: Output;
  /** Ends the demo early; the summary is still written. */
  readonly signal: AbortSignal;
  /** Lead time for the rivals instead of the one measured, in demo time. */
  readonly leadTimeMs?: number;
  /** Address of the server's own gateway; with it the smallest stream is asked for over HTTP. */
  readonly gatewayUrl?: string;
  /** Asks a database and for huge blocks besides; left out, only the three streams are asked for. */
  readonly allKinds?: boolean;
  /** Has the server train a model of its own, where there are days enough; not at all where left out. */
  readonly trains?: boolean;
  /** Waits real milliseconds; a test lets time jump here. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** Short beside the lead times seen in the demo, long enough that one real second is a few hundred slices. */
export const SLICE_MS = 10_000;
/** The multiples of the one pattern, and the seed of their slices: fixed, so that two demos can be compared. */
export const FACTORS = [1, 50, 500] as const;
const SEED = 1995;

const DAY_MS = 86_400_000;
const DAYS_MAX = 21;
/** Redraws per real time: smooth to the eye, and cheap. Lines of a log are for reading later. */
const REDRAW_MS = 250;
const LINE_MS = 5_000;
/** Slices asked for before other work of the process gets its turn: a late driver must not starve what it waits for. */
const SLICES_PER_TURN = 32;
/** At a low speed-up a slice lasts seconds; Ctrl-C and the screen do not wait for it. */
const PAUSE_MS_MAX = 100;

export async function runDemo(options: DemoOptions): Promise<DemoSummary> {
  const { speedUp, signal, out, json } = options;
  if (!(options.days > 0 && options.days <= DAYS_MAX))
    throw new SequenceError('SEQ_CONFIG_INVALID', `the trace has ${DAYS_MAX} days: ${options.days} is not possible`);
  const pause = options.pause ?? realPause;
  const trace = loadNasaTrace();
  const demands = FACTORS.map((factor) => spreadDemand(trace, { factor, sliceMs: SLICE_MS, seed: SEED + factor }));
  const slices = Math.round((options.days * DAY_MS) / SLICE_MS);
  const run = await DemoRun.begin({ ...options, pause, factors: FACTORS, slices, sliceMs: SLICE_MS, traceStartMs: trace.startMs });
  const model = options.trains === true && options.days > TRAIN_AFTER_DAYS ? new DemoModel(options) : undefined;
  const others = options.allKinds === true ? await OtherKinds.begin({ ...options, pause, sliceMs: SLICE_MS }) : undefined;
  const kinds = () => (others === undefined ? {} : { kinds: others.progress() });
  const progress = (): DemoProgress => ({ ...run.progress(), ...kinds(), ...(model !== undefined && { model: model.progress }) });
  const report = reporter(options, progress);

  try {
    for (let slice = 0; slice < slices && !signal.aborted; ) {
      const due = Math.min(slices, Math.floor(run.elapsedMs / SLICE_MS) + 1);
      const end = Math.min(due, slice + SLICES_PER_TURN);
      for (; slice < end; slice++) {
        run.ask(demands.map((demand) => requestsOf(demand.counts[slice] ?? 0)));
        others?.ask(slice);
      }
      run.sample();
      model?.look(run.elapsedMs, run.streamIds);
      report(run);
      // Late: only let others take their turn. Else sleep to the start of the next slice.
      const restMs = slice < due ? 0 : (slice * SLICE_MS - run.elapsedMs) / speedUp;
      await pause(Math.min(PAUSE_MS_MAX, Math.max(0, restMs)));
    }
    await run.settled(signal);
    if (!signal.aborted) await others?.settled();
  } finally {
    run.end();
    others?.stop();
  }
  report(run, 'now');
  const summary = summaryOf({ progress: progress(), demands, slices: run.asked, leadTimeMs: options.leadTimeMs });
  out.write(json ? `${JSON.stringify(summary)}\n` : `\n${summaryTable(summary).join('\n')}\n`);
  return summary;
}

/** Draws or prints when it is time to; real time is read off the demo's own clock. */
function reporter(options: DemoOptions, progressNow: () => DemoProgress): (run: DemoRun, when?: 'now') => void {
  const { json, out, speedUp } = options;
  const screen = out.isTTY === true && !json ? new Screen(out) : undefined;
  const everyMs = (screen === undefined ? LINE_MS : REDRAW_MS) * speedUp;
  let nextMs = 0;
  return (run, when) => {
    if (when !== 'now' && run.elapsedMs < nextMs) return;
    nextMs = run.elapsedMs + everyMs;
    const progress = progressNow();
    if (screen !== undefined) screen.draw(frame(progress));
    else if (json) out.write(`${JSON.stringify(progress)}\n`);
    else out.write(`${plainLine(progress)}\n`);
  };
}

async function realPause(ms: number): Promise<void> {
  if (ms <= 0) await setImmediate();
  else await setTimeout(ms);
}
