import { describe, expect, test } from 'vitest';
import { binRng, spreadBin } from '../../../backtest/sources/bin-spread.ts';
import { readCountLines } from '../../../backtest/sources/count-lines.ts';
import { readCsvDemand } from '../../../backtest/sources/csv-demand.ts';
import { wholeOf } from '../../../backtest/sources/demand-source.ts';
import { PLAIN, secondsOf, writtenFiles } from './written-files.ts';

const write = writtenFiles();

function rowsOf(minutes: readonly (readonly [minute: number, count: number | string])[]): string {
  return `timestamp,value\n${minutes.map(([minute, count]) => `${new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()},${count}`).join('\n')}\n`;
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

describe('counts per bin', () => {
  const FIVE_MINUTES = [
    [0, 30_000],
    [5, 0],
    [10, 600],
    [20, 7],
    [25, 9],
    [30, 11],
    [35, 13],
  ] as const;

  test('are known by the distance of their times, and keep their total in every bin', async () => {
    const set = await readCsvDemand(write('bins.csv', rowsOf(FIVE_MINUTES)), PLAIN);
    const [source] = set.streams;
    const { counts, startMs } = await wholeOf(source ?? (undefined as never));
    expect([startMs, counts.length]).toEqual([Date.UTC(2026, 0, 1), 8 * 300]);
    const bins = Array.from({ length: 8 }, (_, bin) => sum(counts.subarray(bin * 300, (bin + 1) * 300)));
    expect(bins).toEqual([30_000, 0, 600, 0, 7, 9, 11, 13]);
    expect(set.repairs).toEqual([
      'rows were read as counts of 300 s, the distance of most; their values were spread over seconds by chance',
      '1 bins without a row were taken as 0',
    ]);
  });

  test('fall on the same seconds for a seed, and on others for another', async () => {
    const path = write('seeds.csv', rowsOf(FIVE_MINUTES));
    const [first, again, other] = [
      await readCsvDemand(path, PLAIN),
      await readCsvDemand(path, PLAIN),
      await readCsvDemand(path, { ...PLAIN, seed: 2 }),
    ];
    expect(await secondsOf(again)).toEqual(await secondsOf(first));
    expect(again.sha256).toBe(first.sha256);
    expect(other.sha256).not.toBe(first.sha256);
    expect(await secondsOf(other)).not.toEqual(await secondsOf(first));
  });

  test('keep the second their bins begin in, rounded down to ten, and may be late by a little', async () => {
    const rows = ['2015-02-26 21:42:53,300', '2015-02-26 21:47:53,5', '2015-02-26 21:52:55,7', '2015-02-26 21:57:53,1'];
    const set = await readCsvDemand(write('shifted.csv', `timestamp,value\n${rows.join('\n')}\n`), { ...PLAIN, rows: 'counts' });
    const { counts, startMs } = await wholeOf(set.streams[0] ?? (undefined as never));
    expect([startMs, sum(counts.subarray(0, 300)), sum(counts.subarray(300, 600)), sum(counts.subarray(600, 900))]).toEqual([
      Date.UTC(2015, 1, 26, 21, 42, 50),
      ...[300, 5, 7],
    ]);
    expect(set.repairs).toContain('4 times without a zone were read as UTC; --time-zone names another');
  });

  test('with a fraction or without a number are mended and counted; more than a second can hold is refused', async () => {
    const set = await readCsvDemand(
      write(
        'odd.csv',
        rowsOf([
          [0, '1.6'],
          [5, ''],
          [10, 'NA'],
          [15, '3e2'],
        ]),
      ),
      PLAIN,
    );
    expect(sum((await wholeOf(set.streams[0] ?? (undefined as never))).counts)).toBe(302);
    expect(set.repairs).toEqual(
      expect.arrayContaining(['1 counts with a fraction were rounded', '2 rows without a count were taken as 0']),
    );
    const huge = write(
      'huge.csv',
      rowsOf([
        [0, '2000000000000'],
        [5, 1],
        [10, 1],
      ]),
    );
    await expect(readCsvDemand(huge, PLAIN)).rejects.toThrow(/line 2: with it, more than 4294967295 values fall into a second/);
  });

  test('at no regular distance are no bins unless it is said how long they are', async () => {
    const path = write(
      'irregular.csv',
      rowsOf([
        [0, 1],
        [3, 1],
        [4, 1],
        [11, 1],
        [13, 1],
      ]),
    );
    expect((await secondsOf(await readCsvDemand(path, PLAIN))).irregular).toEqual({ 0: 1, 180: 1, 240: 1, 660: 1, 780: 1 });
    await expect(readCsvDemand(path, { ...PLAIN, rows: 'counts' })).rejects.toThrow('--bin says how long each counts');
    expect((await readCsvDemand(path, { ...PLAIN, rows: 'counts', binMs: 60_000 })).streams[0]?.seconds).toBe(14 * 60);
  });
});

test('pieces are multiples of ten seconds but for the last, whatever a bin is long', async () => {
  const rows = Array.from({ length: 30_001 }, (_, bin) => `${1_767_225_600 + 7 * bin},${bin % 3}`);
  const set = await readCsvDemand(write('sevens.csv', rows.join('\n')), PLAIN);
  const [source] = set.streams;
  const lengths: number[] = [];
  let total = 0;
  for await (const piece of source?.pieces() ?? []) {
    lengths.push(piece.length);
    total += sum(piece);
  }
  expect(lengths.length).toBeGreaterThan(2);
  expect(lengths.slice(0, -1).filter((length) => length % 10 !== 0)).toEqual([]);
  expect([lengths.reduce((all, length) => all + length, 0), source?.seconds, total]).toEqual([7 * 30_001, 7 * 30_001, 30_000]);
});

describe('a spread bin', () => {
  test.each([3, 400, 20_000, 5_000_000])('of %i values is exact and even: no part of it has more than chance allows', (count) => {
    const [seconds, bins] = [3_600, 40];
    const thirds = [0, 0, 0];
    for (let bin = 0; bin < bins; bin++) {
      const counts = new Uint32Array(seconds);
      spreadBin(count, counts, binRng(7, bin));
      expect(sum(counts)).toBe(count);
      thirds.forEach((_, third) => {
        thirds[third] = (thirds[third] ?? 0) + sum(counts.subarray((third * seconds) / 3, ((third + 1) * seconds) / 3));
      });
    }
    const mean = (count * bins) / 3;
    for (const third of thirds) expect(Math.abs(third - mean)).toBeLessThan(4 * Math.sqrt(mean) + 1);
  });

  test.each([6, 40])('scatters like independent arrivals at %i a second', (rate) => {
    const counts = new Uint32Array(36_000);
    spreadBin(rate * counts.length, counts, binRng(1, 1));
    const variance = counts.reduce((total, count) => total + (count - rate) ** 2, 0) / counts.length;
    expect(variance / rate).toBeGreaterThan(0.95);
    expect(variance / rate).toBeLessThan(1.05);
  });
});

describe('one count a line', () => {
  test('is demand from a start on, second by second or in longer bins', async () => {
    const path = write('lines.txt', '3\n0\n5\n');
    const startMs = Date.UTC(1995, 6, 1);
    const seconds = await readCountLines(path, { ...PLAIN, startMs, binMs: 1_000 });
    expect([seconds.streams[0]?.startMs, await secondsOf(seconds), seconds.repairs]).toEqual([startMs, { lines: { 0: 3, 2: 5 } }, []]);
    const minutes = await readCountLines(path, { ...PLAIN, startMs, binMs: 60_000 });
    const { counts } = await wholeOf(minutes.streams[0] ?? (undefined as never));
    expect([counts.length, sum(counts.subarray(0, 60)), sum(counts.subarray(60, 120)), sum(counts)]).toEqual([180, 3, 0, 8]);
  });

  test('without a start begins on a Monday, and says so; a line that is no count is refused', async () => {
    const set = await readCountLines(write('no-start.txt', '1\n'), { ...PLAIN, binMs: 1_000 });
    expect(set.streams[0]?.startMs).toBe(Date.UTC(2024, 0, 1));
    expect(set.repairs).toEqual(['when it begins is not said: taken as Monday 2024-01-01T00:00:00Z; --start names another']);
    const wrong = write('wrong.txt', '1\n2,3\n');
    await expect(readCountLines(wrong, { ...PLAIN, binMs: 1_000 })).rejects.toThrow(
      /wrong[.]txt, line 2: the count "2,3" is no whole number/,
    );
  });
});
