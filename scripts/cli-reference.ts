/** The reference page of the command line, drawn from the commands as they are declared under cli/commands/. */
import type { Argument, Command, Option } from 'commander';
import { examplesOf } from '../cli/examples.ts';
import { EXIT_CODES } from '../cli/exit-codes.ts';
import { createProgram } from '../cli/program.ts';

export function cliReference(): string {
  const nobody = { on: () => undefined, off: () => undefined };
  const program = createProgram({ out: process.stdout, err: process.stderr, env: {}, signals: nobody, exitCode: 0 });
  return [
    '# Command line',
    '',
    '<!-- Written by `npm run docs` from cli/commands/: change it there. -->',
    '',
    'Commands with `--url` talk to the running server; the others need none. With `--json` every command writes one JSON document a line',
    'to standard output, and a failure as JSON to standard error. Without it a failure is one line `CODE: what happened` and one line',
    '`→ what to do`; the [codes](errors.md) are those of the HTTP interface.',
    '',
    'Tables are as wide as the terminal, or as `COLUMNS` says: long texts are shortened, and a row that still does not fit is told on lines of',
    'its own. Into a pipe or a file everything goes as it is, without colours; `--no-color` and `NO_COLOR` have none on a terminal either,',
    '`FORCE_COLOR` has them everywhere. What takes long says how much is done and how long it still takes, on standard error.',
    '',
    '## Exit codes',
    '',
    '| code | means |',
    '|---|---|',
    ...Object.values(EXIT_CODES).map(({ code, meaning }) => `| ${code} | ${meaning} |`),
    '',
    ...program.commands.flatMap((command) => commandSection(command, 'seqcast')),
  ].join('\n');
}

/** A command that only groups others has a section for itself and one for each of them. */
function commandSection(command: Command, parent: string): string[] {
  const { registeredArguments, options } = command;
  const name = `${parent} ${command.name()}`;
  return [
    `## ${[name, ...registeredArguments.map(argumentText)].join(' ')}`,
    '',
    command.description(),
    '',
    ...table(
      'argument',
      registeredArguments.filter(({ description }) => description !== '').map((each) => [`\`${each.name()}\``, described(each)]),
    ),
    ...table(
      'option',
      options.map((each) => [`\`${each.flags}\``, described(each)]),
    ),
    ...examples(name),
    ...command.commands.flatMap((each) => commandSection(each, name)),
  ];
}

/** Not fenced as a shell's: the snippets of the guides are run, these are parsed. */
function examples(name: string): string[] {
  const lines = examplesOf(name.split(' ').slice(1)).map(({ line, note }) => (note === undefined ? line : `${line}  # ${note}`));
  return lines.length === 0 ? [] : ['```', ...lines, '```', ''];
}

function table(title: string, rows: readonly (readonly [string, string])[]): string[] {
  return rows.length === 0 ? [] : [`| ${title} | |`, '|---|---|', ...rows.map(([name, text]) => `| ${name} | ${text} |`), ''];
}

function argumentText(argument: Argument): string {
  const name = argument.name().toUpperCase();
  return argument.required ? name : `[${name}]`;
}

function described({
  description,
  defaultValue,
  argChoices,
}: Pick<Option | Argument, 'description' | 'defaultValue' | 'argChoices'>): string {
  const notes = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined ? [] : [`default: ${String(defaultValue)}`]),
  ];
  return `${description}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`.replaceAll('|', '\\|');
}
