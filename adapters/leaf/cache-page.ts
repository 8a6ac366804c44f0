/**
 * Reads the page `/cache` of a Leaf server: a table with one row a tag, whose columns are name, init, next, pos, and for each of two
 * segments value, max and step. Read by the names of the columns where there are any, so that more of them, or another order, do no harm;
 * numbers may be grouped as the server's locale has it.
 */
export interface LeafRow {
  readonly tag: string;
  /** Whether anything was asked of the tag since the server started. */
  readonly isReady: boolean;
  /** The segment from which values are given out: the next value, its end, and how many it had. */
  readonly value: bigint;
  readonly max: bigint;
  readonly step: bigint;
}

const COLUMNS = ['name', 'init', 'next', 'pos', 'value0', 'max0', 'step0', 'value1', 'max1', 'step1'] as const;
type Column = (typeof COLUMNS)[number];

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

export function leafRows(page: string): LeafRow[] {
  const rows = [...page.matchAll(/<tr[^>]*>(.*?)<\/tr>/gis)].map(([, row = '']) => row);
  const head = rows.map((row) => cellsOf(row, 'th').map((cell) => cell.toLowerCase())).find((cells) => cells.includes('name'));
  const places = new Map<string, number>((head ?? COLUMNS).map((name, at) => [name, at]));
  return rows.flatMap((row) => {
    const cells = cellsOf(row, 'td');
    const cell = (column: Column): string => cells[places.get(column) ?? -1] ?? '';
    return cell('name') === '' ? [] : rowOf(cell);
  });
}

function rowOf(cell: (column: Column) => string): LeafRow[] {
  const second = cell('pos').trim() === '1';
  const [value, max, step] = second
    ? ([cell('value1'), cell('max1'), cell('step1')] as const)
    : [cell('value0'), cell('max0'), cell('step0')];
  const numbers = [value, max, step].map(numberOf);
  const [next, end, size] = numbers;
  if (next === undefined || end === undefined || size === undefined) return [];
  return [{ tag: cell('name'), isReady: cell('init') !== 'false', value: next, max: end, step: size }];
}

function cellsOf(row: string, tag: 'td' | 'th'): string[] {
  const cells = [...row.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'gis'))];
  return cells.map(([, text = '']) => decoded(text.replaceAll(/<[^>]*>/g, '')).trim());
}

function decoded(text: string): string {
  return text.replaceAll(/&(#?\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}

function numberOf(text: string): bigint | undefined {
  const digits = text.replaceAll(/[\s.,'’_]/g, '');
  return /^-?\d+$/.test(digits) ? BigInt(digits) : undefined;
}
