/** Numbers, times and happenings as people read them. */
import type { Happening } from './live.ts';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });
const COMPACT_SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
/** Longer numbers are shortened where there is little room. */
const COMPACT_FROM = 1_000_000;
/** No word for thousands of millions of millions is read as a number. */
const POWER_FROM = 1e15;
/** Less than this a second is almost nothing, however many digits it has. */
const SMALLEST = 0.01;
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

export const whole = (value: number): string => WHOLE.format(value);
export const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
export const clock = (ms: number): string => CLOCK.format(ms);
export const day = (ms: number): string => DAY.format(ms);

/** Three digits. */
export function short(value: number): string {
  if (value > 0 && value < SMALLEST) return `< ${SMALLEST}`;
  return Math.abs(value) >= 1_000 ? brief(value) : SHORT.format(value);
}

/** Three digits and no more, where many stand side by side. */
export function compact(value: number): string {
  return Math.abs(value) < 1_000 ? short(value) : COMPACT_SHORT.format(value).replace(/([A-Z])$/, '\u202f$1');
}

/** Whole, and shortened where it is long. */
export function brief(value: number): string {
  if (Math.abs(value) < COMPACT_FROM) return WHOLE.format(value);
  if (Math.abs(value) < POWER_FROM) return COMPACT.format(value).replace(/([A-Z])$/, '\u202f$1');
  const [digits, power = ''] = value.toExponential(1).split('e+');
  return `${digits} × 10${[...power].map((digit) => RAISED[Number(digit)]).join('')}`;
}

export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${SHORT.format(ms / 1_000)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${whole(Math.floor(minutes / 1_440))} days`;
}

export function many(count: number, one: string, more = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : more}`;
}

const TRIGGERS: Readonly<Record<string, string>> = {
  order: 'the pool reached its reorder point',
  forecast: 'a forecast moved the reorder point',
};

/** What happened, without the stream that it happened to. */
export function told(event: Happening): string {
  switch (event.kind) {
    case 'allocation':
      return `${many(event.allocation.size, 'value')} allocated: ${TRIGGERS[event.allocation.trigger] ?? event.allocation.trigger}`;
    case 'return':
      return `${many(event.values, 'value')} returned`;
    case 'burn':
      return `${many(event.values, 'value')} burnt`;
    case 'stall':
      return `${many(event.stalls, 'request')} waited for an allocation`;
    case 'move':
      return `is served by ${event.pool}`;
    case 'pool-lost':
      return `was lost`;
    case 'sequence':
      return `was ${event.change}`;
  }
}

/** Whom it happened to. */
export function subject(event: Happening): string {
  if (event.kind === 'allocation') return event.allocation.stream;
  if (event.kind === 'pool-lost') return event.pool;
  return event.kind === 'sequence' ? event.sequence : event.stream;
}
