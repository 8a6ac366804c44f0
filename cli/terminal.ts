/** What whoever reads can see: how wide a line may be, and whether colours help. A pipe or a file is as wide as it needs to be, and plain. */
import { styleText } from 'node:util';
import type { Environment } from '../workers/runtime/process/config.ts';
import type { Output } from './screen.ts';

export interface Terminal {
  /** Undefined where lines may be of any width. */
  readonly columns: number | undefined;
  readonly hasColours: boolean;
}

/** A pipe, a file. */
export const NO_TERMINAL: Terminal = { columns: undefined, hasColours: false };

type Style = Parameters<typeof styleText>[0];

/**
 * `COLUMNS` is the word of whoever set it, also for a pipe. Colours: `--no-color` first, then `NO_COLOR`, then `FORCE_COLOR`, as the help has
 * it; else where it is a terminal that is not dumb.
 */
export function terminalOf(out: Output, env: Environment, isPlain = false): Terminal {
  const told = Number(env.COLUMNS);
  const isTold = Number.isInteger(told) && told > 0;
  const seen = out.isTTY === true ? out.columns : undefined;
  return { columns: isTold ? told : seen, hasColours: !isPlain && coloursOf(out, env) };
}

function coloursOf(out: Output, { NO_COLOR = '', FORCE_COLOR, TERM }: Environment): boolean {
  if (NO_COLOR !== '' || FORCE_COLOR === '0' || FORCE_COLOR === 'false') return false;
  return FORCE_COLOR !== undefined || (out.isTTY === true && TERM !== 'dumb');
}

export function styled(style: Style, text: string, { hasColours }: Pick<Terminal, 'hasColours'>): string {
  return hasColours ? styleText(style, text, { validateStream: false }) : text;
}
