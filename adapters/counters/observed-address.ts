/**
 * What the URL of an observed generator names beside its server: `?sequence=…`, or the row of a table. Those words are taken out, so that
 * what is left is an address as the engine's own clients take it.
 */
import { misnamed } from './observed-source.ts';

/** One number in one row: a counter, or the high-water mark of a step table. */
export interface CounterRow {
  readonly table: string;
  readonly column: string;
  /** Which row, where the table has several. */
  readonly key: string | undefined;
  readonly id: string | undefined;
  /** Column that says how many values are fetched at a time. */
  readonly step: string | undefined;
}

const WORDS = ['sequence', 'table', 'column', 'key', 'id', 'step', 'tag'] as const;
export type ObservedWords = Readonly<Partial<Record<(typeof WORDS)[number], string>>>;

export interface ObservedAddress {
  /** With the password: for the client only. */
  readonly url: URL;
  readonly words: ObservedWords;
  /** Without user and password. */
  readonly shown: string;
}

export function observedAddress(text: string): ObservedAddress {
  if (!URL.canParse(text)) throw misnamed('the address of what is to be observed is no URL');
  const url = new URL(text);
  const words: Partial<Record<(typeof WORDS)[number], string>> = {};
  for (const word of WORDS) {
    const value = url.searchParams.get(word);
    if (value !== null && value !== '') words[word] = value;
    url.searchParams.delete(word);
  }
  return { url, words, shown: `${url.protocol}//${url.host}${url.pathname}` };
}

/** The row that the words name; the table and the column at least. */
export function counterRow({ table, column, key, id, step }: ObservedWords): CounterRow {
  if (table === undefined || column === undefined) {
    throw misnamed('say what to observe: ?sequence=NAME, or ?table=T&column=C, and &key=K&id=ROW where the table has several rows');
  }
  if ((key === undefined) !== (id === undefined)) throw misnamed('key and id go together: key names a column, id the row that has it');
  return { table, column, key, id, step };
}

/** For messages. */
export function rowText({ table, column, key, id }: CounterRow): string {
  return `${column} of ${table}${key === undefined ? '' : ` where ${key} is ${id}`}`;
}

/** The one row that was meant. */
export function onlyRow<R>(rows: readonly R[], what: string): R {
  const [row] = rows;
  if (row === undefined) throw misnamed(`there is no ${what}`);
  if (rows.length > 1) throw misnamed(`there are several rows for ${what}: name one with key and id`);
  return row;
}

/** `schema.name`, each part between the quotes of that kind of SQL. */
export function quoted(name: string, quote: '"' | '`'): string {
  return name
    .split('.')
    .map((part) => quote + part.replaceAll(quote, quote + quote) + quote)
    .join('.');
}
