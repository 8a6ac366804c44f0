/**
 * Who got a value: from value to ordinal, from ordinal to the shard whose live part it lies in, from the shard to stream, pool
 * and the second in which it was issued.
 */

import { SequenceError } from '../../../core/errors.ts';
import { printingOf } from '../../../core/format/printed-form.ts';
import type { Generation, RangesState } from '../../../core/ledger/ranges.ts';
import { type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { StockCursor } from '../../../pipelines/ports.ts';
import type { ValueOwner } from '../service/service.ts';
import type { IndexedShard } from '../shard-index/partition-index.ts';

/** Longest text that anything is printed as, and then some. */
const PRINTED_LENGTH_MAX = 256;

/** What is known of ordinals: the generations they belong to, and the shard that has one. */
export interface OrdinalSource {
  readonly ranges: readonly RangesState[];
  holderOf(name: string, generation: number, ordinal: number): IndexedShard | undefined;
}

/** A value and the shard it lies in. */
export interface FoundValue {
  readonly shard: IndexedShard;
  readonly ordinal: number;
  readonly value: bigint;
  readonly definition: SequenceDefinition;
}

/** What somebody typed: a value where it reads like one, else the text that a value was printed as. */
export function askedValue(text: string): bigint | string {
  return /^-?(0|[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : text;
}

/** Throws `SEQ_UNKNOWN_SEQUENCE`, `SEQ_UNKNOWN_VALUE`. */
export function foundValue(source: OrdinalSource, sequence: string, asked: bigint | string): FoundValue {
  const ranges = source.ranges[partitionOf(sequence, source.ranges.length)];
  const generations = [...(ranges?.generations.values() ?? [])].filter((each) => each.name === sequence);
  if (generations.length === 0) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `there was never a sequence ${sequence}`, { sequence });
  // Newest first: a restarted sequence may have given the same value out again, and the last owner is what is asked for.
  generations.sort((a, b) => b.id - a.id);
  // A format of digits only prints what reads like a value: then the value is what is asked for, and the print comes second.
  for (const read of typeof asked === 'bigint' ? [() => asked, printedAs(String(asked))] : [printedAs(asked)]) {
    for (const generation of generations) {
      const value = read(generation);
      const ordinal = value === undefined ? undefined : ordinalOf(generation, value);
      const shard = ordinal === undefined ? undefined : source.holderOf(generation.name, generation.id, ordinal);
      if (shard === undefined || ordinal === undefined || value === undefined) continue;
      return { shard, ordinal, value, definition: generation.definition };
    }
  }
  const shown = typeof asked === 'bigint' ? `value ${asked}` : `number ${JSON.stringify(asked.slice(0, PRINTED_LENGTH_MAX))}`;
  throw new SequenceError('SEQ_UNKNOWN_VALUE', `${shown} of ${sequence} was never allocated`, { sequence, value: String(asked) });
}

/** The value that a generation printed as this text. */
function printedAs(text: string): (generation: Generation) => bigint | undefined {
  return ({ definition }) => (text.length > PRINTED_LENGTH_MAX ? undefined : printingOf(definition)?.read(text));
}

/** The ordinal of a value among those claimed; in a cycle that of its last pass. */
function ordinalOf({ definition, next }: Generation, value: bigint): number | undefined {
  const { start, increment, min, max, cycle } = definition;
  if (value < min || value > max) return undefined;
  let ordinal = (value - start) / increment;
  if (cycle) {
    const period = (max - min) / (increment > 0n ? increment : -increment) + 1n;
    while (ordinal < 0n) ordinal += period;
    const passes = (BigInt(next) - 1n - ordinal) / period;
    if (passes > 0n) ordinal += passes * period;
  }
  const exact = Number(ordinal);
  return ordinal >= 0n && exact < next && valueAt(definition, exact) === value ? exact : undefined;
}

/** `held`: the shard in the stock of a living pool, where it is in one. */
export function ownerOf({ shard, ordinal, value, definition }: FoundValue, held: StockCursor | undefined): ValueOwner {
  const { name, generation, stream, shard: id, pool, incarnation, decidedAtMs } = shard;
  const printing = printingOf(definition);
  const what = { sequence: name, value: String(value), ...(printing !== undefined && { formatted: printing.write(value) }) };
  const owner = { ...what, generation, stream, shard: id, pool, incarnation, allocatedAtMs: decidedAtMs };
  return { ...owner, state: stateOf(shard, ordinal, held), ...issuedSpan(shard, ordinal) };
}

/** What was reported last says exactly when its own ordinals were issued; those below were issued before it, and not before the shard was. */
function issuedSpan({ report, decidedAtMs }: IndexedShard, ordinal: number): Pick<ValueOwner, 'issuedFromMs' | 'issuedToMs'> {
  if (report === undefined || ordinal >= report.to) return {};
  if (ordinal >= report.from) return { issuedFromMs: report.fromMs, issuedToMs: report.toMs };
  return { issuedFromMs: Math.min(decidedAtMs, report.fromMs), issuedToMs: report.fromMs };
}

function stateOf({ ending, end, slices, report }: IndexedShard, ordinal: number, held: StockCursor | undefined): ValueOwner['state'] {
  const covered = report !== undefined && ordinal < report.to;
  if (ending === 'returned') return 'issued';
  if (ending === 'burnt') return ordinal >= (slices[0]?.start ?? end) ? 'burnt' : 'issued';
  if (ending === 'lost' || held === undefined) return covered ? 'issued' : 'in-doubt';
  const recycled = held.recycled.some((slice) => ordinal >= slice.start && ordinal < slice.end);
  return ordinal < held.cursor && !recycled ? 'issued' : 'in-stock';
}
