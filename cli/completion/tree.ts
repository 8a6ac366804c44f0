/** What can be typed after what: the program as completion scripts need it, read off the commands as they are declared. */
import type { Argument, Command, Option } from 'commander';

/** What comes after an option, or as an argument: nothing, one of a few words, a path, or something nobody can guess. */
export type Value = 'none' | 'file' | 'directory' | 'unknown' | readonly string[];

export interface CompletedOption {
  readonly names: readonly string[];
  readonly text: string;
  readonly value: Value;
}

export interface CompletedCommand {
  /** The words that lead to it, without `seqcast`. */
  readonly at: string;
  readonly children: readonly { readonly name: string; readonly text: string }[];
  readonly options: readonly CompletedOption[];
  readonly argument: Value;
}

const HELP: CompletedOption = { names: ['--help', '-h'], text: 'show help', value: 'none' };

/** The command itself and all below it. */
export function completedCommands(command: Command, words: readonly string[] = []): readonly CompletedCommand[] {
  // The options of a default command may follow the name of its group: `announce orders --rate 5`.
  const fallback = command.commands.find((each) => each.name() === defaultNameOf(command));
  const options = [...command.options, ...(fallback?.options ?? [])].filter(({ hidden }) => !hidden);
  const [argument] = command.registeredArguments;
  const own: CompletedCommand = {
    at: words.join(' '),
    children: command.commands.map((each) => ({ name: each.name(), text: shortText(each.summary() || each.description()) })),
    options: [...options.map(completedOption), HELP],
    argument: argument === undefined ? 'none' : kindOf(argument.name(), argument.argChoices),
  };
  return [own, ...command.commands.flatMap((each) => completedCommands(each, [...words, each.name()]))];
}

/** Options that take a value, those of the same kind together: `names` are all their spellings. */
export function optionsByValue(
  options: readonly CompletedOption[],
): readonly { readonly names: readonly string[]; readonly value: Value }[] {
  const groups = new Map<string, { readonly names: string[]; readonly value: Value }>();
  for (const { names, value } of options) {
    if (value === 'none') continue;
    const group = groups.get(String(value)) ?? { names: [], value };
    group.names.push(...names);
    groups.set(String(value), group);
  }
  return [...groups.values()];
}

function completedOption({ long, short, description, required, optional, flags, argChoices }: Option): CompletedOption {
  const names = [long, short].filter((name) => name !== undefined && name !== null);
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? '';
  return { names, text: shortText(description), value: required || optional ? kindOf(placeholder, argChoices) : 'none' };
}

function kindOf(name: string, choices: Argument['argChoices']): Value {
  if (choices !== undefined) return choices;
  if (name === 'file') return 'file';
  return name === 'dir' ? 'directory' : 'unknown';
}

/** One line beside a word: its first clause, and nothing that a shell would read as its own. */
function shortText(text: string): string {
  const clause = text.replaceAll(/ \([^)]*\)/g, '').split(/[:;.] |[:.]$/, 1)[0] ?? '';
  return clause.replaceAll(/[`'"\\$:[\]]/g, '').trim();
}

function defaultNameOf(command: Command): string | undefined {
  return (command as unknown as { readonly _defaultCommandName?: string | null })._defaultCommandName ?? undefined;
}
