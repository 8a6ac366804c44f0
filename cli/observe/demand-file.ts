/**
 * The file that an observation appends to: `time,count`, the start of each span as an ISO time and the values that went in it. Lines are
 * appended whole; whoever was killed within one leaves a torn last line, which the next opening cuts off.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type ErrorCode, SequenceError } from '../../core/errors.ts';
import { duration } from '../demo/figures.ts';
import { timeText } from '../table.ts';
import type { DemandRow } from './observation.ts';

export interface DemandFile {
  /** Starts of the first and the last row that were there; undefined where there was none. */
  readonly begunMs: number | undefined;
  readonly resumedMs: number | undefined;
  /** What was mended, as a sentence. */
  readonly mended: string | undefined;
  /** Rows that are not after the last one are left out: a clock that was set back must not write the same time twice. */
  append(rows: readonly DemandRow[]): Promise<void>;
  close(): Promise<void>;
}

const HEADER = 'time,count';
const ROW = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z),(\d+)$/;
/** The header and the first row. */
const HEAD_BYTES = 100;
/** Enough lines to see how far rows are apart. */
const TAIL_BYTES = 65_536;

/** Throws `SEQ_CONFIG_INVALID` for a file of another kind, or one with rows of another span. */
export async function openDemandFile(path: string, everyMs: number): Promise<DemandFile> {
  const end = failing(path, () => mendedEnd(path));
  const apartMs = Math.min(...end.startsMs.slice(1).map((startMs, at) => startMs - (end.startsMs[at] ?? 0)));
  if (Number.isFinite(apartMs) && apartMs !== everyMs) {
    throw unfit(`${path} has rows ${duration(apartMs)} apart: give --every ${duration(apartMs).replace(' ', '')}, or another --out`);
  }
  const handle = await open(path, 'a').catch((error: unknown) => {
    throw fileError(path, error);
  });
  const resumedMs = end.startsMs.at(-1);
  let lastMs = resumedMs ?? Number.NEGATIVE_INFINITY;
  if (end.isEmpty) await appended(path, handle, `${HEADER}\n`);
  return {
    begunMs: end.begunMs,
    resumedMs,
    mended: end.cutBytes === 0 ? undefined : `a torn last line of ${end.cutBytes} bytes was cut off`,
    async append(rows) {
      const fresh = rows.filter(({ startMs }) => startMs > lastMs);
      if (fresh.length === 0) return;
      await appended(path, handle, fresh.map(rowText).join(''));
      lastMs = fresh.at(-1)?.startMs ?? lastMs;
    },
    async close() {
      await handle.sync();
      await handle.close();
    },
  };
}

export function rowText({ startMs, count }: DemandRow): string {
  return `${timeText(startMs).replace('.000Z', 'Z')},${count}\n`;
}

/** The row on that line; undefined where it is none. */
export function rowOf(line: string): DemandRow | undefined {
  const [, time, count] = ROW.exec(line) ?? [];
  return time === undefined ? undefined : { startMs: Date.parse(time), count: Number(count) };
}

interface End {
  readonly isEmpty: boolean;
  readonly begunMs: number | undefined;
  /** Starts of the last rows. */
  readonly startsMs: readonly number[];
  readonly cutBytes: number;
}

function mendedEnd(path: string): End {
  const file = openSync(path, 'a+');
  try {
    const { size } = fstatSync(file);
    const [head = '', first] = bytesOf(file, 0, Math.min(size, HEAD_BYTES)).split('\n');
    const isHeader = head === HEADER || (first === undefined && HEADER.startsWith(head));
    if (!isHeader) throw unfit(`${path} is no demand file, its first line is not ${HEADER}: name another --out`);
    const from = Math.max(0, size - TAIL_BYTES);
    const tail = bytesOf(file, from, size - from);
    const whole = tail.slice(0, tail.lastIndexOf('\n') + 1);
    // A header that is torn leaves nothing; a whole one is a line like any other.
    const cutBytes = tail.length - whole.length;
    if (cutBytes > 0) ftruncateSync(file, size - cutBytes);
    const lines = whole.split('\n').slice(from === 0 ? 1 : 0, -1);
    const rows = lines.slice(from === 0 ? 0 : 1).map((line) => rowOf(line) ?? misfit(path, line));
    return { isEmpty: size === cutBytes, begunMs: rowOf(first ?? '')?.startMs, startsMs: rows.map(({ startMs }) => startMs), cutBytes };
  } finally {
    closeSync(file);
  }
}

/** One byte a character, so that lengths are places in the file. */
function bytesOf(file: number, from: number, length: number): string {
  const bytes = Buffer.alloc(length);
  return bytes.toString('latin1', 0, readSync(file, bytes, 0, length, from));
}

function misfit(path: string, line: string): never {
  throw unfit(`${path} has a line that is no row: ${JSON.stringify(line.slice(0, 80))}; name another --out`);
}

function unfit(message: string): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', message);
}

async function appended(path: string, handle: FileHandle, text: string): Promise<void> {
  await handle.appendFile(text).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

function failing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SequenceError ? error : fileError(path, error);
  }
}

function fileError(path: string, cause: unknown): SequenceError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known: ErrorCode = code === 'ENOSPC' || code === 'EDQUOT' ? 'SEQ_DISK_FULL' : 'SEQ_DATA_DIR_UNUSABLE';
  return new SequenceError(known, `${path} cannot be written: ${message}`, {}, { cause });
}
