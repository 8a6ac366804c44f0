/**
 * The answer of `POST …/next` as text. It is put together by hand because it is small, its parts need no escaping (names, digits),
 * and a serializer would first need an object of strings that exists only to be thrown away.
 */
import { VALUES_LISTED_MAX } from '../../core/limits.ts';
import type { NextAnswer, ValueBlock } from '../runtime/service/service.ts';

/** The last three digits of a value come from a table: writing a number out costs more than the rest of the answer. */
const RADIX = 1_000;
const LAST_DIGITS: readonly string[] = Array.from({ length: RADIX }, (_, number) => String(number).padStart(3, '0'));

/** What is told beside the blocks: `values` one by one, and how they are printed, up to a number; `formatted` the latter, however many. */
export type ListedAs = 'values' | 'formatted' | 'blocks';

export function nextAnswerText(answer: NextAnswer, as: ListedAs): string {
  const { blocks, order, period, printing } = answer;
  let count = 0;
  let blockList = '';
  for (const block of blocks) {
    count += block.count;
    if (blockList !== '') blockList += ',';
    const id = block.id === undefined ? '' : `"id":${JSON.stringify(block.id)},`;
    blockList += `{${id}"start":"${block.start}","count":${block.count},"increment":"${block.increment}"}`;
  }
  let text = `{"sequence":"${answer.sequence}"`;
  if (order !== 'none') text += `,"order":"${order}"`;
  if (period !== undefined) text += `,"period":"${period}"`;
  text += `,"blocks":[${blockList}]`;
  const isListed = as === 'values' && count <= VALUES_LISTED_MAX;
  if (isListed) text += `,"values":[${valueList(blocks)}]`;
  if (printing !== undefined && (isListed || as === 'formatted')) text += `,"formatted":${JSON.stringify(formattedValues(answer))}`;
  return `${text}}`;
}

/** The values of an answer as they are printed; none where they are numbers only. */
export function formattedValues({ blocks, printing }: NextAnswer): string[] {
  if (printing === undefined) return [];
  return blocks.flatMap(({ start, count, increment }) =>
    Array.from({ length: count }, (_, index) => printing.write(start + BigInt(index) * increment)),
  );
}

function valueList(blocks: readonly ValueBlock[]): string {
  let list = '';
  for (const block of blocks) {
    if (list !== '') list += ',';
    list += valuesOf(block);
  }
  return list;
}

function valuesOf({ start, count, increment }: ValueBlock): string {
  let list = `"${start}`;
  const last = start + BigInt(count - 1) * increment;
  const isTabled = start >= RADIX && last >= RADIX && increment > -RADIX && increment < RADIX;
  if (isTabled) list += tabled(start, count, increment);
  else for (let value = start + increment, i = 1; i < count; value += increment, i++) list += `","${value}`;
  return `${list}"`;
}

/** All but the first value: the digits before the last three change once in many values. */
function tabled(start: bigint, count: number, increment: bigint): string {
  const step = Number(increment);
  let lastDigits = Number(start % BigInt(RADIX));
  let before = `","${start / BigInt(RADIX)}`;
  let list = '';
  for (let i = 1; i < count; i++) {
    lastDigits += step;
    if (lastDigits < 0 || lastDigits >= RADIX) {
      const value = start + BigInt(i) * increment;
      lastDigits = Number(value % BigInt(RADIX));
      before = `","${value / BigInt(RADIX)}`;
    }
    list += before + LAST_DIGITS[lastDigits];
  }
  return list;
}
