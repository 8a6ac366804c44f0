/**
 * Cells that are finished, a line of JSON each in a file that only grows: an interrupted backtest goes on from there. A line that was cut
 * off is forgotten with whatever comes after it on that line; its cell runs again.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { SequenceError } from '../../core/errors.ts';

const FILE = 'cells.jsonl';

/** What a cell came to, by its key. */
export interface FinishedCells {
  find(key: string): unknown;
  add(key: string, result: unknown): void;
}

/** For those who cannot be interrupted. */
export function nothingFinished(): FinishedCells {
  return { find: () => undefined, add: () => undefined };
}

/** Opens the directory, which is made where it is missing. */
export function openFinishedCells(directory: string): FinishedCells & { readonly count: number } {
  const file = join(directory, FILE);
  const known = new Map<string, unknown>();
  try {
    mkdirSync(directory, { recursive: true });
    if (existsSync(file)) readLines(file, known);
  } catch (error) {
    if (error instanceof SequenceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SequenceError('SEQ_CONFIG_INVALID', `finished parts cannot be kept in ${directory} (${reason}): name another directory`);
  }
  return {
    count: known.size,
    find: (key) => known.get(key),
    add(key, result) {
      known.set(key, result);
      appendFileSync(file, `${JSON.stringify({ key, result })}\n`);
    },
  };
}

function readLines(file: string, into: Map<string, unknown>): void {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  // The next line must not be glued to the rest of one that a kill cut off.
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  for (const [i, line] of whole.split('\n').entries()) {
    if (line === '') continue;
    try {
      const { key, result } = JSON.parse(line) as { readonly key: string; readonly result: unknown };
      into.set(key, result);
    } catch {
      throw new SequenceError('SEQ_DATA_CORRUPT', `${file}: line ${i + 1} is not what a backtest writes: remove the line or the file`);
    }
  }
}
