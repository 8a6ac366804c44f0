/** Text in columns of a terminal: signs of East Asia and pictures take two, what is joined to a sign takes none. */
import { stripVTControlCharacters } from 'node:util';

const PLAIN = /^[\x20-\x7e]*$/;
/** Scripts that are written in squares, their punctuation, full-width forms, and pictures that terminals draw in two columns. */
const WIDE =
  /^(?:[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|.*\ufe0f)/u;
const NO_WIDTH = /^[\p{Mark}\p{Control}\p{Format}]+$/u;
const ELLIPSIS = '…';
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Names may come from strangers: nothing in them moves the cursor, and a line stays one. */
export function oneLine(text: string): string {
  return PLAIN.test(text)
    ? text
    : stripVTControlCharacters(text)
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/\p{Control}/gu, '');
}

export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : signsOf(text).reduce((sum, sign) => sum + signWidth(sign), 0);
}

/** Identifiers lose their middle, as their ends tell them apart; sentences lose their end. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const room = width - 1;
  const tailRoom = text.includes(' ') ? 0 : Math.floor(room / 2);
  const signs = signsOf(text);
  const head = fitting(signs, room - tailRoom);
  const tail = fitting(signs.toReversed(), tailRoom).reverse();
  return `${head.join('')}${ELLIPSIS}${tail.join('')}`;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function fitting(signs: readonly string[], room: number): string[] {
  let used = 0;
  return signs.filter((sign) => {
    used += signWidth(sign);
    return used <= room;
  });
}

function signsOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

function signWidth(sign: string): number {
  if (NO_WIDTH.test(sign)) return 0;
  return WIDE.test(sign) ? 2 : 1;
}
