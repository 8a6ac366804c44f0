/**
 * From ordinals to what a caller gets: blocks of values, computed at the edge as `bigint`, split only where a cycle wraps.
 */
import { SequenceError } from '../../../core/errors.ts';
import { printingOf } from '../../../core/format/printed-form.ts';
import { COUNT_MAX } from '../../../core/limits.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import { runLength, type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import type { Taken } from '../../../core/stock/take.ts';
import type { NextAnswer, ValueBlock } from '../service/service.ts';

export interface AnswerOptions {
  readonly sequence: string;
  readonly definition: SequenceDefinition;
  readonly incarnation: string;
  readonly stalled: boolean;
  /** Id of a numbered block; `incarnation.block` where it is left out. */
  readonly blockId?: (taken: Taken) => string;
}

export function answerOf(options: AnswerOptions, taken: readonly Taken[]): NextAnswer {
  const { sequence, definition, stalled } = options;
  const blocks: ValueBlock[] = [];
  for (const each of taken) addBlocks(blocks, options, each);
  const { order, reset, format } = definition;
  const answer = { sequence, order, blocks, stalled };
  return reset === 'none' && format === '' ? answer : { ...answer, ...formOf(definition) };
}

function formOf(definition: SequenceDefinition): Pick<NextAnswer, 'period' | 'printing'> {
  const printing = printingOf(definition);
  const { periodStart: period } = definition;
  return { ...(period !== '' && { period }), ...(printing !== undefined && { printing }) };
}

/** Where there is no transaction pool behind `next`, values of a database cannot be had. */
export function checkFromStock(name: string, definition: SequenceDefinition): void {
  checkUnique(name, definition);
  if (!isRegistered(definition)) return;
  const message = `values of ${name} come out of the transaction pool, call by call (durability answered): take them by next of a server that has it`;
  throw new SequenceError('SEQ_UNSUPPORTED', message, { sequence: name });
}

/** Numbers without a gap are given out by reservation: what a pool hands out and loses would be one. */
export function checkUnique(name: string, { guarantee }: SequenceDefinition): void {
  if (guarantee === 'unique') return;
  const message = `sequence ${name} is gapless: its numbers are taken by reservation (reserve, then confirm or cancel), not by next`;
  throw new SequenceError('SEQ_UNSUPPORTED', message, { sequence: name });
}

function addBlocks(blocks: ValueBlock[], options: AnswerOptions, taken: Taken): void {
  const { definition, incarnation, blockId } = options;
  const { increment } = definition;
  const whole = runLength(definition, taken.start, taken.count);
  if (whole === taken.count) {
    const start = valueAt(definition, taken.start);
    blocks.push(
      taken.block === 0
        ? { start, count: whole, increment }
        : { start, count: whole, increment, id: blockId?.(taken) ?? `${incarnation}.${taken.block}` },
    );
    return;
  }
  // A block that wraps is two runs under one number, which could not be given back by a count: it carries none.
  for (let done = 0; done < taken.count; ) {
    const count = runLength(definition, taken.start + done, taken.count - done);
    blocks.push({ start: valueAt(definition, taken.start + done), count, increment });
    done += count;
  }
}

export function checkCount(count: unknown): asserts count is number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return;
  const shown = typeof count === 'number' || typeof count === 'string' ? JSON.stringify(count) : typeof count;
  throw new SequenceError('SEQ_INVALID_COUNT', `count is ${shown}: ask for a whole number from 1 to ${COUNT_MAX}`, { max: COUNT_MAX });
}

/** Splits a block id; throws `SEQ_BLOCK_UNKNOWN` when it is none. */
export function parseBlockId(id: unknown): { incarnation: string; block: number } {
  const match = typeof id === 'string' ? /^([0-9a-z]{1,40})\.([1-9][0-9]{0,15})$/.exec(id) : null;
  if (match === null) throw new SequenceError('SEQ_BLOCK_UNKNOWN', 'that is not the id of a numbered block');
  return { incarnation: match[1] as string, block: Number(match[2]) };
}
