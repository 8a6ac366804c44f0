/** Options that commands share, said once, and how their text is read. */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_URL } from '../workers/runtime/config.ts';

export function jsonOption(command: Command): Command {
  return command.option('--json', 'write JSON');
}

export function serverOptions(command: Command): Command {
  return jsonOption(command.option('--url <url>', `address of the running server (SEQCAST_URL, else ${DEFAULT_URL})`));
}

/** Values stay text on their way: a number would lose digits above 2^53. */
export function integerText(text: string): string {
  if (/^-?\d+$/.test(text)) return text;
  throw new InvalidArgumentError('It is not a whole number.');
}

export function numberOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It is not a number.');
}
