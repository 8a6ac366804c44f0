/**
 * Which columns of a table say when, how many and of which stream: named by the user, or found by the names they usually have. A column is
 * named by its header, or by its number from 1.
 */
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE } from '../../core/stream.ts';
import { dataError } from '../accuracy/data-file.ts';

const KEYS = ['time', 'count', 'stream', 'sequence', 'client-type', 'service', 'id'] as const;
export type ColumnKey = (typeof KEYS)[number];

/** What columns are called, in lower case without spaces, hyphens and underscores; earlier names win. */
const USUAL_NAMES: Readonly<Record<ColumnKey, readonly string[]>> = {
  time: ['time', 'timestamp', 'ts', 'datetime', 'date', 'at', 'atms', 'eventtime', 'createdat', 'minutems'],
  count: ['count', 'value', 'values', 'demanded', 'demand', 'requests', 'n'],
  stream: ['stream', 'streamid'],
  sequence: ['sequence', 'sequencename'],
  'client-type': ['clienttype'],
  service: ['service', 'servicename'],
  // Only where the user says so: a column `id` may be anything.
  id: [],
};

/** What the user said, such as `time=ts,count=3`. */
export type WantedColumns = Readonly<Partial<Record<ColumnKey, string>>>;

/** Position of each column that there is, from 0. */
export type ColumnChoice = Readonly<Partial<Record<ColumnKey, number>>> & { readonly time: number };

/** Throws where the words of `--columns` are no columns. */
export function wantedColumns(words: string | undefined): WantedColumns {
  const wanted: Partial<Record<ColumnKey, string>> = {};
  for (const word of (words ?? '').split(',').filter((each) => each.trim() !== '')) {
    const [key = '', name = ''] = word.split('=').map((each) => each.trim());
    if (!isKey(key) || name === '') {
      throw dataError('--columns', `"${word.trim()}" is no column: write time=ts,count=n,stream=name with any of ${KEYS.join(', ')}`);
    }
    wanted[key] = name;
  }
  return wanted;
}

/** `names` are those of the header; undefined where there is none, so that only numbers can be meant. */
export function chooseColumns(
  from: string,
  names: readonly string[] | undefined,
  width: number,
  wanted: WantedColumns,
  line: number | undefined = 1,
): ColumnChoice {
  const chosen: Partial<Record<ColumnKey, number>> = {};
  for (const key of KEYS) {
    const name = wanted[key];
    const at = name === undefined ? usual(key, names) : named(name, names, width);
    if (name !== undefined && at === undefined) {
      throw dataError(from, `there is no column ${name} for ${key}: ${namesText(names, width)}`, line);
    }
    if (at !== undefined) chosen[key] = at;
  }
  const { time } = chosen;
  if (time !== undefined) return { ...chosen, time };
  throw dataError(from, `no column says when: --columns time=NAME names it; ${namesText(names, width)}`, line);
}

/** Something whose cells can be read as text. */
export interface TextRow {
  text(column: number): string;
}

/** How a row names its stream: by one column, by the parts of a stream's name, or as the file where it has neither. */
export function streamNamer(choice: ColumnChoice, fileName: string): (row: TextRow) => string {
  const { stream, sequence, service } = choice;
  const clientType = choice['client-type'];
  if (stream !== undefined) return (row) => row.text(stream) || NAMELESS;
  if (sequence === undefined && clientType === undefined && service === undefined) return () => fileName;
  return (row) => {
    const part = (column: number | undefined, missing: string): string => (column === undefined ? '' : row.text(column)) || missing;
    return `${part(sequence, fileName)}/${part(clientType, DEFAULT_CLIENT_TYPE)}/${part(service, DEFAULT_SERVICE)}`;
  };
}

/** Rows whose stream has no name are one stream as well. */
const NAMELESS = '(no name)';

function usual(key: ColumnKey, names: readonly string[] | undefined): number | undefined {
  const plain = names?.map((name) => name.toLowerCase().replaceAll(/[\s_-]/g, '')) ?? [];
  for (const name of USUAL_NAMES[key]) if (plain.includes(name)) return plain.indexOf(name);
  return undefined;
}

function named(name: string, names: readonly string[] | undefined, width: number): number | undefined {
  const exact = names?.indexOf(name) ?? -1;
  if (exact >= 0) return exact;
  const loose = names?.findIndex((each) => each.toLowerCase() === name.toLowerCase()) ?? -1;
  if (loose >= 0) return loose;
  const position = Number(name);
  return Number.isInteger(position) && position >= 1 && position <= width ? position - 1 : undefined;
}

function namesText(names: readonly string[] | undefined, width: number): string {
  return names === undefined ? `there is no header, and ${width} columns: name them by number` : `the columns are ${names.join(', ')}`;
}

function isKey(word: string): word is ColumnKey {
  return (KEYS as readonly string[]).includes(word);
}
