import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive } from '../../../adapters/duckdb/archive.ts';
import { openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';
import { openDemand } from '../../../cli/demand-inputs/open-demand.ts';
import { secondsOf } from '../../backtest/sources/written-files.ts';
import { recordMinute, START_MS, STREAMS, TOPIC } from './consumption-log.ts';

const MINUTE_MS = 60_000;
const PARTITIONS = 2;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'inputs-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function sum(seconds: Record<number, number> | undefined, from: number, until: number): number {
  return Object.entries(seconds ?? {}).reduce(
    (total, [second, count]) => total + (Number(second) >= from && Number(second) < until ? count : 0),
    0,
  );
}

async function filledArchive(directory: string): Promise<string> {
  const archive = await openArchive({ dir: directory });
  for (const hour of [0, 1]) {
    for (const sequence of ['orders', 'bills']) {
      const rows = STREAMS.filter((stream) => stream.startsWith(sequence)).flatMap((stream, at) =>
        [0, 30, 60].map((minute) => ({
          minute_ms: START_MS + (hour * 60 + minute) * MINUTE_MS,
          stream,
          demanded: 100 * (at + 1) + minute,
        })),
      );
      await archive.append({ table: 'consumption', sequence, day: '2026-11-01', batch: `hour-0${hour}-partition-0`, rows });
    }
  }
  await archive.close();
  return directory;
}

describe('demand by its words', () => {
  test('from a trace is named as it was asked for', async () => {
    const set = await openDemand('trace:steady*2', { spreadSeed: 5 });
    expect([set.from, set.streams.map(({ name, seconds }) => [name, seconds])]).toEqual(['trace:steady*2', [['steady', 172_800]]]);
    await expect(openDemand('trace:nothing')).rejects.toThrow(
      /no trace is called nothing: there are steady \(two days of 500 values a second\), diurnal \(/,
    );
    await expect(openDemand('trace:taxi', { data: dir })).rejects.toThrow(
      `the data of trace:taxi is not in ${dir}: --data names its directory`,
    );
  });

  test('from a file goes by its ending, or by --format', async () => {
    const rows = 'time,stream\n1793491203,a\n1793491203,b\n';
    writeFileSync(join(dir, 'rows.csv'), rows);
    writeFileSync(join(dir, 'rows.log'), rows);
    writeFileSync(join(dir, 'lines.txt'), '4\n2\n');
    const csv = await openDemand(join(dir, 'rows.csv'));
    expect(await secondsOf(csv)).toEqual({ a: { 3: 1 }, b: { 3: 1 } });
    expect((await openDemand(join(dir, 'rows.log'), { format: 'events' })).sha256).toBe(csv.sha256);
    await expect(openDemand(join(dir, 'rows.log'))).rejects.toThrow('its name does not say what it holds; --format does');
    const lines = await openDemand(join(dir, 'lines.txt'), { start: '2026-11-01', bin: 10_000 });
    expect([lines.streams[0]?.startMs, lines.streams[0]?.seconds, sum((await secondsOf(lines)).lines, 0, 10)]).toEqual([START_MS, 20, 4]);
  });
});

describe('demand from Parquet', () => {
  test('is the demand of the same rows in a CSV, streamed; wrong types and damage are said', async () => {
    const root = await filledArchive(join(dir, 'as-files'));
    const place = join(root, 'consumption', 'sequence=orders', 'day=2026-11-01');
    const file = join(place, readdirSync(place)[0] ?? '');
    const set = await openDemand(file, { columns: 'time=minute_ms,count=demanded,stream=stream', format: 'events' });
    expect(set.repairs).toEqual([]);
    const csv = [
      'time,count,stream',
      ...STREAMS.slice(0, 2).flatMap((stream, at) =>
        [0, 30, 60].map((minute) => [START_MS / 1_000 + minute * 60, 100 * (at + 1) + minute, stream].join(',')),
      ),
    ];
    writeFileSync(join(dir, 'same.csv'), csv.join('\n'));
    expect((await openDemand(join(dir, 'same.csv'), { format: 'events' })).sha256).toBe(set.sha256);
    expect((await secondsOf(set))['orders/web/cart']).toEqual({ 0: 100, 1800: 130, 3600: 160 });

    await expect(openDemand(file, { columns: 'time=minute_ms,count=stream' })).rejects.toThrow(
      `${file}: the column stream is VARCHAR: a number is expected for count`,
    );
    await expect(openDemand(file, { columns: 'time=stream' })).rejects.toThrow(/row 1: the time "orders.web.cart" cannot be read/);
    await expect(openDemand(file, { columns: 'time=when' })).rejects.toThrow(
      /there is no column when for time: the columns are minute_ms, stream/,
    );
    await expect(openDemand(file, { columns: 'time=minute_ms', dropRepeatedLines: true })).rejects.toThrow('--columns id=NAME');
    writeFileSync(join(dir, 'damaged.parquet'), 'PAR1 and nothing more');
    await expect(openDemand(join(dir, 'damaged.parquet'))).rejects.toThrow(/damaged[.]parquet: it is no whole Parquet file/);
    await expect(openDemand(join(dir, 'missing.parquet'))).rejects.toThrow(/missing[.]parquet: there is no such file/);
  });
});

describe('demand from an archive', () => {
  test('is what each stream was asked for minute by minute, over all hours and sequences', async () => {
    await filledArchive(join(dir, 'installation', 'archive'));
    const set = await openDemand(`archive:${join(dir, 'installation')}`);
    expect(set.streams.map(({ name, startMs, seconds }) => [name, startMs, seconds])).toEqual(
      [...STREAMS].sort().map((name) => [name, START_MS, 121 * 60]),
    );
    const web = (await secondsOf(set))['orders/web/cart'];
    // The minute at the turn of the hour has a row in both hours.
    expect([0, 30, 60, 90, 120].map((minute) => sum(web, minute * 60, minute * 60 + 60))).toEqual([100, 130, 260, 130, 160]);
    expect(sum(web, 0, 1e6)).toBe(780);
    expect(Object.keys(web ?? {}).length).toBeGreaterThan(100);
    expect((await openDemand(`archive:${join(dir, 'installation', 'archive')}`)).sha256).toBe(set.sha256);
  });

  test('that is not there or empty is said, and none is made', async () => {
    await expect(openDemand(`archive:${join(dir, 'no-archive')}`)).rejects.toThrow(/there is no such archive/);
    expect(readdirSync(dir)).not.toContain('no-archive');
    mkdirSync(join(dir, 'empty'));
    await expect(openDemand(`archive:${join(dir, 'empty')}`)).rejects.toThrow(/it holds no demand/);
  });
});

describe('demand from the consumption topic', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = join(dir, 'stopped');
    const storage = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: () => undefined });
    await recordMinute(storage.log, PARTITIONS);
    await storage.close();
  });

  test('is what a stopped data directory has recorded, from an offset or a time on', async () => {
    const set = await openDemand(`topic:${TOPIC}`, { dataDir, env: {} });
    expect(set.streams.map(({ name, seconds }) => [name, seconds])).toEqual([...STREAMS].sort().map((name) => [name, 60]));
    const seconds = await secondsOf(set);
    expect(STREAMS.map((stream) => sum(seconds[stream], 0, 60))).toEqual([300, 600, 900]);
    expect(seconds['orders/web/cart']?.[2]).toBe(10);
    const since = await openDemand(`topic:${TOPIC}@since=2026-11-01T00:00:30Z`, { dataDir, env: {} });
    expect([since.streams[0]?.startMs, since.streams[0]?.seconds]).toEqual([START_MS + 30_000, 30]);
    const offset = await openDemand(`topic:${TOPIC}@offset=20`, { dataDir, env: {} });
    const left = Object.values(await secondsOf(offset)).reduce((total, stream) => total + sum(stream, 0, 60), 0);
    expect(left).toBeLessThan(1_800);
    expect(left).toBeGreaterThan(0);
  });

  test('that is another, or has nothing from there on, is refused', async () => {
    await expect(openDemand('topic:seqcast.shards', { dataDir, env: {} })).rejects.toThrow(
      `demand is read from the topic ${TOPIC}, not from`,
    );
    await expect(openDemand(`topic:${TOPIC}@offset=5000`, { dataDir, env: {} })).rejects.toThrow(
      `topic:${TOPIC}@offset=5000: it holds no demand`,
    );
    await expect(openDemand(`topic:${TOPIC}@since=soon`, { dataDir, env: {} })).rejects.toThrow(/since: the time "soon" cannot be read/);
  });
});
