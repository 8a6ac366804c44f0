/** What an observation says: a line a minute, and the end of it with the command to type next. */
import { duration, grouped } from '../demo/figures.ts';
import { fields, timeText } from '../table.ts';
import type { ObservationTotals } from './observation.ts';
import type { ShadowSpan } from './shadow.ts';

/** A backtest learns from the first 60 % and wants ten minutes of the rest. */
const BACKTEST_MS_MIN = 1_500_000;

/** Demand of a while, beside what seqcast would have done with it. */
export interface MinuteReport {
  readonly kind: 'minute';
  readonly untilMs: number;
  readonly spanMs: number;
  readonly values: number;
  readonly peak: number;
  readonly observed: ObservedFetches;
  readonly shadow?: ShadowSpan;
}

/** What its users do today: so many fetches of blocks of that size. */
export interface ObservedFetches {
  readonly block: number;
  readonly fetches: number;
}

export interface ObserveSummary {
  readonly kind: 'summary';
  readonly source: string;
  readonly file: string;
  readonly everyMs: number;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly totals: Readonly<ObservationTotals>;
  readonly awayMs: number;
  /** From the first row of the file to its last, this observation and those before. */
  readonly fileMs: number;
  readonly shadow?: ShadowSpan;
  readonly next: string;
}

export function minuteText({ untilMs, spanMs, values, peak, observed, shadow }: MinuteReport): string {
  const rate = ratePerSecond(values, spanMs);
  const demand = `${timeText(untilMs).slice(11, 19)}  ${grouped(values)} values in ${duration(spanMs)}: ${rate}/s, at most ${grouped(peak)} in a span`;
  if (shadow === undefined) return `${demand}\n`;
  return `${demand}\n          there: ${fetchesText(observed)}; seqcast would have ${shadowText(shadow)}\n`;
}

export function summaryText(summary: ObserveSummary): string {
  const { source, file, everyMs, fromMs, untilMs, totals, awayMs, fileMs, shadow, next } = summary;
  const spanMs = totals.rows * everyMs;
  const seen = {
    observed: source,
    from: timeText(fromMs),
    until: timeText(untilMs),
    file: `${file}: ${grouped(totals.rows)} rows of ${duration(everyMs)}`,
    values: `${grouped(totals.values)}: ${ratePerSecond(totals.values, spanMs)}/s, at most ${grouped(totals.peak)} in a span`,
    resolution: totals.resolution === 1 ? 'every value' : `blocks of ${grouped(totals.resolution)}: what lies within one is hidden`,
    gaps: gapText(totals, awayMs),
    'users today': fetchesText(totals),
  };
  const compared = shadow === undefined ? {} : { shadow: `would have ${shadowText(shadow)}`, saved: savedText(totals, shadow) };
  const short = fileMs < BACKTEST_MS_MIN ? ` (it wants ${duration(BACKTEST_MS_MIN)} of demand at least)` : '';
  return `${fields({ ...seen, ...compared })}\nnext: ${next}${short}\n`;
}

function shadowText({ meanHeld, maxHeld, orders, returns, demanded, stalled }: ShadowSpan): string {
  const given = returns === 0 ? '' : `, given back ${times(returns)}`;
  const ppm = demanded === 0 ? 0 : (stalled * 1e6) / demanded;
  const waits = stalled === 0 ? 'let nobody wait' : `let ${grouped(stalled)} of ${grouped(demanded)} values wait (${grouped(ppm)} ppm)`;
  return `held ${grouped(meanHeld)} (at most ${grouped(maxHeld)}), ordered ${orders === 0 ? 'nothing' : times(orders)}${given}, ${waits}`;
}

function savedText({ fetches, block }: ObservedFetches, { orders, returns }: ShadowSpan): string {
  const trips = fetches - orders - returns;
  const what = block === 1 ? 'takes' : 'fetches of a block';
  return trips >= 0
    ? `${grouped(trips)} of ${grouped(fetches)} ${what}`
    : `nothing: it would have allocated ${times(-trips)} more than that`;
}

function fetchesText({ fetches, block }: ObservedFetches): string {
  return block === 1 ? `${grouped(fetches)} values, each taken by itself` : `${grouped(fetches)} fetches of a block of ${grouped(block)}`;
}

function gapText({ gaps, spreadMs, leftOutMs, restarts }: ObservationTotals, awayMs: number): string {
  if (gaps === 0 && restarts === 0 && awayMs === 0) return 'none';
  const parts = [grouped(gaps)];
  if (spreadMs > 0) parts.push(`${duration(spreadMs)} spread evenly`);
  if (leftOutMs > 0) parts.push(`${duration(leftOutMs)} left out`);
  if (awayMs > 0) parts.push(`away for ${duration(awayMs)}`);
  if (restarts > 0) parts.push(`${times(restarts)} begun anew`);
  return parts.join(', ');
}

function times(n: number): string {
  return n === 1 ? 'once' : `${grouped(n)} times`;
}

function ratePerSecond(values: number, spanMs: number): string {
  return spanMs === 0 ? '0' : ((values * 1_000) / spanMs).toFixed(1);
}
