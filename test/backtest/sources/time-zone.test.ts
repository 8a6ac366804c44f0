import { describe, expect, test } from 'vitest';
import { readCsvDemand } from '../../../backtest/sources/csv-demand.ts';
import { TimeZone } from '../../../backtest/sources/time-zone.ts';
import { PLAIN, secondsOf, writtenFiles } from './written-files.ts';

const write = writtenFiles();

describe('times without a zone', () => {
  test('are those of the zone that is named', async () => {
    const path = write('berlin.csv', 'time\n2026-07-01 12:00:00\n2026-07-01 12:00:04\n');
    const set = await readCsvDemand(path, { ...PLAIN, timeZone: 'Europe/Berlin' });
    expect([set.streams[0]?.startMs, set.repairs]).toEqual([Date.UTC(2026, 6, 1, 10), []]);
  });

  test('that a clock skips in spring are moved to after the skip, and counted', async () => {
    const path = write('spring.csv', 'time\n2026-03-29 01:59:59\n2026-03-29 02:30:00\n2026-03-29 03:30:00\n');
    const set = await readCsvDemand(path, { ...PLAIN, timeZone: 'Europe/Berlin' });
    expect(set.repairs).toEqual(['1 times that the clock of Europe/Berlin skips were moved to after the skip']);
    expect(await secondsOf(set)).toEqual({ spring: { 9: 1, 1810: 2 } });
  });

  test('that a clock shows twice in autumn are told apart by the order of rows', async () => {
    const minutes = ['01:50', '02:10', '02:30', '02:50', '02:10', '02:30', '02:50', '03:10'];
    const path = write('autumn.csv', `time\n${minutes.map((each) => `2026-10-25 ${each}:00`).join('\n')}\n`);
    const set = await readCsvDemand(path, { ...PLAIN, timeZone: 'Europe/Berlin' });
    expect(Object.keys((await secondsOf(set)).autumn ?? {}).map(Number)).toEqual(minutes.map((_, at) => at * 1_200));
    expect(set.repairs).toEqual(['6 times that the clock of Europe/Berlin shows twice were told apart by the order of rows']);
  });

  test('of zones whose clocks differ by halves and quarters of an hour are right too', () => {
    const wall = Date.UTC(2026, 0, 15, 12);
    const expected = { 'Asia/Kolkata': 5.5, 'Asia/Kathmandu': 5.75, 'America/New_York': -5, 'Pacific/Auckland': 13 };
    for (const [name, hours] of Object.entries(expected))
      expect(new TimeZone(name).utcOf(wall, Number.NaN), name).toBe(wall - hours * 3_600_000);
  });

  test('cannot be those of a zone that nobody knows', () => {
    expect(() => new TimeZone('Europe/Atlantis')).toThrow('no time zone is called Europe/Atlantis');
  });
});
