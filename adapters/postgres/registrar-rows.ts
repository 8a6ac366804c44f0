/** A reservation as a row of PostgreSQL, and lists of values as the array literals that statements take. */
import { assert } from '../../core/assertion.ts';
import type { Interval } from '../../core/interval.ts';
import { reservationId } from '../../core/reservation/reservation-id.ts';
import { HEAD_FIELDS, type Reservation, type SeriesHead } from '../../core/reservation/series.ts';
import { stateNumbered } from '../../core/reservation/states.ts';
import type { RegisteredReservation } from '../../pipelines/ports.ts';

export type Row = readonly unknown[];

/** What JSON and array literals write differently. */
const UNLIKE_JSON = /[\p{Cc}\p{Cs}]/u;

/** An integer column as a plain number, whatever the driver was told to make of it: exact, or the process stops. */
export function exact(column: unknown): number {
  const number = Number(column);
  assert(column !== null && Number.isSafeInteger(number), `the database holds ${String(column)}, which is no exact number`);
  return number;
}

/** `{1,2}`, `{"a",null}`: JSON writes what an array literal reads, but for characters that nobody should use. */
export function arrayOf(values: readonly (number | string | null | undefined)[]): string {
  const text = JSON.stringify(values);
  if (!text.includes('\\')) return `{${text.slice(1, -1)}}`;
  return `{${values.map(elementOf).join(',')}}`;
}

function elementOf(value: number | string | null | undefined): string {
  if (typeof value !== 'string') return String(value ?? null);
  // PostgreSQL stores no NUL, and half a surrogate pair is no character.
  const text = UNLIKE_JSON.test(value) ? value.replaceAll(/\0|\p{Cs}/gu, '\uFFFD') : value;
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Null for one interval: that is in two columns of its own. */
export function intervalsText(intervals: readonly Interval[]): string | null {
  return intervals.length === 1 ? null : JSON.stringify(intervals.map(({ start, end }) => [start, end]));
}

/** Columns of a reservation `r`, whose life is `l`. */
export const RESERVATION_COLUMNS = [
  'series, number, life, state, first, past, intervals, key, payload_hash, owner, reserved_at_ms, expires_at_ms, ended_at_ms, ended_by',
  'because',
]
  .join(', ')
  .split(', ');

export function columnsOf(reservation: string, life: string): string {
  return RESERVATION_COLUMNS.map((column) => `${column === 'life' ? life : reservation}.${column}`).join(', ');
}

export function reservationOf(row: Row): Reservation {
  const [series, number, life, state, first, past, intervals, key, payloadHash, owner] = row;
  const [reservedAtMs, expiresAtMs, endedAtMs, endedBy, because] = row.slice(10);
  return {
    series: exact(series),
    number: exact(number),
    life: String(life),
    state: stateNumbered(exact(state)),
    intervals:
      typeof intervals === 'string'
        ? (JSON.parse(intervals) as [number, number][]).map(([start, end]) => ({ start, end }))
        : [{ start: exact(first), end: exact(past) }],
    key: key === null ? undefined : String(key),
    payloadHash: String(payloadHash),
    owner: String(owner),
    reservedAtMs: exact(reservedAtMs),
    expiresAtMs: expiresAtMs === null ? undefined : exact(expiresAtMs),
    end: endedAtMs === null ? undefined : { atMs: exact(endedAtMs), by: String(endedBy ?? ''), because: String(because ?? '') },
  };
}

export function headOf(columns: Row): SeriesHead {
  return Object.fromEntries(HEAD_FIELDS.map((name, index) => [name, exact(columns[index])])) as unknown as SeriesHead;
}

export function registered(reservation: Reservation): RegisteredReservation {
  return { ...reservation, id: reservationId(reservation) };
}
