/**
 * Who got a value: from value to ordinal, from ordinal to the shard whose live part it lies in, from the shard to stream, pool
 * and the second in which it was issued.
 */

import { SequenceError } from '../../core/errors.ts';
import { printingOf } from '../../core/format/printed-form.ts';
import type { AuditedShard } from '../../core/ledger/audit.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { type SequenceDefinition, valueAt } from '../../core/sequence.ts';
import type { StockCursor } from '../../pipelines/ports.ts';
import type { LedgerFold } from './audit.ts';
import type { ValueOwner } from './service.ts';

/** Longest text that anything is printed as, and then some. */
const PRINTED_LENGTH_MAX = 256;

/** What somebody typed: a value where it reads like one, else the text that a value was printed as. */
export function askedValue(text: string): bigint | string {
  return /^-?(0|[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : text;
}

export function ownerOf(fold: LedgerFold, sequence: string, asked: bigint | string, stock: readonly StockCursor[] | undefined): ValueOwner {
  const generations = fold.ranges.flatMap((ranges) => [...ranges.generations.values()].filter((each) => each.name === sequence));
  if (generations.length === 0) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `there was never a sequence ${sequence}`, { sequence });
  // Newest first: a restarted sequence may have given the same value out again, and the last owner is what is asked for.
  generations.sort((a, b) => b.id - a.id);
  // A format of digits only prints what reads like a value: then the value is what is asked for, and the print comes second.
  for (const read of typeof asked === 'bigint' ? [() => asked, printedAs(String(asked))] : [printedAs(asked)]) {
    for (const generation of generations) {
      const value = read(generation);
      const ordinal = value === undefined ? undefined : ordinalOf(generation, value);
      const shard = ordinal === undefined ? undefined : shardOf(fold, generation, ordinal);
      if (shard === undefined || ordinal === undefined || value === undefined) continue;
      return described({ fold, shard, ordinal, value, stock, definition: generation.definition });
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

function shardOf(fold: LedgerFold, generation: Generation, ordinal: number): AuditedShard | undefined {
  for (const partition of fold.partitions) {
    for (const shard of partition.shards.values()) {
      if (shard.name !== generation.name || shard.generation !== generation.id || ordinal < shard.start || ordinal >= shard.end) continue;
      const returned = shard.ending === 'returned' && shard.slices.some((slice) => ordinal >= slice.start && ordinal < slice.end);
      if (!returned) return shard;
    }
  }
  return undefined;
}

interface Found {
  readonly fold: LedgerFold;
  readonly shard: AuditedShard;
  readonly ordinal: number;
  readonly value: bigint;
  readonly stock: readonly StockCursor[] | undefined;
  readonly definition: SequenceDefinition;
}

function described({ fold, shard, ordinal, value, stock, definition }: Found): ValueOwner {
  const { name, generation, stream, shard: id, pool, incarnation, decidedAtMs } = shard;
  const printing = printingOf(definition);
  const what = { sequence: name, value: String(value), ...(printing !== undefined && { formatted: printing.write(value) }) };
  const owner = { ...what, generation, stream, shard: id, pool, incarnation, allocatedAtMs: decidedAtMs };
  const reported = fold.reported.get(`${shard.partition}:${id}`);
  const covered = reported !== undefined && ordinal < reported.to;
  const span = covered ? { issuedFromMs: reported.fromMs, issuedToMs: reported.toMs } : {};
  return { ...owner, state: stateOf(shard, ordinal, stock, covered), ...span };
}

function stateOf(shard: AuditedShard, ordinal: number, stock: readonly StockCursor[] | undefined, covered: boolean): ValueOwner['state'] {
  if (shard.ending === 'returned') return 'issued';
  if (shard.ending === 'burnt') return ordinal >= (shard.slices[0]?.start ?? shard.end) ? 'burnt' : 'issued';
  if (shard.ending === 'lost') return covered ? 'issued' : 'in-doubt';
  const held = stock?.find((cursor) => cursor.partition === shard.partition && cursor.shard === shard.shard);
  if (held === undefined) return covered ? 'issued' : 'in-doubt';
  const recycled = held.recycled.some((slice) => ordinal >= slice.start && ordinal < slice.end);
  return ordinal < held.cursor && !recycled ? 'issued' : 'in-stock';
}
