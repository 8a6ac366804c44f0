/**
 * Answers questions about what was: the archive is asked, in the engine's own thread, a question at a time and each for a bounded time and
 * memory. What it does not know yet is said with every answer.
 */
import { SequenceError } from '../../../core/errors.ts';
import { NAME_PATTERN } from '../../../core/limits.ts';
import type { Archive, ArchiveRow, EventLog } from '../../../pipelines/ports.ts';
import { type AskedSpan, burnsStatement, forecastErrorsStatement, usageStatement } from './archive-statements.ts';
import type { ArchivePage, ArchiveService, ArchiveSpan, BurnRow, ForecastErrorRow, UsageGroup, UsageRow } from './archive-views.ts';
import { rolledUpToMs } from './rolled-up.ts';

const DAY_MS = 86_400_000;
/** What the archive keeps of consumption, and a little more. */
const SPAN_DAYS_MAX = 401;
/** A forecast a minute and stream: more than a month of them is more than one answer's memory. */
const FORECAST_DAYS_MAX = 31;
const ROWS_MAX = 1_000;
const OFFSET_MAX = 100_000;
const NOT_OPENED = 'the process was opened without one, or it could not be opened, which its log says';

export interface ArchiveQuestionsOptions {
  /** The archive of this process, opened when it is first asked; undefined where there is none. */
  readonly archive: () => Promise<Archive | undefined>;
  /** What to do about it where there is none. */
  readonly missing?: string;
  readonly log: EventLog;
  readonly partitionCount: number;
  /** The clock that stamps the log. */
  readonly nowMs: () => number;
}

export class ArchiveQuestions implements ArchiveService {
  readonly #options: ArchiveQuestionsOptions;

  constructor(options: ArchiveQuestionsOptions) {
    this.#options = options;
  }

  usage(asked: ArchiveSpan, by: UsageGroup): Promise<ArchivePage<UsageRow>> {
    const span = this.#span(asked, SPAN_DAYS_MAX);
    return this.#page(
      span,
      'consumption',
      () => usageStatement(span, by),
      (row) => usageRow(row, by),
    );
  }

  burns(asked: ArchiveSpan): Promise<ArchivePage<BurnRow>> {
    const span = this.#span(asked, SPAN_DAYS_MAX);
    return this.#page(span, 'shards', () => burnsStatement(span), burnRow);
  }

  forecastErrors(asked: ArchiveSpan): Promise<ArchivePage<ForecastErrorRow>> {
    const span = this.#span(asked, FORECAST_DAYS_MAX);
    return this.#page(span, 'consumption', (knownToMs) => forecastErrorsStatement(span, knownToMs), errorRow);
  }

  async #page<Row>(
    span: AskedSpan,
    table: 'consumption' | 'shards',
    statement: (knownToMs: number) => string,
    rowOf: (row: ArchiveRow) => Row,
  ): Promise<ArchivePage<Row>> {
    const { log, partitionCount, nowMs, missing = NOT_OPENED } = this.#options;
    const archive = await this.#options.archive();
    if (archive === undefined) throw new SequenceError('SEQ_UNSUPPORTED', `there is no archive here: ${missing}`);
    const reached = await rolledUpToMs(log, partitionCount, table, nowMs());
    const { fromMs, toMs, limit, offset } = span;
    const found = await archive.sql(statement(reached ?? fromMs));
    return {
      fromMs,
      toMs,
      ...(reached !== undefined && { rolledUpToMs: reached }),
      ...noteOn(span, reached),
      rows: found.slice(0, limit).map(rowOf),
      ...(found.length > limit && { next: offset + limit }),
    };
  }

  #span({ sequence, toMs = this.#options.nowMs(), fromMs = toMs - DAY_MS, limit, offset }: ArchiveSpan, daysMax: number): AskedSpan {
    if (sequence !== undefined && !NAME_PATTERN.test(sequence)) {
      throw new SequenceError('SEQ_INVALID_NAME', `not the name of a sequence: ${JSON.stringify(sequence.slice(0, 80))}`);
    }
    checkWhole('fromMs', fromMs, 0, Number.MAX_SAFE_INTEGER);
    checkWhole('toMs', toMs, 0, DAY_MS * 100_000_000 - DAY_MS * 2);
    checkWhole('limit', limit, 1, ROWS_MAX);
    checkWhole('offset', offset, 0, OFFSET_MAX);
    if (toMs <= fromMs) throw invalid(`toMs ${toMs} is not after fromMs ${fromMs}`);
    if (toMs - fromMs > daysMax * DAY_MS) throw invalid(`one answer is about ${daysMax} days at most: ask for a shorter span`);
    return { sequence, fromMs, toMs, limit, offset };
  }
}

function noteOn({ fromMs, toMs }: AskedSpan, reached: number | undefined): { readonly note?: string } {
  if (reached === undefined) return { note: 'no hour was rolled up yet: that is done once an hour, five minutes after it is over' };
  if (reached >= toMs) return {};
  const from = new Date(Math.max(reached, fromMs)).toISOString();
  return { note: `not rolled up yet: what was after ${from}; that is done once an hour, five minutes after it is over` };
}

function usageRow(row: ArchiveRow, by: UsageGroup): UsageRow {
  const key = row.key ?? '';
  return {
    key: by === 'hour' ? new Date(Number(key)).toISOString() : String(key),
    demanded: Number(row.demanded),
    issued: Number(row.issued),
    returned: Number(row.returned),
    requests: Number(row.requests),
    stalls: Number(row.stalls),
    peakPerSecond: Number(row.peak_per_second),
    streams: Number(row.streams),
  };
}

const WHY: Readonly<Record<BurnRow['how'], string>> = {
  burnt: 'the pool could not tell whether it had loaded the shard, or could not give its rest back',
  lost: 'the life of the pool ended (a kill, a restart, a store that was replaced) with the shard open',
};

function burnRow(row: ArchiveRow): BurnRow {
  const how = row.how === 'lost' ? 'lost' : 'burnt';
  return {
    sequence: String(row.sequence),
    pool: String(row.pool),
    incarnation: String(row.incarnation),
    how,
    why: WHY[how],
    values: Number(row.values),
    shards: Number(row.shards),
    streams: Number(row.streams),
    firstAtMs: Number(row.first_at_ms),
    lastAtMs: Number(row.last_at_ms),
  };
}

function errorRow(row: ArchiveRow): ForecastErrorRow {
  const horizonForecasts = Number(row.horizon_forecasts);
  const horizons = {
    horizonMinutes: Number(row.horizon_minutes),
    horizonDemand: Number(row.horizon_demand),
    horizonMeanAbsoluteError: Number(row.horizon_error),
    horizonBias: Number(row.horizon_bias),
    medianPinballLoss: Number(row.horizon_error) / 2,
    upperCoverage: Number(row.upper_coverage),
  };
  return {
    stream: String(row.stream),
    forecasts: Number(row.forecasts),
    demandPerMinute: Number(row.demand_per_minute),
    meanAbsoluteError: Number(row.mean_absolute_error),
    bias: Number(row.bias),
    horizonForecasts,
    ...(horizonForecasts > 0 && horizons),
  };
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw invalid(`${name} is ${String(value)}: it is a whole number from ${min} to ${max}`);
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
