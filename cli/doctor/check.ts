/** One finding of `seqcast doctor`. */
import { styled, type Terminal } from '../terminal.ts';

export type Level = 'ok' | 'warn' | 'fail';

export interface Check {
  /** Whether a server would serve; a warning does not keep it from that. */
  readonly ok: boolean;
  readonly level: Level;
  readonly what: string;
  readonly whatToDo?: string;
}

export function check(level: Level, what: string, whatToDo?: string): Check {
  return { ok: level !== 'fail', level, what, ...(whatToDo !== undefined && level !== 'ok' && { whatToDo }) };
}

/** Of a message of an engine: `what is wrong; what to change`. */
export function told(level: Level, message: string): Check {
  const at = message.lastIndexOf('; ');
  if (at < 0) return check(level, message);
  const change = message.slice(at + 2);
  return check(level, message.slice(0, at), `${change.charAt(0).toUpperCase()}${change.slice(1)}.`);
}

const NAMES: Readonly<Record<Level, string>> = { ok: 'ok', warn: 'warn', fail: 'BAD' };
const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
const WIDTH = 6;

export function checkText({ level, what, whatToDo }: Check, terminal: Terminal): string {
  return `${styled(STYLES[level], NAMES[level].padEnd(WIDTH), terminal)}${what}\n${whatToDo === undefined ? '' : `${' '.repeat(WIDTH)}→ ${whatToDo}\n`}`;
}
