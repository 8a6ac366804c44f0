/**
 * All that a backtest found, as data: the terminal table, the JSON file and the HTML page are made from this and nothing else, and the
 * same input and manifest give the same bytes.
 */
import type { StreamResult } from '../harness/result.ts';

/** What went in: whoever has this and the same data gets the same report. */
export interface BacktestManifest {
  readonly version: string;
  readonly from: string;
  readonly dataSha256: string;
  readonly seeds: Readonly<Record<string, number>>;
  /** SHA-256 (hex) of every model that spoke, by model id. */
  readonly models: Readonly<Record<string, string>>;
  /** Everything that was asked for, defaults filled in. */
  readonly settings: Readonly<Record<string, string | number | boolean | readonly string[] | readonly number[]>>;
}

/** One policy under one lead time and ride-through, over all streams: sums, and means weighted by time. */
export interface LeaderboardRow {
  readonly policy: string;
  /** `seqcast`: the rule; `without forecast`: the same rule on remembered peaks; `tuned`: fitted to the training part; `bound`: knows the future. */
  readonly group: 'seqcast' | 'without forecast' | 'forecaster' | 'rival' | 'tuned' | 'bound';
  readonly leadTime: string;
  readonly rideThroughS: number;
  readonly result: StreamResult;
  /** On the Pareto front of idle stock against operations an hour, and of idle stock against minutes of autonomy. */
  readonly onOperationsFront: boolean;
  readonly onAutonomyFront: boolean;
}

/** One stream over time, for plots: at most some two thousand spans, each as long as all others. */
export interface StreamHistory {
  readonly stream: string;
  readonly policy: string;
  readonly startMs: number;
  readonly spanS: number;
  /** Values a second (mean and the busiest second), stock on hand (mean and least), reorder point and order-up-to level where the policy has them; stalled values. */
  readonly demand: readonly number[];
  readonly demandPeak: readonly number[];
  readonly stock: readonly number[];
  readonly stockMin: readonly number[];
  readonly reorderPoint?: readonly number[];
  readonly stalled: readonly number[];
}

/** How often demand over a horizon stayed at or below each forecast quantile. */
export interface CalibrationRow {
  readonly horizonS: number;
  readonly level: number;
  /** Share of `count` moments. */
  readonly covered: number;
  readonly count: number;
}

export interface ExpertWeights {
  readonly stream: string;
  readonly startMs: number;
  readonly spanS: number;
  /** Per expert its share in the upper quantile, span by span. */
  readonly experts: Readonly<Record<string, readonly number[]>>;
}

/** The same rule with and without its forecast. */
export interface ForecastWorth {
  readonly leadTime: string;
  readonly rideThroughS: number;
  readonly withForecast: StreamResult;
  readonly withoutForecast: StreamResult;
  /** Idle stock saved, of that without; and the difference of stalls per million. */
  readonly idleSavedShare: number;
  readonly stalledPpmMore: number;
}

/** Advice for one stream, in the order of its volume. */
export interface StreamAdvice {
  readonly stream: string;
  readonly valuesPerDay: number;
  readonly poolKind: 'throughput' | 'transaction' | 'analytics';
  readonly because: string;
  readonly serviceLevel: {
    readonly targetStallsPpm: number;
    readonly rideThroughS: number;
    readonly rideThroughClass: 'expected' | 'insured';
  };
  /** Why this service level, and what was found of its forecast, in sentences. */
  readonly reasons: readonly string[];
  /** Error of the median forecast relative to the mean demand; `unforecastable` where memory of peaks does as well. */
  readonly forecastError: number;
  readonly unforecastable: boolean;
  /** When the value space runs out: dates (ms since the epoch) by quantile; left out where it lasts longer than a century. */
  readonly exhaustion?: readonly { readonly level: number; readonly atMs: number }[];
}

export interface BacktestReport {
  readonly manifest: BacktestManifest;
  readonly repairs: readonly string[];
  readonly streams: readonly { readonly name: string; readonly seconds: number; readonly demanded: number }[];
  /** The part policies were tuned and warmed up on, and the part that is counted, of the longest stream. */
  readonly split: {
    readonly trainedUntilMs: number;
    readonly gapS: number;
    readonly countedFromMs: number;
    readonly untilMs: number;
    /** How often policies were fitted anew, each time to all that came before. */
    readonly origins: number;
  };
  readonly leaderboard: readonly LeaderboardRow[];
  /** The rule at other prices of an allocation: not on the leaderboard, but on the fronts with those that are. */
  readonly sweep: readonly LeaderboardRow[];
  readonly worth: readonly ForecastWorth[];
  readonly histories: readonly StreamHistory[];
  /** The hour of each history in which most values stalled, or stock was least: in seconds. */
  readonly worstHours: readonly StreamHistory[];
  readonly calibration: readonly CalibrationRow[];
  readonly weights: readonly ExpertWeights[];
  readonly advice: readonly StreamAdvice[];
}
