/**
 * The demo's own verdict: what seqcast did, beside what Leaf and a static step would have done on the same slices with the
 * same lead time. Where we lose, the table says so as plainly as where we win.
 */
import type { DemandSlices } from '../../backtest/demand.ts';
import { type RivalResult, replayRival } from '../../backtest/replay-rival.ts';
import { leaf } from '../../backtest/rivals/leaf.ts';
import { staticStep } from '../../backtest/rivals/static-step.ts';
import { compact, duration, grouped } from './figures.ts';
import { type KindProgress, kindSentences } from './kind-progress.ts';
import type { ModelProgress } from './model-progress.ts';
import { modelParagraph } from './model-text.ts';
import type { DemoProgress, StreamProgress } from './progress.ts';

export interface StreamSummary {
  readonly stream: string;
  readonly factor: number;
  /** Demo time; the rivals are given the same. */
  readonly leadTimeMs: number;
  readonly requests: number;
  readonly ours: {
    readonly stalled: number;
    readonly stalledPpm: number;
    readonly meanIdle: number;
    readonly allocationsPerHour: number;
    readonly waitMsMean: number;
    readonly waitMsMax: number;
  };
  readonly rivals: readonly RivalResult[];
}

export interface DemoSummary {
  readonly kind: 'summary';
  readonly trace: string;
  /** False when the demo was ended before its last day was over. */
  readonly finished: boolean;
  readonly demoHours: number;
  readonly speedUp: number;
  readonly achievedSpeedUp: number;
  readonly values: number;
  readonly requests: number;
  readonly duplicates: number;
  readonly streams: readonly StreamSummary[];
  /** The callers that were served by other kinds of pools. */
  readonly kinds?: readonly KindProgress[];
  /** The model that the server trained itself. */
  readonly model?: ModelProgress;
}

export interface SummaryInput {
  readonly progress: DemoProgress;
  /** Demand per stream, in the order of `progress.streams`, and how many slices of it were asked for. */
  readonly demands: readonly DemandSlices[];
  readonly slices: number;
  /** Overrides the measured lead time. */
  readonly leadTimeMs?: number | undefined;
}

const TRACE_LABEL = 'NASA-HTTP July 1995, one pattern multiplied by 1, 50 and 500';
const HOUR_MS = 3_600_000;
/** Leaf's callers get an error after 10 ms of real time; the lead time is sped up, so their patience is as well. */
const PATIENCE_MS = 10;

export function summaryOf(input: SummaryInput): DemoSummary {
  const { progress, slices, demands } = input;
  const sliceMs = demands[0]?.sliceMs ?? 0;
  const lostAfterMs = PATIENCE_MS * progress.speedUp;
  return {
    kind: 'summary',
    trace: TRACE_LABEL,
    finished: progress.share >= 1,
    demoHours: (slices * sliceMs) / HOUR_MS,
    speedUp: progress.speedUp,
    achievedSpeedUp: progress.achievedSpeedUp,
    values: progress.values,
    requests: progress.requests,
    duplicates: progress.duplicates,
    ...(progress.kinds !== undefined && { kinds: progress.kinds }),
    ...(progress.model !== undefined && { model: progress.model }),
    streams: progress.streams.map((stream, i) => {
      const demand = demands[i];
      const leadTimeMs = input.leadTimeMs ?? stream.leadTimeMs;
      const replay = { leadTimeMs, lostAfterMs, slices };
      const rivals = demand === undefined ? [] : [leaf(), staticStep()].map((rival) => replayRival(rival, demand, replay));
      return { ...ours(stream), leadTimeMs, rivals };
    }),
  };
}

function ours(s: StreamProgress): Omit<StreamSummary, 'rivals' | 'leadTimeMs'> {
  const { stalled, stalledPpm, meanIdle, allocationsPerHour, waitMsMean, waitMsMax } = s;
  return {
    stream: s.stream,
    factor: s.factor,
    requests: s.requests,
    ours: { stalled, stalledPpm, meanIdle, allocationsPerHour, waitMsMean, waitMsMax },
  };
}

const WIDTHS = [8, 34, 14, 16, 12, 16] as const;

export function summaryTable(summary: DemoSummary): string[] {
  const cells = (texts: readonly string[]) =>
    texts
      .map((text, i) => (i < 2 ? text.padEnd(WIDTHS[i] ?? 0) : text.padStart(WIDTHS[i] ?? 0)))
      .join('')
      .trimEnd();
  const lines = [
    `${summary.finished ? 'The demo is over' : 'The demo was ended early'}: ${duration(summary.demoHours * HOUR_MS)} of ${TRACE_LABEL},`,
    `${grouped(summary.values)} values in ${grouped(summary.requests)} requests, ${grouped(summary.duplicates)} duplicates, at ${grouped(summary.achievedSpeedUp)} × real time (asked for: ${grouped(summary.speedUp)} ×).`,
    'The same demand under each rule, with the lead time measured here (demo time):',
    '',
    cells(['stream', 'rule', 'stalls ppm', 'mean idle stock', 'alloc/h', 'idle ÷ seqcast']),
  ];
  for (const s of summary.streams) {
    lines.push(
      cells([
        `×${s.factor}`,
        `seqcast (lead ${duration(s.leadTimeMs)})`,
        compact(s.ours.stalledPpm),
        compact(s.ours.meanIdle),
        compact(s.ours.allocationsPerHour),
        '1',
      ]),
    );
    for (const r of s.rivals)
      lines.push(
        cells(['', r.rival, compact(r.stalledPpm), compact(r.meanIdle), compact(r.allocationsPerHour), ratio(r.meanIdle, s.ours.meanIdle)]),
      );
  }
  if (summary.kinds !== undefined) lines.push('', ...kindSentences(summary.kinds));
  return summary.model === undefined ? lines : [...lines, ...modelParagraph(summary.model)];
}

function ratio(theirs: number, ours: number): string {
  return ours > 0 ? compact(theirs / ours) : '-';
}
