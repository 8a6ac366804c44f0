/**
 * Reads the times of a file: ISO 8601 with or without a zone, or seconds, milliseconds, microseconds or nanoseconds since 1970. The first
 * time decides which, and all others must be alike: a file that mixes them is misread too easily.
 */
import { decimal, digitsOf, isDigit, shown, twoDigits } from './time-digits.ts';
import { TimeZone } from './time-zone.ts';

export type TimeFormat = 'ISO with a zone' | 'ISO without a zone' | 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds';

/** Whole digits of a number that counts from 1970, and what it counts: seconds up to the year 5138, milliseconds from 1973 on. */
const SECONDS_DIGITS_MAX = 11;
const MILLISECONDS_DIGITS_MAX = 14;
const MICROSECONDS_DIGITS_MAX = 17;
const DIGITS_MAX = 20;

const ZERO = 0x30;
const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;
const PLUS = 0x2b;
const SPACE = 0x20;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const DATE_LENGTH = 10;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MONTHS = 12;

export class TimeReader {
  readonly #zone: TimeZone | undefined;
  readonly #isZoneKnown: boolean;
  #format: TimeFormat | undefined;
  #withoutZone = 0;
  #nearMs = Number.NaN;
  #dateKey = -1;
  #dateMs = 0;
  /** Why the last time could not be read. */
  problem = '';

  /** `timeZone` is that of times without one: where it is left out, they are read as UTC, and counted. */
  constructor(timeZone: string | undefined) {
    this.#isZoneKnown = timeZone !== undefined;
    this.#zone = timeZone === undefined || timeZone === 'UTC' ? undefined : new TimeZone(timeZone);
  }

  /** Milliseconds since 1970, or NaN: `problem` says why. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const ms = bytes[start + 4] === DASH && bytes[start + 7] === DASH ? this.#iso(bytes, start, end) : this.#number(bytes, start, end);
    this.#nearMs = ms;
    return ms;
  }

  readText(text: string): number {
    const bytes = Buffer.from(text.trim());
    return this.read(bytes, 0, bytes.length);
  }

  /** A number since 1970, of whatever unit its size tells. */
  readNumber(value: number): number {
    if (!Number.isFinite(value)) return this.readText(String(value));
    const format = formatOf(digitsOf(Math.abs(value)));
    if (this.#format !== format && this.#format !== undefined) return this.readText(String(value));
    this.#format = format;
    return value * 10 ** SHIFTS[format];
  }

  /** A time without a zone that was understood already: what its clock showed, as if it were UTC. */
  wall(ms: number): number {
    this.#withoutZone++;
    this.#nearMs = this.#zone === undefined ? ms : this.#zone.utcOf(ms, this.#nearMs);
    return this.#nearMs;
  }

  repairs(): string[] {
    const assumed = `${this.#withoutZone} times without a zone were read as UTC; --time-zone names another`;
    return [...(this.#withoutZone > 0 && !this.#isZoneKnown ? [assumed] : []), ...(this.#zone?.repairs() ?? [])];
  }

  #iso(bytes: Uint8Array, start: number, end: number): number {
    const date = this.#date(bytes, start);
    if (Number.isNaN(date)) return this.#unreadable(bytes, start, end);
    let at = start + DATE_LENGTH;
    let ms = date;
    if (at < end && (bytes[at] === UPPER_T || bytes[at] === SPACE || bytes[at] === UPPER_T + 0x20)) {
      const hours = twoDigits(bytes, at + 1, end);
      const minutes = bytes[at + 3] === COLON ? twoDigits(bytes, at + 4, end) : Number.NaN;
      at += 6;
      ms += hours * HOUR_MS + minutes * MINUTE_MS;
      if (hours > 24 || minutes > 59) return this.#unreadable(bytes, start, end);
      if (at < end && bytes[at] === COLON) {
        const seconds = twoDigits(bytes, at + 1, end);
        // A leap second is the one after.
        if (seconds > 60) return this.#unreadable(bytes, start, end);
        ms += seconds * 1_000;
        at += 3;
        if (at < end && (bytes[at] === DOT || bytes[at] === COMMA)) {
          let weight = 100;
          for (at++; at < end && isDigit(bytes[at]); at++, weight /= 10) ms += ((bytes[at] as number) - ZERO) * weight;
        }
      }
    }
    if (Number.isNaN(ms)) return this.#unreadable(bytes, start, end);
    while (at < end && bytes[at] === SPACE) at++;
    return at === end ? this.#local(ms, bytes, start, end) : this.#zoned(ms, bytes, start, at, end);
  }

  /** A day is the same for many rows in a row. */
  #date(bytes: Uint8Array, start: number): number {
    const end = start + DATE_LENGTH;
    const year = twoDigits(bytes, start, end) * 100 + twoDigits(bytes, start + 2, end);
    const month = twoDigits(bytes, start + 5, end);
    const day = twoDigits(bytes, start + 8, end);
    const key = (year * 16 + month) * 32 + day;
    if (key === this.#dateKey) return this.#dateMs;
    if (!(month >= 1 && month <= MONTHS && day >= 1)) return Number.NaN;
    const ms = Date.UTC(year, month - 1, day);
    if (ms >= Date.UTC(year, month, 1)) return Number.NaN;
    this.#dateKey = key;
    this.#dateMs = ms;
    return ms;
  }

  #local(ms: number, bytes: Uint8Array, start: number, end: number): number {
    if (!this.#is('ISO without a zone', bytes, start, end)) return Number.NaN;
    this.#withoutZone++;
    return this.#zone === undefined ? ms : this.#zone.utcOf(ms, this.#nearMs);
  }

  #zoned(ms: number, bytes: Uint8Array, start: number, at: number, end: number): number {
    let offsetMs = 0;
    if (bytes[at] === PLUS || bytes[at] === DASH) {
      const minutesAt = bytes[at + 3] === COLON ? at + 4 : at + 3;
      const minutes = minutesAt < end ? twoDigits(bytes, minutesAt, end) : 0;
      offsetMs = (bytes[at] === PLUS ? 1 : -1) * (twoDigits(bytes, at + 1, end) * HOUR_MS + minutes * MINUTE_MS);
    } else if (bytes[at] !== UPPER_Z && !['Z', 'UTC', 'GMT'].includes(shown(bytes, at, end).toUpperCase())) {
      return this.#unreadable(bytes, start, end);
    }
    if (Number.isNaN(offsetMs)) return this.#unreadable(bytes, start, end);
    return this.#is('ISO with a zone', bytes, start, end) ? ms - offsetMs : Number.NaN;
  }

  #number(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    const isNegative = bytes[at] === DASH;
    if (isNegative) at++;
    const digitsFrom = at;
    while (at < end && isDigit(bytes[at])) at++;
    const digits = at - digitsFrom;
    if (digits === 0 || digits > DIGITS_MAX || (at < end && bytes[at] !== DOT)) return this.#unreadable(bytes, start, end);
    const format = formatOf(digits);
    // A decimal point that far to the right keeps all that a double can hold of the milliseconds.
    const ms = decimal(bytes, digitsFrom, end, at + SHIFTS[format]);
    if (Number.isNaN(ms)) return this.#unreadable(bytes, start, end);
    if (!this.#is(format, bytes, start, end)) return Number.NaN;
    return isNegative ? -ms : ms;
  }

  #is(format: TimeFormat, bytes: Uint8Array, start: number, end: number): boolean {
    this.#format ??= format;
    if (format === this.#format) return true;
    this.problem = `the time "${shown(bytes, start, end)}" is ${format}, those before are ${this.#format}: one format is expected in a file`;
    return false;
  }

  #unreadable(bytes: Uint8Array, start: number, end: number): number {
    const expected = '2026-11-25T08:30:00Z, 2026-11-25 08:30:00 or a number of seconds, ms, µs or ns since 1970';
    this.problem = `the time "${shown(bytes, start, end)}" cannot be read: ${expected} is expected`;
    return Number.NaN;
  }
}

/** By how many digits the decimal point moves to make milliseconds. */
const SHIFTS = { seconds: 3, milliseconds: 0, microseconds: -3, nanoseconds: -6 };

function formatOf(digits: number): keyof typeof SHIFTS {
  if (digits <= SECONDS_DIGITS_MAX) return 'seconds';
  if (digits <= MILLISECONDS_DIGITS_MAX) return 'milliseconds';
  return digits <= MICROSECONDS_DIGITS_MAX ? 'microseconds' : 'nanoseconds';
}
