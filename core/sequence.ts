/**
 * A sequence's definition: SQL's attributes, the order it promises, and how an ordinal becomes a value.
 *
 * Everything inside a generation is counted in ordinals 0, 1, 2 …; `valueAt` is the only place where an ordinal becomes a
 * `bigint`, so the sign of the increment and the wrap of a cycle exist nowhere else.
 */
import { SequenceError } from './errors.ts';
import { checkPrintedForm, type PrintedForm } from './format/printed-form.ts';
import type { ResetPeriod } from './format/template.ts';
import { NAME_PATTERN, ORDINAL_MAX, VALUE_MAX, VALUE_MIN } from './limits.ts';
import { checkPoolChoice, type Durability, type PoolChoice } from './pool-kind.ts';

/** Which answers increase (for a positive increment): none, those of one stream, or all of the sequence. */
export type Order = 'none' | 'stream' | 'sequence';

/** `unique`: no value twice, gaps where something failed. `gapless`: besides, no gap among those that are confirmed. */
export type Guarantee = 'unique' | 'gapless';

/**
 * What a value costs that is lost with its pool: `none` for 64-bit ids, `high` for columns that run out. Words and no number, because nobody
 * can say what a value is worth, and the order size only follows its square root.
 */
export type BurnCost = 'none' | 'low' | 'high';

export interface SequenceDefinition extends PrintedForm {
  readonly start: bigint;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly cycle: boolean;
  readonly order: Order;
  /** How many requests of a million may wait for an allocation: the service level the reserve aims at. */
  readonly targetStallsPpm: number;
  /** How long every stream must last without any allocator, in milliseconds; 0 asks for lead time only. */
  readonly rideThroughMs: number;
  /** `expected` survives what history predicts, `insured` also a burst like one seen before. */
  readonly rideThroughClass: 'expected' | 'insured';
  /** How long a request id over Kafka gives the same answer: a day as long as the store lives, or for ever by the ledger. */
  readonly answersKept: AnswersKept;
  readonly guarantee: Guarantee;
  readonly burnCost: BurnCost;
  /** What a crash may leave in doubt. `answered`: each `next` is on the disk before it is answered. */
  readonly durability: Durability;
  /** Kind of pool: by the guarantees and by usage, or as said here. */
  readonly pool: PoolChoice;
}

export type AnswersKept = 'day' | 'ever';

/** What a caller may say; everything has SQL's default. Values may be given as bigint, safe integer or decimal string. */
export interface SequenceAttributes {
  readonly start?: bigint;
  readonly increment?: bigint;
  readonly min?: bigint;
  readonly max?: bigint;
  readonly cycle?: boolean;
  readonly order?: Order;
  readonly targetStallsPpm?: number;
  readonly rideThroughMs?: number;
  readonly rideThroughClass?: 'expected' | 'insured';
  readonly answersKept?: AnswersKept;
  readonly guarantee?: Guarantee;
  readonly burnCost?: BurnCost;
  readonly durability?: Durability;
  readonly pool?: PoolChoice;
  readonly format?: string;
  readonly reset?: ResetPeriod;
  readonly timeZone?: string;
  readonly opaqueKey?: string;
  /** Said by whoever begins a period, never by a caller. */
  readonly periodStart?: string;
}

/** A target stall rate is a share of a million requests. */
const STALLS_PPM_MAX = 1_000_000;
/** A day: beyond it the reserve would be the whole demand, and an operator should provision by hand. */
const RIDE_THROUGH_MS_MAX = 86_400_000;
const DEFAULT_STALLS_PPM = 10;

/** What a definition is that was written before there was any of this. */
export const PLAIN_ATTRIBUTES = {
  guarantee: 'unique',
  burnCost: 'none',
  durability: 'stock',
  pool: 'auto',
  format: '',
  reset: 'none',
  timeZone: '',
  periodStart: '',
  opaqueKey: '',
} as const satisfies Partial<SequenceDefinition>;

/**
 * Fills in SQL's defaults (ascending: min 1, max 2^63 − 1, start min; descending: max −1, min −2^63, start max) and checks
 * the whole. Throws `SEQ_INVALID_DEFINITION` naming the attribute that is wrong and what would be right.
 */
export function defineSequence(attributes: SequenceAttributes): SequenceDefinition {
  const increment = attributes.increment ?? 1n;
  if (increment === 0n) throw invalid('increment', 'is 0', 'use a positive or a negative step');
  const ascending = increment > 0n;
  const min = attributes.min ?? (ascending ? 1n : VALUE_MIN);
  const max = attributes.max ?? (ascending ? VALUE_MAX : -1n);
  const start = attributes.start ?? (ascending ? min : max);
  const definition: SequenceDefinition = {
    start,
    increment,
    min,
    max,
    cycle: attributes.cycle ?? false,
    order: attributes.order ?? 'none',
    targetStallsPpm: attributes.targetStallsPpm ?? DEFAULT_STALLS_PPM,
    rideThroughMs: attributes.rideThroughMs ?? 0,
    rideThroughClass: attributes.rideThroughClass ?? 'expected',
    answersKept: attributes.answersKept ?? 'day',
    guarantee: attributes.guarantee ?? PLAIN_ATTRIBUTES.guarantee,
    burnCost: attributes.burnCost ?? PLAIN_ATTRIBUTES.burnCost,
    durability: attributes.durability ?? PLAIN_ATTRIBUTES.durability,
    pool: attributes.pool ?? PLAIN_ATTRIBUTES.pool,
    format: attributes.format ?? PLAIN_ATTRIBUTES.format,
    reset: attributes.reset ?? PLAIN_ATTRIBUTES.reset,
    timeZone: attributes.timeZone ?? PLAIN_ATTRIBUTES.timeZone,
    periodStart: attributes.periodStart ?? PLAIN_ATTRIBUTES.periodStart,
    opaqueKey: attributes.opaqueKey ?? PLAIN_ATTRIBUTES.opaqueKey,
  };
  checkDefinition(definition);
  return definition;
}

function checkDefinition(d: SequenceDefinition): void {
  for (const [name, value] of [
    ['start', d.start],
    ['increment', d.increment],
    ['min', d.min],
    ['max', d.max],
  ] as const) {
    if (value < VALUE_MIN || value > VALUE_MAX) throw invalid(name, `is ${value}`, 'values are 64-bit signed integers');
  }
  if (d.min > d.max) throw invalid('min', `${d.min} is above max ${d.max}`, 'lower min or raise max');
  if (d.start < d.min || d.start > d.max) {
    const hint = d.increment < 0n && d.start > d.max ? 'a descending sequence has max -1 unless you raise it' : 'move start, min or max';
    throw invalid('start', `${d.start} is outside ${d.min}..${d.max}`, hint);
  }
  const span = d.max - d.min;
  if ((d.increment > 0n ? d.increment : -d.increment) > span && span > 0n) {
    throw invalid('increment', `${d.increment} is larger than the span ${d.min}..${d.max}`, 'use a smaller step');
  }
  if (!['none', 'stream', 'sequence'].includes(d.order)) throw invalid('order', `is ${d.order}`, 'use none, stream or sequence');
  if (!isCount(d.targetStallsPpm, STALLS_PPM_MAX)) throw invalid('targetStallsPpm', `is ${d.targetStallsPpm}`, 'use 0..1000000');
  if (!isCount(d.rideThroughMs, RIDE_THROUGH_MS_MAX)) throw invalid('rideThroughMs', `is ${d.rideThroughMs}`, 'use 0..86400000');
  if (d.rideThroughClass !== 'expected' && d.rideThroughClass !== 'insured') {
    throw invalid('rideThroughClass', `is ${d.rideThroughClass}`, 'use expected or insured');
  }
  if (d.answersKept !== 'day' && d.answersKept !== 'ever') throw invalid('answersKept', `is ${d.answersKept}`, 'use day or ever');
  if (!['none', 'low', 'high'].includes(d.burnCost)) throw invalid('burnCost', `is ${d.burnCost}`, 'use none, low or high');
  checkGuarantee(d);
  checkPoolChoice(d);
  checkPrintedForm(d, d);
}

function checkGuarantee({ guarantee, cycle, order }: SequenceDefinition): void {
  if (guarantee === 'unique') return;
  if (guarantee !== 'gapless') throw invalid('guarantee', `is ${guarantee as string}`, 'use unique or gapless');
  if (cycle) throw invalid('cycle', 'is on', 'a gapless sequence does not begin again by itself: use a reset each year, month or day');
  if (order !== 'none') throw invalid('order', `is ${order}`, 'a gapless sequence gives cancelled numbers out again, so it keeps no order');
}

/** Where the values of a period begin: at the bound behind, as a cycle begins again. Only the first one begins at `start`. */
export function firstOfPeriod({ increment, min, max }: SequenceDefinition): bigint {
  return increment > 0n ? min : max;
}

/** The definition of the period that begins. */
export function inPeriod(d: SequenceDefinition, periodStart: string): SequenceDefinition {
  return { ...d, start: firstOfPeriod(d), periodStart };
}

/** Values of one pass from the bound behind to the bound ahead: the period of a cycle. */
export function periodOf(d: SequenceDefinition): bigint {
  return d.increment > 0n ? (d.max - d.min) / d.increment + 1n : (d.max - d.min) / -d.increment + 1n;
}

/** How many ordinals a generation of this definition has, at most 2^53 − 1. A cycle never ends. */
export function capacityOf(d: SequenceDefinition): number {
  if (d.cycle) return ORDINAL_MAX;
  const left = d.increment > 0n ? (d.max - d.start) / d.increment + 1n : (d.start - d.min) / -d.increment + 1n;
  return left > BigInt(ORDINAL_MAX) ? ORDINAL_MAX : Number(left);
}

/**
 * The value of an ordinal. A cycle follows SQL: after max comes min (not start), and back from max when descending.
 */
export function valueAt(d: SequenceDefinition, ordinal: number): bigint {
  const value = d.start + BigInt(ordinal) * d.increment;
  if (!d.cycle || (value >= d.min && value <= d.max)) return value;
  const firstPass = d.increment > 0n ? (d.max - d.start) / d.increment + 1n : (d.start - d.min) / -d.increment + 1n;
  const inPass = (BigInt(ordinal) - firstPass) % periodOf(d);
  return d.increment > 0n ? d.min + inPass * d.increment : d.max + inPass * d.increment;
}

/** The longest run from `ordinal` whose values are start + k × increment, at most `count`: shorter only where a cycle wraps. */
export function runLength(d: SequenceDefinition, ordinal: number, count: number): number {
  if (!d.cycle) return count;
  const value = valueAt(d, ordinal);
  const left = d.increment > 0n ? (d.max - value) / d.increment + 1n : (value - d.min) / -d.increment + 1n;
  return left < BigInt(count) ? Number(left) : count;
}

/** Throws `SEQ_INVALID_NAME` unless `name` can be a sequence, client type or service. */
export function checkName(what: 'sequence' | 'client type' | 'service', name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME_PATTERN.test(name)) return;
  throw new SequenceError(
    'SEQ_INVALID_NAME',
    `${what} ${quoted(name)} is not a name: use 1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit`,
  );
}

function isCount(n: number, max: number): boolean {
  return Number.isSafeInteger(n) && n >= 0 && n <= max;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
}

function invalid(attribute: string, wrong: string, hint: string): SequenceError {
  return new SequenceError('SEQ_INVALID_DEFINITION', `${attribute} ${wrong}: ${hint}`, { attribute });
}
