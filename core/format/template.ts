/**
 * Formatted numbers: `INV-{YYYY}-{value:06}` says how a value is written for people, and back. What is written is as unique as the value:
 * a template has its value exactly once, and all the parts of a date that its resets need.
 *
 * Parts: `{value}` · `{value:06}` at least six digits · `{opaque:10}` the value permuted by the sequence's key, ten characters of Crockford's
 * base 32 · `{YYYY}` `{YY}` `{MM}` `{DD}` of the first day of the reset period · `{check:mod97-10}` check characters over what stands before.
 * Everything else is literal; braces are written twice.
 */
import { SequenceError } from '../errors.ts';
import { CHECK_SYSTEMS, type CheckSystemName, isCheckSystem } from './check-digits.ts';

export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'value'; readonly digits: number }
  | { readonly kind: 'opaque'; readonly characters: number }
  | { readonly kind: 'date'; readonly field: DateField }
  | { readonly kind: 'check'; readonly system: CheckSystemName };

export type DateField = 'YYYY' | 'YY' | 'MM' | 'DD';

/** When the values of a sequence begin again. */
export type ResetPeriod = 'none' | 'daily' | 'monthly' | 'yearly';

/** A number is printed, typed and kept in columns: longer ones are sentences. */
const TEMPLATE_LENGTH_MAX = 128;
/** A value has at most 19 digits; wider padding says nothing. */
const DIGITS_MAX = 19;
/** 2^20 … 2^63: fewer would be guessed, more cannot be permuted. */
const OPAQUE_CHARACTERS_MIN = 4;
const OPAQUE_CHARACTERS_MAX = 13;
/** Enough for every value a sequence may have. */
const OPAQUE_CHARACTERS = 13;

/** What tells one period from another: the fields that must be in a template that starts again each period. */
const FIELDS_NEEDED: Readonly<Record<ResetPeriod, readonly DateField[]>> = {
  none: [],
  yearly: ['YYYY'],
  monthly: ['YYYY', 'MM'],
  daily: ['YYYY', 'MM', 'DD'],
};

/** Reads a template. Throws SEQ_INVALID_DEFINITION with what is wrong and what to write instead. */
export function parseTemplate(text: string, reset: ResetPeriod = 'none'): readonly Part[] {
  if (text.length > TEMPLATE_LENGTH_MAX) throw invalid(`has ${text.length} characters`, `use at most ${TEMPLATE_LENGTH_MAX}`);
  const parts = [...pieces(text)];
  const values = parts.filter((part) => part.kind === 'value' || part.kind === 'opaque').length;
  if (values !== 1) throw invalid(`has ${values} values`, 'write {value} or {opaque} exactly once');
  const checks = parts.filter((part) => part.kind === 'check').length;
  if (checks > 1 || (checks === 1 && parts.at(-1)?.kind !== 'check'))
    throw invalid('has a check in its middle', 'let {check:…} be its last part');
  const fields = parts.flatMap((part) => (part.kind === 'date' ? [part.field] : []));
  const needed = FIELDS_NEEDED[reset];
  for (const field of fields) {
    const known = needed.includes(field === 'YY' ? 'YYYY' : field);
    if (!known)
      throw invalid(`has {${field}}`, reset === 'none' ? 'a date needs a periodic reset' : `a ${reset} reset does not tell it apart`);
  }
  for (const field of needed) {
    if (!fields.includes(field))
      throw invalid(`lacks {${field}}`, `with a ${reset} reset values start again: without it a number would be given twice`);
  }
  return parts;
}

/** True where the template hides its value, which takes a key. Throws for what is no template. */
export function hidesValue(text: string): boolean {
  return [...pieces(text)].some((part) => part.kind === 'opaque');
}

function* pieces(text: string): Generator<Part> {
  let literal = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character !== '{' && character !== '}') {
      literal += character;
      continue;
    }
    if (text[at + 1] === character) {
      literal += character;
      at++;
      continue;
    }
    const end = text.indexOf('}', at);
    if (character === '}' || end < 0) throw invalid(`has a single ${character}`, 'write braces that are text twice');
    if (literal !== '') yield { kind: 'literal', text: literal };
    literal = '';
    yield partOf(text.slice(at + 1, end));
    at = end;
  }
  if (literal !== '') yield { kind: 'literal', text: literal };
}

function partOf(inside: string): Part {
  const [name = '', detail, ...rest] = inside.split(':');
  if (rest.length > 0) throw invalid(`has {${inside}}`, 'a part has one colon at most');
  if (name === 'value' && detail === undefined) return { kind: 'value', digits: 0 };
  if (name === 'value' && /^0[1-9][0-9]?$/.test(detail ?? '')) return { kind: 'value', digits: within(detail, 1, DIGITS_MAX) };
  if (name === 'opaque' && detail === undefined) return { kind: 'opaque', characters: OPAQUE_CHARACTERS };
  if (name === 'opaque') return { kind: 'opaque', characters: within(detail, OPAQUE_CHARACTERS_MIN, OPAQUE_CHARACTERS_MAX) };
  if (name === 'check' && isCheckSystem(detail ?? '')) return { kind: 'check', system: detail as CheckSystemName };
  if (name === 'check') throw invalid(`has {${inside}}`, `write check: and one of ${Object.keys(CHECK_SYSTEMS).join(', ')}`);
  if (detail === undefined && (name === 'YYYY' || name === 'YY' || name === 'MM' || name === 'DD')) return { kind: 'date', field: name };
  throw invalid(`has {${inside}}`, 'use value, value:06, opaque:10, YYYY, YY, MM, DD or check:SYSTEM');
}

function within(detail: string | undefined, least: number, most: number): number {
  const number = /^[0-9]{1,3}$/.test(detail ?? '') ? Number(detail) : Number.NaN;
  if (!(number >= least && number <= most)) throw invalid(`asks for ${detail}`, `use ${least} to ${most}`);
  return number;
}

function invalid(what: string, whatToDo: string): SequenceError {
  return new SequenceError('SEQ_INVALID_DEFINITION', `the format ${what}: ${whatToDo}`, { attribute: 'format' });
}
