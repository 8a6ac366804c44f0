import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readCsvDemand } from '../../../backtest/sources/csv-demand.ts';
import { wholeOf } from '../../../backtest/sources/demand-source.ts';
import { seededRng } from '../../../core/rng.ts';
import { PLAIN, secondsOf, writtenFiles } from './written-files.ts';

const write = writtenFiles();
const SMALL = 'time,stream,count\n2026-01-01T00:00:03Z,a,2\n2026-01-01T00:00:03.9Z,a,1\n2026-01-01T00:00:11Z,b,5\n';

describe('events in a CSV', () => {
  test('are summed by stream and second, from a multiple of ten seconds to the last event', async () => {
    const set = await readCsvDemand(write('small.csv', SMALL), PLAIN);
    expect(await secondsOf(set)).toEqual({ a: { 3: 3 }, b: { 11: 5 } });
    expect(set.streams.map(({ startMs, seconds }) => [startMs, seconds])).toEqual([
      [Date.UTC(2026, 0, 1), 12],
      [Date.UTC(2026, 0, 1), 12],
    ]);
    expect(set.repairs).toEqual([]);
  });

  test('are the same demand packed, with other line ends, quotes or separators, and in another order within the window', async () => {
    const { sha256 } = await readCsvDemand(write('plain.csv', SMALL), PLAIN);
    const [head, ...rows] = SMALL.trim().split('\n');
    const variants: Record<string, string | Uint8Array> = {
      'packed.csv.gz': gzipSync(SMALL),
      'packed-without-the-ending.csv': gzipSync(SMALL),
      'windows.csv': `\uFEFF${SMALL.replaceAll('\n', '\r\n')}`,
      'quoted.csv': SMALL.replaceAll(/[^,\n]+/g, '"$&"'),
      'semicolons.csv': SMALL.replaceAll(',', ';'),
      'no-last-line-end.csv': SMALL.trimEnd(),
      'empty-lines.csv': SMALL.replaceAll('\n', '\n\n'),
      'reversed.csv': [head, ...rows.reverse()].join('\n'),
    };
    for (const [name, content] of Object.entries(variants)) {
      expect((await readCsvDemand(write(name, content), PLAIN)).sha256, name).toBe(sha256);
    }
    expect((await readCsvDemand(write('other.csv', SMALL.replace('a,2', 'a,3')), PLAIN)).sha256).not.toBe(sha256);
  });

  test('count one each where there is no count, and name their stream by its parts or by the file', async () => {
    const parts = 'ts,sequence,client_type,service\n1767225600,orders,web,cart\n1767225600,orders,web,\n1767225600,orders,web,cart\n';
    expect(await secondsOf(await readCsvDemand(write('parts.csv', parts), PLAIN))).toEqual({
      'orders/web/cart': { 0: 2 },
      'orders/web/default': { 0: 1 },
    });
    expect(await secondsOf(await readCsvDemand(write('clicks.csv.gz', gzipSync('ts\n1767225600\n')), PLAIN))).toEqual({ clicks: { 0: 1 } });
  });

  test('may have no header: the first column says when and a number beside it how many, or columns are named by number', async () => {
    expect(await secondsOf(await readCsvDemand(write('bare.csv', '1767225600,7\n1767225601,8\n'), PLAIN))).toEqual({
      bare: { 0: 7, 1: 8 },
    });
    const columns = { time: '3', stream: '1', count: '2' };
    const path = write('swapped.csv', 'a,7,1767225600\na,1,1767225600\n');
    expect(await secondsOf(await readCsvDemand(path, { ...PLAIN, columns }))).toEqual({ a: { 0: 8 } });
  });

  test('are the same times in every format', async () => {
    const times = {
      iso: '2026-01-01T00:00:03.250Z',
      offset: '2026-01-01T05:30:03.25+05:30',
      'short-offset': '2025-12-31 16:00:03.2500000-0800',
      named: '2026-01-01 00:00:03 UTC',
      seconds: '1767225603.25',
      milliseconds: '1767225603250',
      microseconds: '1767225603250000',
      nanoseconds: '1767225603250000999',
    };
    for (const [name, time] of Object.entries(times)) {
      const set = await readCsvDemand(write(`${name}.csv`, `time\n${time}\n`), PLAIN);
      expect([set.streams[0]?.startMs, await secondsOf(set)], name).toEqual([Date.UTC(2026, 0, 1), { [name]: { 3: 1 } }]);
    }
  });

  test('out of order are sorted and counted within the window, and refused with their line beyond it', async () => {
    const rows = [0, 5, 2, 65, 6, 64].map((second) => 1_767_225_600 + second);
    const path = write('late.csv', `time\n${rows.join('\n')}\n`);
    const set = await readCsvDemand(path, PLAIN);
    expect(await secondsOf(set)).toEqual({ late: { 0: 1, 2: 1, 5: 1, 6: 1, 64: 1, 65: 1 } });
    expect(set.repairs).toEqual(['3 rows out of order by at most 59 s were sorted']);
    await expect(readCsvDemand(path, { ...PLAIN, sortWindowMs: 10_000 })).rejects.toThrow(
      /late[.]csv, line 6: its time is too far behind.*sort/,
    );
  });

  test('of streams one after another in a file need no sorting', async () => {
    const rows = ['a', 'b'].flatMap((stream) => [0, 1_000, 2_001].map((second) => `${1_767_225_600 + second},1,${stream}`));
    const set = await readCsvDemand(write('grouped.csv', `time,count,stream\n${rows.join('\n')}\n`), { ...PLAIN, rows: 'events' });
    expect(set.repairs).toEqual([]);
    expect(set.streams.map(({ seconds }) => seconds)).toEqual([2_002, 2_002]);
  });

  test('that came twice are left out by their id, or by their line where that is asked for', async () => {
    const path = write('twice.csv', 'time,key\n1767225600,x\n1767225601,y\n1767225600,x\n');
    expect((await secondsOf(await readCsvDemand(path, PLAIN))).twice).toEqual({ 0: 2, 1: 1 });
    const byId = await readCsvDemand(path, { ...PLAIN, columns: { id: 'key' } });
    const byLine = await readCsvDemand(path, { ...PLAIN, dropRepeatedLines: true });
    for (const set of [byId, byLine]) expect((await secondsOf(set)).twice).toEqual({ 0: 1, 1: 1 });
    expect(byId.repairs).toEqual(['1 rows with the id of a row shortly before were left out']);
    expect(byLine.repairs).toEqual(['1 lines like one shortly before were left out']);
  });

  test('of more streams than may be told apart share one, the smallest of them', async () => {
    const rows = ['big,9', 'small,1', 'large,8', 'tiny,1', 'big,1'].map((row, second) => `${1_767_225_600 + second},s/${row}`);
    const path = write('many.csv', `time,stream,count\n${rows.join('\n')}\n`.replaceAll(/(big|small|large|tiny)/g, 'web/$1'));
    const set = await readCsvDemand(path, { ...PLAIN, maxStreams: 3 });
    expect(await secondsOf(set)).toEqual({ 's/*/*': { 1: 1, 3: 1 }, 's/web/big': { 0: 9, 4: 1 }, 's/web/large': { 2: 8 } });
    expect(set.repairs).toEqual(['2 streams beyond the 2 largest share the stream s/*/*']);
  });

  test('are read any number of times and agree with what was written, however long the file', async () => {
    const rng = seededRng(3);
    const expected = new Map<string, Uint32Array>();
    const lines = ['time,stream,count'];
    const SECONDS = 120_000;
    for (let row = 0; row < 60_000; row++) {
      const second = Math.floor((row * SECONDS) / 60_000);
      const [stream, count] = [`s${Math.floor(rng.next() * 3)}`, Math.floor(rng.next() * 1e6)];
      const counts = expected.get(stream) ?? new Uint32Array(SECONDS);
      expected.set(stream, counts);
      counts[second] = (counts[second] ?? 0) + count;
      lines.push(`${1_767_225_600 + second}.${row % 10},${stream},${count}`);
    }
    const set = await readCsvDemand(write('long.csv', lines.join('\n')), { ...PLAIN, rows: 'events' });
    expect(set.streams.map(({ name }) => name)).toEqual(['s0', 's1', 's2']);
    for (const source of [...set.streams, ...set.streams]) {
      const { counts } = await wholeOf(source);
      const wanted = expected.get(source.name)?.subarray(0, counts.length) ?? new Uint32Array();
      expect(Buffer.compare(Buffer.from(counts.buffer), Buffer.from(Uint32Array.from(wanted).buffer)), source.name).toBe(0);
    }
  });
});

describe('a CSV that cannot be read', () => {
  const refused: Record<string, readonly [content: string | Uint8Array, message: RegExp]> = {
    'empty.csv': ['', /empty[.]csv: it holds no demand: not one row/],
    'header.csv': ['time,count\n', /header[.]csv: it holds no demand: not one row/],
    'no-time.csv': ['a,b\n1,2\n', /line 2|no column says when/],
    'nameless.csv': ['when,count\nx,2\n', /line 1: no column says when: --columns time=NAME names it; the columns are when, count/],
    'short.csv': ['time,count\n1767225600,1\n1767225601\n', /line 3: it has 1 columns, at least 2 are expected/],
    'negative.csv': ['time,count\n1767225600,1\n1767225601,-5\n', /line 3: the count "-5" is no whole number from 0/],
    'word.csv': ['time,count\n1767225600,many\n', /line 2: the count "many" is no whole number/],
    'huge.csv': ['time,count\n1767225600,4294967295\n1767225600,1\n', /line 3: with it, more than 4294967295 values fall into a second/],
    'bad-time.csv': ['time\n2026-02-30T00:00:00Z\n', /line 2: the time "2026-02-30T00:00:00Z" cannot be read/],
    'bad-hour.csv': ['time\n2026-02-03T25:00:00Z\n', /line 2: the time .* cannot be read/],
    'no-time-at-all.csv': ['time,count\n,3\n', /line 2: the time "" cannot be read/],
    'mixed.csv': ['time\n2026-01-01T00:00:00Z\n1767225601\n', /line 3: the time "1767225601" is seconds, those before are ISO with a zone/],
    'mixed-units.csv': ['time\n1767225600\n1767225601000\n', /line 3: .* is milliseconds, those before are seconds/],
    'mixed-zones.csv': [
      'time\n2026-01-01T00:00:00Z\n2026-01-01T00:00:00\n',
      /line 3: .* is ISO without a zone, those before are ISO with a zone/,
    ],
    'jump.csv': ['time\n1767225600\n1\n', /line 3: its time is too far behind/],
    'ahead.csv': ['time\n1\n1767225600\n', /line 3: its time is more than 366 days after all rows before it/],
    'open-quote.csv': ['time,stream\n1767225600,"a\n', /line 2: a quoted cell does not end on its line/],
    'utf16.csv': [Buffer.from('\uFEFFtime\n1\n', 'utf16le'), /utf16[.]csv: it is UTF-16: save it as UTF-8/],
    'cut.csv.gz': [gzipSync(SMALL).subarray(0, 40), /cut[.]csv[.]gz: it is not a whole gzip file/],
    'one-line.csv': ['x'.repeat(2_000_000), /line 1: a row of more than 1048576 bytes/],
  };

  test.each(Object.keys(refused))('%s is refused with one message that says where', async (name) => {
    const [content, message] = refused[name] ?? ['', /never/];
    const failure: unknown = await readCsvDemand(write(name, content), PLAIN).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SEQ_CONFIG_INVALID', message: expect.stringMatching(message) });
  });

  test('is refused where it is missing, a directory, or lacks a column that was named', async () => {
    await expect(readCsvDemand('/nowhere/at/all.csv', PLAIN)).rejects.toThrow('/nowhere/at/all.csv: there is no such file');
    await expect(readCsvDemand('/', PLAIN)).rejects.toThrow('/: it is a directory, a file is expected');
    const path = write('columns.csv', SMALL);
    await expect(readCsvDemand(path, { ...PLAIN, columns: { count: 'hits' } })).rejects.toThrow(
      /line 1: there is no column hits for count: the columns are time, stream, count/,
    );
  });
});
