/** Each command's help ends with lines that can be typed: the program itself parses them, with nothing behind it. */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { Written } from './commands.ts';

const before = process.cwd();
const directory = mkdtempSync(join(tmpdir(), 'seqcast-examples-'));

beforeAll(() => {
  // An option of `restore` reads its file as soon as it is seen.
  writeFileSync(join(directory, 'invoices.csv'), '1\n2\n');
  process.chdir(directory);
});

afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

function newProgram(): Command {
  return createProgram({ out: new Written(), err: new Written(), env: {}, signals: new EventEmitter(), exitCode: 0 });
}

function withChildren(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}

function wordsOf(command: Command): string {
  return command.parent === null ? command.name() : `${wordsOf(command.parent)} ${command.name()}`;
}

function examplesIn(command: Command): readonly string[] {
  const help = new Written();
  command.configureOutput({ writeOut: (text) => help.write(text) });
  command.outputHelp();
  return [...help.text.matchAll(/^ {2}\$ (.+)$/gm)].map(([, line = '']) => line);
}

/** As a shell would take it apart, as far as the examples go: quotes, and `>` to a file. */
function typed(line: string): readonly string[] {
  const words = line.replace(/ > \S+$/, '').match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replaceAll('"', ''));
}

/** The command that a line would run; throws what the program says of a line that it does not know. */
async function commandOf(line: string): Promise<string> {
  const program = newProgram();
  let ran: string | undefined;
  for (const each of withChildren(program)) {
    if (each.commands.length > 0 && each.registeredArguments.length === 0 && each.name() !== 'pools') continue;
    each.exitOverride().action(() => {
      ran = wordsOf(each);
    });
  }
  await program.parseAsync(typed(line).slice(1), { from: 'user' });
  return ran ?? 'nothing';
}

describe('the help', () => {
  const commands = withChildren(newProgram()).map((command) => ({ words: wordsOf(command), lines: examplesIn(command) }));

  it('ends with an example, for every command', () => {
    expect(commands.filter(({ lines }) => lines.length === 0).map(({ words }) => words)).toEqual([]);
    expect(commands.length).toBeGreaterThan(60);
  });

  it('shows lines that the program takes, and that run the command they stand below', async () => {
    for (const { words, lines } of commands) {
      for (const line of lines) {
        const ran = await commandOf(line).catch((error: unknown) => `${String(error)} in: ${line}`);
        expect(ran.startsWith(words), `${line}: ${ran}`).toBe(true);
      }
    }
  });

  it('would notice an option that is not there', async () => {
    await expect(commandOf('seqcast next orders --nubmer 5')).rejects.toThrow(/unknown option '--nubmer'/);
    await expect(commandOf('seqcast drop')).rejects.toThrow(/missing required argument/);
  });
});
