/** Readers of data sets: what they make of good files, and what they say of bad ones. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCountSeries } from '../../../backtest/accuracy/count-series.ts';
import { readDataFile } from '../../../backtest/accuracy/data-file.ts';
import { m4Histories, parseM4Rows } from '../../../backtest/accuracy/m4-layout.ts';
import { tasksIn } from '../../../backtest/accuracy/tasks.ts';

const m4 = (text: string) => parseM4Rows({ name: 'train.csv', text });
const counts = (text: string) => parseCountSeries({ name: 'orders.csv.gz', text: `timestamp,value\n${text}` });

describe('the M4 layout', () => {
  it('is a row a series, with or without quotes, header and empty cells at the end', () => {
    const rows = m4('"V1","V2","V3","V4"\n"H1","605","586",""\nH2,3,4.5,1\n');
    expect(rows.map(({ id, values }) => [id, ...values])).toEqual([
      ['H1', 605, 586],
      ['H2', 3, 4.5, 1],
    ]);
  });

  it('goes on with the rows of the test file', () => {
    const [history] = m4Histories(m4('H1,1,2\n'), m4('H1,3\n'), 3_600_000);
    expect([...(history?.demand ?? [])]).toEqual([1, 2, 3]);
    expect(() => m4Histories(m4('H1,1,2\n'), m4('H2,3\n'), 3_600_000)).toThrow(/no row for the series H1/);
  });

  it.each([
    ['H1,1,x,3\n', /line 1: value 2 of H1 is "x"/],
    ['H1,1,,3\n', /value 2 of H1 is ""/],
    ['H1,1,-2\n', /value 2 of H1 is "-2"/],
    ['H1,1\nH1,2\n', /line 2: the series H1 is there twice/],
    ['\n', /no series/],
  ])('refuses %j and says where', (text, message) => {
    expect(() => m4(text)).toThrow(message);
  });
});

describe('a count series', () => {
  it('has bins as long as rows are usually apart, moved back to where they begin', () => {
    const series = counts('2015-02-26 21:42:53,104\n2015-02-26 21:47:53,100\n2015-02-26 21:52:53,7\n');
    expect(series).toMatchObject({ key: 'orders', binMs: 300_000, startMs: Date.UTC(2015, 1, 26, 21, 40) });
    expect([...series.demand]).toEqual([104, 100, 7]);
    expect(series.outages).toBeUndefined();
  });

  it('marks bins without a row as outages, and adds up rows of one bin', () => {
    const series = counts('2015-01-01 00:00,1\n2015-01-01 00:01,2\n2015-01-01 00:01,3\n2015-01-01 00:04,4\n2015-01-01 00:05,5\n');
    expect([...series.demand]).toEqual([1, 5, 0, 0, 4, 5]);
    expect([...(series.outages ?? [])]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it.each([
    ['yesterday,1\n2015-01-01 00:00,1\n', /line 2: "yesterday,1": a time/],
    ['2015-01-01 00:00,many\n2015-01-01 00:01,1\n', /line 2: .* a number from 0/],
    ['2015-01-01 00:01,1\n2015-01-01 00:00,1\n', /line 3: times must not go back/],
    ['2015-01-01 00:00,1\n', /at least two rows/],
    ['2015-01-01 00:00,1\n2015-01-01 00:00:01,1\n2015-01-01 00:00:02,1\n2016-01-01 00:00,1\n', /at most 2100000/],
  ])('refuses %j and says why', (text, message) => {
    expect(() => counts(text)).toThrow(message);
  });
});

describe('a folder of data', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seqcast-data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const hours = (count: number, from = 0) => Array.from({ length: count }, (_, i) => 10 + ((i + from) % 24)).join(',');

  it('with only a training file holds the last 48 points back, and fits to none of them', () => {
    mkdirSync(join(folder, 'm4'));
    writeFileSync(join(folder, 'm4', 'Hourly-train.csv.gz'), gzipSync(`H1,${hours(300)}\n`));
    const [task] = tasksIn(folder, {});
    expect(task?.name).toBe('m4-hourly');
    expect(task?.series[0]).toMatchObject({
      testFrom: 2,
      trainBins: 252,
      origins: [
        { historyBins: 156, fitBins: 156 },
        { historyBins: 204, fitBins: 156 },
        { historyBins: 252, fitBins: 252 },
      ],
    });
  });

  it('with a test file forecasts that, from all of the training file', () => {
    writeFileSync(join(folder, 'Hourly-train.csv'), `H1,${hours(300)}\n`);
    writeFileSync(join(folder, 'Hourly-test.csv'), `H1,${hours(48, 300)}\n`);
    const [task] = tasksIn(folder, {});
    expect(task?.series[0]?.origins.at(-1)).toEqual({ historyBins: 300, fitBins: 300 });
    expect(task?.test).toMatch(/test file/);
  });

  it('groups count series by the length of their bins and limits how many', () => {
    const rows = (minutes: number) =>
      Array.from({ length: 200 }, (_, i) => `${new Date(i * minutes * 60_000).toISOString().slice(0, 19)},${i % 7}`).join('\n');
    for (const name of ['Twitter_volume_A', 'Twitter_volume_B', 'taxi']) {
      writeFileSync(join(folder, `${name}.csv`), `timestamp,value\n${rows(name === 'taxi' ? 30 : 5)}\n`);
    }
    writeFileSync(join(folder, 'other.csv'), 'a,b\n1,2\n');
    const tasks = tasksIn(folder, { limit: 1 });
    expect(tasks.map(({ name, series, files }) => [name, series.length, files.length])).toEqual([
      ['nab-twitter', 1, 1],
      ['counts-30min', 1, 1],
    ]);
    const [series] = tasks[0]?.series ?? [];
    expect(series).toMatchObject({ trainBins: 140, testFrom: 20 });
    expect(series?.origins.every(({ fitBins }) => fitBins === 140)).toBe(true);
    expect(series?.origins.at(-1)?.historyBins).toBe(188);
  });

  it('without any data is refused by name', () => {
    expect(() => tasksIn(folder, {})).toThrow(/no data is there/);
    expect(() => tasksIn(join(folder, 'nowhere'), {})).toThrow(/there is no such folder/);
  });

  it('knows the digest of its files, and refuses broken ones', () => {
    writeFileSync(join(folder, 'a.csv'), 'abc');
    expect(readDataFile(join(folder, 'a.csv'))).toMatchObject({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    writeFileSync(join(folder, 'b.csv.gz'), 'abc');
    expect(() => readDataFile(join(folder, 'b.csv.gz'))).toThrow(/not a whole gzip file/);
    expect(() => readDataFile(join(folder, 'c.csv'))).toThrow(/no such file/);
  });
});
