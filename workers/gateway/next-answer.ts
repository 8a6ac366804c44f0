/**
 * The answer of `POST …/next` as text. It is put together by hand because it is small, its parts need no escaping (names, digits),
 * and a serializer would first need an object of strings that exists only to be thrown away.
 */
import { VALUES_LISTED_MAX } from '../../core/limits.ts';
import type { NextAnswer, ValueBlock } from '../runtime/service.ts';

/** Values are written as a common beginning and a last part below this, so that only the last part is counted up. */
const TAIL = 1_000_000_000n;
const TAIL_DIGITS = 9;

export function nextAnswerText(answer: NextAnswer, withValues: boolean): string {
  const { blocks, order } = answer;
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
  text += `,"blocks":[${blockList}]`;
  if (withValues && count <= VALUES_LISTED_MAX) text += `,"values":[${valueList(blocks)}]`;
  return `${text}}`;
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
  let list = `"${start}"`;
  if (count === 1) return list;
  const head = start / TAIL;
  const last = start + BigInt(count - 1) * increment;
  // Steps of positive values within one billion: the tail is an exact small number, whatever the size of the value.
  if (start >= 0n && last >= 0n && last / TAIL === head) {
    let tail = Number(start % TAIL);
    const step = Number(increment);
    const prefix = head === 0n ? '' : head.toString();
    for (let i = 1; i < count; i++) {
      tail += step;
      list += prefix === '' ? `,"${tail}"` : `,"${prefix}${tail.toString().padStart(TAIL_DIGITS, '0')}"`;
    }
    return list;
  }
  let value = start;
  for (let i = 1; i < count; i++) {
    value += increment;
    list += `,"${value}"`;
  }
  return list;
}
