/** What the archive can be asked, and how it answers: usage, burns, and how well forecasts did. */

export const USAGE_GROUPS = ['client-type', 'service', 'hour', 'stream', 'sequence'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface ArchiveSpan {
  /** All sequences where it is left out. */
  readonly sequence?: string;
  /** The day before `toMs` where it is left out. */
  readonly fromMs?: number;
  /** Now where it is left out. */
  readonly toMs?: number;
  readonly limit: number;
  /** Rows to pass over: what `next` of the page before says. */
  readonly offset: number;
}

export interface ArchivePage<Row> {
  readonly fromMs: number;
  readonly toMs: number;
  /** The archive holds everything before it; absent where no hour was rolled up yet. */
  readonly rolledUpToMs?: number;
  /** What is missing, in words. */
  readonly note?: string;
  readonly rows: readonly Row[];
  /** Offset of the next page, where there is one. */
  readonly next?: number;
}

export interface UsageRow {
  /** A client type, service, stream or sequence; of hours the time at which one begins. */
  readonly key: string;
  readonly demanded: number;
  readonly issued: number;
  readonly returned: number;
  readonly requests: number;
  readonly stalls: number;
  /** Largest demand of one second of one stream. */
  readonly peakPerSecond: number;
  readonly streams: number;
}

/** What one life of a pool lost of a sequence, in one way. */
export interface BurnRow {
  readonly sequence: string;
  readonly pool: string;
  readonly incarnation: string;
  readonly how: 'burnt' | 'lost';
  readonly why: string;
  /** Burnt: never issued. Lost: at most so many, because what was issued since the last report is in doubt. */
  readonly values: number;
  readonly shards: number;
  readonly streams: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Forecasts of one stream against what was asked for in the minutes after each. Errors are forecast minus demand. */
export interface ForecastErrorRow {
  readonly stream: string;
  /** One a minute is archived; those whose next minute is rolled up. */
  readonly forecasts: number;
  readonly demandPerMinute: number;
  /** Of the rate, over the minute after the forecast, in values. */
  readonly meanAbsoluteError: number;
  readonly bias: number;
  /** Those of the forecasts whose longest horizon is a minute or more, which is as fine as the archive counts; the rest is absent without. */
  readonly horizonForecasts: number;
  readonly horizonMinutes?: number;
  readonly horizonDemand?: number;
  readonly horizonMeanAbsoluteError?: number;
  readonly horizonBias?: number;
  /** Pinball loss of the median: half of the absolute error of it, in values. */
  readonly medianPinballLoss?: number;
  /** Share of horizons whose demand was at most the upper quantile. */
  readonly upperCoverage?: number;
}

/** Reads only. Throws `SEQ_UNSUPPORTED` without an archive, `SEQ_INVALID_REQUEST` for a span or page that cannot be. */
export interface ArchiveService {
  usage(span: ArchiveSpan, by: UsageGroup): Promise<ArchivePage<UsageRow>>;
  /** Largest first. */
  burns(span: ArchiveSpan): Promise<ArchivePage<BurnRow>>;
  /** Largest error first. */
  forecastErrors(span: ArchiveSpan): Promise<ArchivePage<ForecastErrorRow>>;
}
