/** Tables fit the terminal: what is too long is shortened, what is too wide is told row by row; a pipe gets everything, without colours. */
import { EventEmitter } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../cli/run.ts';
import { table } from '../../cli/table.ts';
import { terminalOf } from '../../cli/terminal.ts';
import { shortened, widthOf } from '../../cli/text-width.ts';
import { Written } from './commands.ts';

const HEAD = ['stream', 'stock', 'share', 'since', 'why'];
const AT = '2026-01-02T03:04:05.000Z';
const ROWS = [
  ['invoices-of-europe/checkout/web-eu-1', 12, '9.5 %', AT, 'because its demand grew beyond what was forecast yesterday'],
  ['invoices-of-europe/checkout/web-eu-2', 1200, '10.0 %', AT, 'as planned'],
];

function shownIn(columns: number | undefined): string[] {
  return table(HEAD, ROWS, { columns, hasColours: false }).trimEnd().split('\n');
}

describe('a table', () => {
  test('is as wide as it needs to be where nobody looks, with its numbers to the right', () => {
    const [head = '', first = '', second = ''] = shownIn(undefined);
    expect(first).toContain(`invoices-of-europe/checkout/web-eu-1     12   9.5 %  ${AT}  because its demand grew`);
    expect(second).toContain('web-eu-2   1200  10.0 %  ');
    expect(head).toContain('stream                                stock   share  since');
  });

  test('fits every width, and always says the same numbers and times', () => {
    for (let columns = 40; columns <= 160; columns++) {
      const lines = shownIn(columns);
      const isTable = lines.length === 1 + ROWS.length;
      if (isTable) for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      else expect(lines).toHaveLength(ROWS.length * HEAD.length + 1);
      for (const said of ['1200', '10.0 %', AT]) expect(lines.join('\n')).toContain(said);
    }
    expect(shownIn(60)).toHaveLength(11);
    expect(shownIn(90)).toHaveLength(3);
  });

  test('shortens identifiers in their middle and sentences at their end', () => {
    const [, first = '', second = ''] = shownIn(90);
    expect(first).toMatch(/^invoices-\S*…\S*web-eu-1 /);
    expect(second).toMatch(/^invoices-\S*…\S*web-eu-2 /);
    expect(first).toMatch(/because its \S*.*…$/);
    expect(shortened('orders', 6)).toBe('orders');
    expect(shortened('0123456789', 5)).toBe('01…89');
  });

  test('does without empty columns before it shortens anything, and keeps them where there is room', () => {
    const rows = [['orders', '9223372036854775807', '']];
    const shown = (columns: number): string => table(['name', 'max', 'may run out'], rows, { columns, hasColours: false });
    expect(shown(40)).toBe('name                    max  may run out\norders  9223372036854775807\n');
    expect(shown(39)).toBe('name                    max\norders  9223372036854775807\n');
    expect(table(['name', 'max'], [], { columns: 5, hasColours: false })).toBe('');
  });

  test('tells rows one below the other where they cannot stand side by side', () => {
    expect(shownIn(40).slice(0, 3)).toEqual(['stream  invoices-of-europe/checkout/web-eu-1', 'stock   12', 'share   9.5 %']);
  });

  test('counts what takes two columns as two, and lets no name move the cursor', () => {
    expect([widthOf('請求書'), widthOf('e\u0301té'), widthOf('🧾'), widthOf('👩‍💻')]).toEqual([6, 3, 2, 2]);
    expect(shortened('請求書請求書', 7)).toBe('請…書');
    expect(widthOf(shortened('請求書請求書', 7))).toBeLessThanOrEqual(7);
    const rows = table(
      ['name', 'n'],
      [
        ['請求書', 1],
        ['ab\u001b[2J\u0007\ncd', 22],
      ],
    ).split('\n');
    expect(rows).toEqual(['name     n', '請求書   1', 'ab cd   22', '']);
  });
});

describe('a terminal', () => {
  const terminal = { isTTY: true, columns: 100, write: () => true };
  const pipe = { write: () => true };

  test('is as wide as it says, unless COLUMNS is set', () => {
    expect(terminalOf(terminal, {}).columns).toBe(100);
    expect(terminalOf(terminal, { COLUMNS: '60' }).columns).toBe(60);
    expect(terminalOf(terminal, { COLUMNS: 'wide' }).columns).toBe(100);
    expect(terminalOf(pipe, {}).columns).toBeUndefined();
    expect(terminalOf(pipe, { COLUMNS: '60' }).columns).toBe(60);
  });

  test('has colours, a pipe has none, and people have the last word', () => {
    const colours = (out: typeof pipe, env: Record<string, string>, isPlain?: boolean): boolean => terminalOf(out, env, isPlain).hasColours;
    expect([colours(terminal, {}), colours(pipe, {})]).toEqual([true, false]);
    expect(colours(terminal, { NO_COLOR: '1' })).toBe(false);
    expect(colours(terminal, { NO_COLOR: '' })).toBe(true);
    expect(colours(terminal, { TERM: 'dumb' })).toBe(false);
    expect([colours(pipe, { FORCE_COLOR: '1' }), colours(terminal, { FORCE_COLOR: '0' })]).toEqual([true, false]);
    expect(colours(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(colours(pipe, { FORCE_COLOR: '1' }, true)).toBe(false);
  });

  test('is asked by help and by failures too, and --no-color may stand anywhere', async () => {
    const said = async (args: readonly string[], env: Record<string, string>) => {
      const [out, err] = [new Written(), new Written()];
      await runCli(args, { out, err, env, signals: new EventEmitter(), exitCode: 0 });
      return out.text + err.text;
    };
    const help = await said(['--help'], { FORCE_COLOR: '1' });
    expect(help).toContain('\u001b[1mUsage:\u001b[22m');
    expect(await said(['--help'], {})).toBe(stripVTControlCharacters(help));
    const unreachable = ['list', '--url', 'http://127.0.0.1:1'];
    expect(await said(unreachable, { FORCE_COLOR: '1' })).toContain('\u001b[1m\u001b[31mSEQ_');
    for (const args of [
      ['--no-color', ...unreachable],
      [...unreachable, '--no-color'],
    ]) {
      expect(await said(args, { FORCE_COLOR: '1' })).toMatch(/^SEQ_\w+: /);
    }
  });
});
