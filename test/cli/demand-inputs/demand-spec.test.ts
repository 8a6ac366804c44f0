import { describe, expect, test } from 'vitest';
import { demandSettings } from '../../../cli/demand-inputs/demand-options.ts';
import { DEMAND_HELP, demandSpec } from '../../../cli/demand-inputs/demand-spec.ts';

describe('the words for demand', () => {
  test.each([
    ['a/b.csv.gz', { kind: 'file', path: 'a/b.csv.gz' }],
    ['C:\\data\\b.csv', { kind: 'file', path: 'C:\\data\\b.csv' }],
    ['trace:flash', { kind: 'trace', name: 'flash', factor: 1 }],
    ['trace:nasa*100', { kind: 'trace', name: 'nasa', factor: 100 }],
    ['archive:.seqcast', { kind: 'archive', directory: '.seqcast' }],
    ['topic:seqcast.consumption', { kind: 'topic', topic: 'seqcast.consumption' }],
    ['topic:seqcast.consumption@offset=17', { kind: 'topic', topic: 'seqcast.consumption', offset: 17 }],
    ['topic:t@since=2026-11-01T00:00:00Z', { kind: 'topic', topic: 't', since: '2026-11-01T00:00:00Z' }],
  ])('%s', (text, spec) => expect(demandSpec(text)).toEqual(spec));

  test.each([
    ['', 'demand is named by a file'],
    ['trace:', 'a name is expected after the colon'],
    ['trace:nasa*', 'a whole factor behind a star'],
    ['trace:nasa*1.5', 'a whole factor behind a star'],
    ['trace:nasa*0', 'a whole factor behind a star'],
    ['topic:t@offset=-1', 'behind @ stands offset=NUMBER or since=TIME'],
    ['topic:t@offset=1@since=2', 'behind @ stands offset=NUMBER or since=TIME'],
    ['topic:t@yesterday', 'behind @ stands offset=NUMBER or since=TIME'],
  ])('%j is refused', (text, message) => expect(() => demandSpec(text)).toThrow(message));
});

describe('the help', () => {
  test('names only what is understood, and every kind of it', () => {
    const [named = '', columns = ''] = DEMAND_HELP.split('Columns are found');
    const specs = named.split('\n').flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(specs.map((spec) => demandSpec(spec).kind))).toEqual(new Set(['file', 'topic', 'archive', 'trace']));
    const choices = [...columns.matchAll(/--columns (\S+)/g)].map(([, words]) => demandSettings({ columns: words ?? '' }).columns);
    expect(choices).toEqual([
      { time: 'ts', count: 'hits', stream: 'name' },
      { time: '1', count: '3', id: '2' },
    ]);
  });
});

describe('the options of demand', () => {
  test.each([
    [{ format: 'xml' }, '--format is xml: events, counts, lines, parquet are known'],
    [{ columns: 'time' }, '--columns: "time" is no column'],
    [{ columns: 'tme=x' }, '--columns: "tme=x" is no column'],
    [{ bin: 500 }, '--bin is 500 ms: whole seconds are expected'],
    [{ sortWindow: 4_000_000 }, '--sort-window is longer than an hour'],
    [{ maxStreams: 1 }, '--max-streams is 1: 2 to 100000 are possible'],
    [{ start: 'yesterday' }, '--start: the time "yesterday" cannot be read'],
  ])('%j is refused', (options, message) => expect(() => demandSettings(options)).toThrow(message));

  test('say columns and the start in words', () => {
    const settings = demandSettings({ columns: 'time=ts, count=3', start: '2026-07-01 12:00:00', timeZone: 'Europe/Berlin' });
    expect(settings).toMatchObject({ columns: { time: 'ts', count: '3' }, startMs: Date.UTC(2026, 6, 1, 10), maxStreams: 1_000 });
  });
});
