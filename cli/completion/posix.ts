/**
 * What the scripts for bash and zsh have in common: a loop that follows the words typed so far to the command that they lead to, and a table
 * of what may come next, after an option that takes a value or anywhere else.
 */
import { type CompletedCommand, optionsByValue, type Value } from './tree.ts';

export interface Dialect {
  /** The array of words, the number of the first of them that is an argument, and of the one under the cursor. */
  readonly words: string;
  readonly first: number;
  readonly current: string;
  /** Offers what a value may be, and ends each command with a semicolon; nothing where nobody can guess it. */
  readonly replies: (value: Value) => string;
  /** Says what may follow a command; without a semicolon at its end. */
  readonly next: (command: CompletedCommand) => string;
}

export function followedWords(commands: readonly CompletedCommand[], { words, first, current, replies, next }: Dialect): string {
  return `  for ((i = ${first}; i < ${current}; i++)); do
    word="\${at:+$at }\${${words}[i]}"
    case $word in
      (${placesOf(commands).join('|')}) at=$word ;;
    esac
  done
  case "$at $prev" in
${commands.flatMap((command) => valueArms(command, replies)).join('\n')}
  esac
  case $at in
${commands.map((command) => `    (${quoted(command.at)}) ${next(command)} ;;`).join('\n')}
  esac`;
}

/** The words that lead to each command below the program itself. */
export function placesOf(commands: readonly CompletedCommand[]): string[] {
  return commands.filter(({ at }) => at !== '').map(({ at }) => quoted(at));
}

/** What the argument of a command names, where that is something on the disk. */
export function isPath(argument: Value): argument is 'file' | 'directory' {
  return argument === 'file' || argument === 'directory';
}

export function quoted(text: string): string {
  return `'${text}'`;
}

/** What follows an option that takes a value: nothing else may. */
function valueArms({ at, options }: CompletedCommand, replies: Dialect['replies']): string[] {
  return optionsByValue(options).map(
    ({ names, value }) => `    (${names.map((name) => quoted(`${at} ${name}`)).join('|')}) ${replies(value)}return ;;`,
  );
}
