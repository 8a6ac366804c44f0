/** Options that commands share, said once, and how their text is read. */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_URL } from '../workers/runtime/process/config.ts';

export function jsonOption(command: Command): Command {
  return command.option('--json', 'write JSON');
}

export function serverOptions(command: Command): Command {
  return jsonOption(
    command
      .option('--url <url>', `address of the running server (SEQCAST_URL, else ${DEFAULT_URL})`)
      .option('--api-key <key>', 'API key, where the server asks for one (SEQCAST_API_KEY, which other users of this machine cannot see)'),
  );
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

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function durationOf(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit ?? ''];
  if (amount === undefined || unitMs === undefined) throw new InvalidArgumentError('Write a number and a unit: 500ms, 30s, 10m, 1h, 1d.');
  return Number(amount) * unitMs;
}
