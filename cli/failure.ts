/** How a command says that it failed: `code: message` and what to do, or the same as JSON; on standard error. */
import { SequenceError } from '../core/errors.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';
import type { Output } from './screen.ts';
import { NO_TERMINAL, styled, type Terminal } from './terminal.ts';

interface FailureOptions {
  readonly json: boolean;
  readonly err: Output;
  readonly terminal?: Terminal;
}

/** Writes the failure and returns the exit code. */
export function reportFailure(error: unknown, { json, err, terminal = NO_TERMINAL }: FailureOptions): number {
  const coded = (code: string): string => styled(['bold', 'red'], code, terminal);
  if (!(error instanceof SequenceError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    err.write(
      json ? `${JSON.stringify({ code: 'SEQ_INTERNAL', message: text, retriable: false })}\n` : `${coded('SEQ_INTERNAL')}: ${text}\n`,
    );
    return EXIT_CODES.failed.code;
  }
  const { code, message, retriable, whatToDo, details } = error;
  if (json) {
    const textOfBigints = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
    err.write(`${JSON.stringify({ code, message, retriable, whatToDo, details }, textOfBigints)}\n`);
  } else {
    err.write(`${coded(code)}: ${messageText(message, details.problems)}\n→ ${whatToDo}\n`);
  }
  return exitCodeOf(code);
}

/** Several problems stand one below the other; anything else is one line. */
function messageText(message: string, problems: unknown): string {
  if (!Array.isArray(problems) || problems.length < 2) return message.replaceAll(/\s*\n\s*/g, ' ');
  return `${problems.length} things are wrong\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
}
