/**
 * Values and how each is printed, as lines of a CSV file: what the engine cannot compute itself. Written in pieces that let others have the
 * thread in between.
 */
import { open } from 'node:fs/promises';
import type { ValueRun } from './bulk-columns.ts';

/** Lines of one piece: a few milliseconds of work. */
const PIECE_LINES = 5_000;

export type Print = (value: bigint) => string;

export interface BulkTextOptions {
  readonly file: string;
  readonly runs: readonly ValueRun[];
  readonly print: Print;
  readonly header: string;
  readonly isStopping: () => boolean;
  /** Hears how many lines there are. */
  readonly onLines: (lines: number) => void;
}

/** False where it was stopped on the way. */
export async function writeText({ file, runs, print, header, isStopping, onLines }: BulkTextOptions): Promise<boolean> {
  const opened = await open(file, 'w');
  let lines = 0;
  try {
    await opened.write(header);
    for (const { start, count, increment } of runs) {
      for (let from = 0; from < count; from += PIECE_LINES) {
        if (isStopping()) return false;
        const size = Math.min(PIECE_LINES, count - from);
        await opened.write(pieceOf(start + BigInt(from) * increment, size, increment, print));
        lines += size;
        onLines(lines);
      }
    }
    return true;
  } finally {
    await opened.close();
  }
}

function pieceOf(start: bigint, size: number, increment: bigint, print: Print): string {
  let text = '';
  let value = start;
  for (let i = 0; i < size; i++, value += increment) text += `${value},"${print(value).replaceAll('"', '""')}"\n`;
  return text;
}
