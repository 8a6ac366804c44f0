/** What the demo knows while it runs: the data that the screen draws and `--json` prints. */
import type { KindProgress } from './kind-progress.ts';
import type { ModelProgress } from './model-progress.ts';

export interface DemoProgress {
  readonly kind: 'progress';
  /** Share of the demo's demand that has come due and been asked for. */
  readonly share: number;
  /** The moment of the trace that is being asked for, and where the demo ends. */
  readonly traceMs: number;
  readonly day: number;
  readonly days: number;
  /** Real time left at the achieved speed-up. */
  readonly etaMs: number;
  readonly speedUp: number;
  /** Below `speedUp` when this machine cannot keep up; the demand is then late, not dropped. */
  readonly achievedSpeedUp: number;
  /** Demo time by which the demand is late. */
  readonly behindMs: number;
  readonly values: number;
  readonly requests: number;
  readonly duplicates: number;
  /** Merged intervals that all answers so far make up. */
  readonly intervals: number;
  readonly streams: readonly StreamProgress[];
  /** The callers that are served by other kinds of pools; absent where none ask. */
  readonly kinds?: readonly KindProgress[];
  /** The model that the server trains itself; absent where it trains none. */
  readonly model?: ModelProgress;
}

export interface StreamProgress {
  readonly stream: string;
  readonly factor: number;
  /** How the calls are made: in process or over HTTP. */
  readonly way: 'in process' | 'HTTP';
  readonly demandPerSecond: number;
  readonly forecastMedian: number;
  readonly forecastUpper: number;
  readonly stock: number;
  readonly reorderPoint: number;
  /** Calls due and unanswered. */
  readonly waiting: number;
  readonly requests: number;
  readonly stalled: number;
  readonly stalledPpm: number;
  /** Waits of stalled calls, in demo time. */
  readonly waitMsMean: number;
  readonly waitMsMax: number;
  readonly retries: number;
  readonly meanIdle: number;
  readonly allocations: number;
  readonly allocationsPerHour: number;
  /** In demo time, as the service measured it. */
  readonly leadTimeMs: number;
  readonly demandHistory: readonly number[];
  readonly stockHistory: readonly number[];
}
