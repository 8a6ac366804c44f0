/**
 * Writes values by a template and reads them back: `who` finds the value of a printed number, and a number that nobody printed is
 * refused because it is not what would have been written.
 */
import { CHECK_SYSTEMS, checkCharacters } from './check-digits.ts';
import { Permutation } from './permutation.ts';
import { type DateField, type Part, parseTemplate, type ResetPeriod } from './template.ts';

/** Crockford's base 32: no letter that reads as a digit. */
const BASE_32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS_PER_CHARACTER = 5;
const OPAQUE_BITS_MAX = 63;

/** First day of the reset period, in the sequence's own time zone; month and day count from 1. */
export interface PeriodStart {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export interface ReadNumber {
  readonly value: bigint;
  /** Left out where the template has no date. */
  readonly period?: PeriodStart;
}

export interface FormatOptions {
  readonly template: string;
  readonly reset: ResetPeriod;
  /** 16 bytes; needed where the template has `{opaque}`. */
  readonly key?: Uint8Array;
}

export class Formatter {
  private readonly parts: readonly Part[];
  private readonly pattern: RegExp;
  private readonly permutation: Permutation | undefined;
  private readonly characters: number;

  /** Throws SEQ_INVALID_DEFINITION for a template that is wrong. */
  constructor({ template, reset, key }: FormatOptions) {
    this.parts = parseTemplate(template, reset);
    this.pattern = new RegExp(`^${this.parts.map(patternOf).join('')}$`);
    const opaque = this.parts.find((part) => part.kind === 'opaque');
    this.characters = opaque?.characters ?? 0;
    const bits = Math.min(OPAQUE_BITS_MAX, this.characters * BITS_PER_CHARACTER);
    this.permutation = opaque === undefined || key === undefined ? undefined : new Permutation(key, 1n << BigInt(bits));
  }

  /** Values that can be written: from 0 up to the size of the opaque domain, else all from 0 (padding) or any. */
  get valueEnd(): bigint | undefined {
    return this.permutation?.size;
  }

  write(value: bigint, period?: PeriodStart): string {
    let text = '';
    for (const part of this.parts) text += this.written(part, { value, period, before: text });
    return text;
  }

  /** What was written; undefined for a text that this format would not have written. */
  read(text: string): ReadNumber | undefined {
    const found = this.pattern.exec(text)?.groups;
    if (found === undefined) return undefined;
    const value = found.value === undefined ? this.opened(found.opaque ?? '') : BigInt(found.value);
    if (value === undefined) return undefined;
    const period = periodOf(found);
    return this.write(value, period) === text ? { value, ...(period === undefined ? {} : { period }) } : undefined;
  }

  private written(
    part: Part,
    context: { readonly value: bigint; readonly period: PeriodStart | undefined; readonly before: string },
  ): string {
    const { value, period, before } = context;
    switch (part.kind) {
      case 'literal':
        return part.text;
      case 'value':
        return value < 0n ? `-${String(-value).padStart(part.digits, '0')}` : String(value).padStart(part.digits, '0');
      case 'opaque':
        return this.hidden(value);
      case 'date':
        return dateText(part.field, period);
      case 'check':
        return checkCharacters(part.system, checkable(part.system, before));
    }
  }

  private hidden(value: bigint): string {
    let left = this.permutation?.apply(value) ?? value;
    let text = '';
    for (let i = 0; i < this.characters; i++) {
      text = (BASE_32[Number(left & 31n)] ?? '') + text;
      left >>= 5n;
    }
    return text;
  }

  private opened(text: string): bigint | undefined {
    let value = 0n;
    for (const character of text) value = (value << 5n) | BigInt(BASE_32.indexOf(character));
    if (this.permutation === undefined) return value;
    return value < this.permutation.size ? this.permutation.invert(value) : undefined;
  }
}

/** What the system can check of a text: separators and other characters are passed over. */
function checkable(system: Parameters<typeof checkCharacters>[0], text: string): string {
  const hasLetters = !system.startsWith('mod11') && system !== 'mod97-10';
  const hasDigits = system !== 'mod661-26' && system !== 'mod27,26';
  return text.toUpperCase().replace(/./gs, (c) => ((hasDigits && /[0-9]/.test(c)) || (hasLetters && /[A-Z]/.test(c)) ? c : ''));
}

function dateText(field: DateField, period: PeriodStart | undefined): string {
  if (period === undefined) return '';
  if (field === 'YYYY') return String(period.year).padStart(4, '0');
  const number = field === 'YY' ? period.year % 100 : field === 'MM' ? period.month : period.day;
  return String(number).padStart(2, '0');
}

function patternOf(part: Part): string {
  switch (part.kind) {
    case 'literal':
      return part.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    case 'value':
      return '(?<value>-?[0-9]+)';
    case 'opaque':
      return `(?<opaque>[${BASE_32}]{${part.characters}})`;
    case 'date':
      return `(?<${part.field}>[0-9]{${part.field.length}})`;
    case 'check':
      // Exactly as many as there are, or a value that stands right before would take one of them.
      return `[0-9A-Z*]{${CHECK_SYSTEMS[part.system].checkLength}}`;
  }
}

function periodOf(found: Readonly<Record<string, string | undefined>>): PeriodStart | undefined {
  // A template with any date has the whole year.
  if (found.YYYY === undefined) return undefined;
  return { year: Number(found.YYYY), month: Number(found.MM ?? 1), day: Number(found.DD ?? 1) };
}
