/** Writes what a command found: the JSON as it came, one line, or the text a person reads. */
import type { CliContext, JsonOption } from './cli-context.ts';
import { type Terminal, terminalOf } from './terminal.ts';

export function writeAnswer(cli: CliContext, { json }: JsonOption, answer: unknown, text: (terminal: Terminal) => string): void {
  cli.out.write(json === true ? `${JSON.stringify(answer, textOfBigints)}\n` : text(terminalOf(cli.out, cli.env, cli.isPlain)));
}

function textOfBigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
