/**
 * What is asked of the archive, as SQL over its tables. Names and days stand in the text, where the engine sees which directories it need
 * not open; they were checked before, and hold nothing that SQL reads.
 */
import { assert } from '../../../core/assertion.ts';
import { NAME_PATTERN } from '../../../core/limits.ts';
import type { UsageGroup } from './archive-views.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export interface AskedSpan {
  readonly sequence: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  readonly offset: number;
}

const GROUPS: Readonly<Record<UsageGroup, { readonly key: string; readonly order: string }>> = {
  'client-type': { key: `split_part(stream, '/', 2)`, order: 'demanded DESC, key' },
  service: { key: `split_part(stream, '/', 3)`, order: 'demanded DESC, key' },
  stream: { key: 'stream', order: 'demanded DESC, key' },
  sequence: { key: 'sequence', order: 'demanded DESC, key' },
  hour: { key: 'minute_ms - minute_ms % 3600000', order: 'key' },
};

export function usageStatement(span: AskedSpan, by: UsageGroup): string {
  const { key, order } = GROUPS[by];
  return `
    SELECT ${key} AS key, sum(demanded) AS demanded, sum(issued) AS issued, sum(returned) AS returned, sum(requests) AS requests,
      sum(stalls) AS stalls, max(peak_per_second) AS peak_per_second, count(DISTINCT stream) AS streams
    FROM consumption
    WHERE ${within(span, 'minute_ms')}
    GROUP BY 1 ORDER BY ${order} ${page(span)}`;
}

export function burnsStatement(span: AskedSpan): string {
  return `
    SELECT sequence, pool, incarnation, event AS how, sum(size) AS "values", count(*) AS shards, count(DISTINCT stream) AS streams,
      min(at_ms) AS first_at_ms, max(at_ms) AS last_at_ms
    FROM shards
    WHERE event IN ('burnt', 'lost') AND size > 0 AND ${within(span, 'at_ms')}
    GROUP BY ALL ORDER BY "values" DESC, last_at_ms DESC, sequence, pool, incarnation, how ${page(span)}`;
}

/**
 * The demand up to each minute is summed once, so that the demand of any span is the difference of two sums: what lies between the minute
 * of the forecast and the end of its horizon. `knownToMs`: demand is archived up to there; a horizon that goes on beyond it says nothing yet.
 */
export function forecastErrorsStatement(span: AskedSpan, knownToMs: number): string {
  const { sequence, fromMs, toMs } = span;
  // Sums begin with the first minute of the span, and go on as far as the last horizon of it may.
  const demand = within({ sequence, fromMs, toMs: Math.max(toMs, knownToMs) }, 'minute_ms');
  return `
    WITH minutes AS (SELECT stream, minute_ms, sum(demanded) AS demanded FROM consumption WHERE ${demand} GROUP BY 1, 2),
    sums AS (SELECT stream, minute_ms, sum(demanded) OVER (PARTITION BY stream ORDER BY minute_ms)::DOUBLE AS total FROM minutes),
    forecast AS (
      SELECT stream, minute_ms, rate * 60 AS minute_rate, coalesce(ride_through_median, median) AS median,
        coalesce(ride_through_upper, upper) AS upper, round(coalesce(ride_through_ms, horizon_ms) / ${MINUTE_MS})::BIGINT AS span
      FROM forecasts WHERE ${within(span, 'minute_ms')}),
    spans AS (
      SELECT f.*, coalesce(s0.total, 0) AS before, minute_ms + ${MINUTE_MS} AS next_ms, minute_ms + span * ${MINUTE_MS} AS end_ms
      FROM forecast f ASOF LEFT JOIN (SELECT stream AS s, minute_ms AS m, total FROM sums) s0 ON f.stream = s0.s AND f.minute_ms >= s0.m),
    nexts AS (
      SELECT a.*, coalesce(s1.total, 0) - before AS next_demand
      FROM spans a ASOF LEFT JOIN (SELECT stream AS s, minute_ms AS m, total FROM sums) s1 ON a.stream = s1.s AND a.next_ms >= s1.m
      WHERE a.next_ms + ${MINUTE_MS} <= ${whole(knownToMs)}),
    ends AS (
      SELECT b.*, coalesce(s2.total, 0) - before AS demand, span >= 1 AND end_ms + ${MINUTE_MS} <= ${whole(knownToMs)} AS counts
      FROM nexts b ASOF LEFT JOIN (SELECT stream AS s, minute_ms AS m, total FROM sums) s2 ON b.stream = s2.s AND b.end_ms >= s2.m)
    SELECT stream, count(*) AS forecasts, avg(next_demand) AS demand_per_minute, avg(abs(minute_rate - next_demand)) AS mean_absolute_error,
      avg(minute_rate - next_demand) AS bias, count(*) FILTER (counts) AS horizon_forecasts,
      avg(span) FILTER (counts) AS horizon_minutes, avg(demand) FILTER (counts) AS horizon_demand,
      avg(abs(median - demand)) FILTER (counts) AS horizon_error, avg(median - demand) FILTER (counts) AS horizon_bias,
      avg(CASE WHEN demand <= upper THEN 1 ELSE 0 END) FILTER (counts) AS upper_coverage
    FROM ends GROUP BY stream ORDER BY mean_absolute_error DESC, stream ${page(span)}`;
}

/** Rows of the span; by their days too, which are those of the log's time: a row may lie in the day before or after its own. */
function within({ sequence, fromMs, toMs }: Pick<AskedSpan, 'sequence' | 'fromMs' | 'toMs'>, column: string): string {
  assert(sequence === undefined || NAME_PATTERN.test(sequence), 'a name was checked before it stands in SQL');
  const days = `day BETWEEN DATE '${dayOf(fromMs - DAY_MS)}' AND DATE '${dayOf(toMs + DAY_MS)}'`;
  const named = sequence === undefined ? '' : `sequence = '${sequence}' AND `;
  return `${named}${days} AND ${column} >= ${whole(fromMs)} AND ${column} < ${whole(toMs)}`;
}

/** One more than is shown, to know whether there are more. */
function page({ limit, offset }: AskedSpan): string {
  return `LIMIT ${whole(limit + 1)} OFFSET ${whole(offset)}`;
}

function whole(number: number): number {
  assert(Number.isSafeInteger(number), 'a number was checked before it stands in SQL');
  return number;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, '2026-11-25'.length);
}
