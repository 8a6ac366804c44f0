/** How much of the database one command to the log touches: a read what it returns, whatever lies behind; a trim or a cut a few rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeChunks } from '../../../adapters/embedded/chunk.ts';
import { openDataFile } from '../../../adapters/embedded/data-file.ts';
import { type LogRows, openLogRows } from '../../../adapters/embedded/log-rows.ts';

const MEGABYTE = 1024 * 1024;

let dataDir = '';
let rows: LogRows;
let close = (): void => undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'seqcast-log-rows-'));
  const { database } = openDataFile({ dataDir, partitionCount: 1, readOnly: false, sizeBytesMax: 0, acceptsLoss: false });
  rows = openLogRows(database);
  close = () => database.close();
});

afterEach(() => {
  close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** One transaction: as few chunks as its records fit into. */
function append(count: number, bytes: number): void {
  const lengths = new Uint32Array(count).fill(bytes);
  rows.append('t', 0, { lengths, bytes: new Uint8Array(count * bytes) }, 1);
  rows.flush();
  rows.settle(true);
}

/** Records that are in what was taken out, from `from` on. */
function taken(from: number, recordsMax: number, bytesMax = MEGABYTE): number {
  const { chunks } = rows.read('t', 0, from, recordsMax, bytesMax);
  return decodeChunks(chunks, from, Number.MAX_SAFE_INTEGER)?.length ?? -1;
}

test('a read takes out the chunks that its records lie in, and none behind them', () => {
  append(40_000, 8);
  expect(taken(0, 1)).toBe(1_024);
  expect(taken(1_023, 2)).toBe(1_025);
  expect(taken(500, 1_024)).toBe(2 * 1_024 - 500);
  expect(taken(0, 4_096)).toBe(4_096);
});

test('a read of many small chunks takes out all that was asked for', () => {
  for (let each = 0; each < 300; each++) append(1, 8);
  append(2_000, 8);
  expect(taken(0, 200)).toBe(200);
  expect(taken(0, Number.MAX_SAFE_INTEGER)).toBe(2_300);
  expect(taken(290, 11)).toBe(10 + 1_024);
});

test('a read ends before the chunk that would be too many bytes, but not before the first one', () => {
  for (let each = 0; each < 40; each++) append(1, 60_000);
  expect(taken(0, 40)).toBe(17);
  expect(taken(0, 40, 1_000)).toBe(1);
  expect(taken(39, 40)).toBe(1);
});

test('a read behind the end takes out nothing', () => {
  append(3, 8);
  expect(rows.read('t', 0, 3, 10, MEGABYTE)).toEqual({ chunks: new Uint8Array(0), start: 0, end: 3 });
});

test('a trim takes few rows at a time where they are large, and thousands where they are small', () => {
  for (let each = 0; each < 200; each++) append(1, 60_000);
  for (let each = 0; each < 400; each++) append(1, 8);
  const steps: number[] = [];
  for (let done = false; !done; ) {
    const step = rows.trim('t', 2);
    rows.settle(true);
    steps.push(step.trimmed);
    done = step.done;
  }
  expect(steps).toEqual([64, 64, 64, 64, 344]);
  expect(rows.bounds('t', 0)).toEqual({ start: 600, end: 600 });
});

test('a trim leaves what is not old enough', () => {
  append(10, 8);
  expect(rows.trim('t', 1)).toEqual({ trimmed: 0, done: true });
  expect(rows.trim('t', 2)).toEqual({ trimmed: 10, done: true });
});

test('a cut takes few rows at a time where they are large, and stops before its offset', () => {
  for (let each = 0; each < 200; each++) append(1, 60_000);
  const starts: number[] = [];
  for (let done = false; !done; starts.push(rows.bounds('t', 0).start)) {
    done = rows.cut('t', 0, 150);
    rows.settle(true);
  }
  expect(starts).toEqual([64, 128, 150]);
  expect(rows.cut('t', 0, 150)).toBe(true);
});

test('a cut leaves the chunk that its offset lies in', () => {
  append(2_000, 8);
  expect(rows.cut('t', 0, 1_500)).toBe(true);
  rows.settle(true);
  expect(rows.bounds('t', 0)).toEqual({ start: 1_024, end: 2_000 });
});
