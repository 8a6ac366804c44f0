/** The commands that ask the archive, and what an audit says while it runs. */
import { describe, expect, test, vi } from 'vitest';
import { run, withServer } from './commands.ts';

describe('seqcast usage, burns and forecast-error', () => {
  test('ask about a span in the words of their options, and say what is there', async () => {
    const { service, seqcast } = await withServer();
    const row = { key: 'web', demanded: 60, issued: 55, returned: 0, requests: 12, stalls: 2, peakPerSecond: 40.5, streams: 2 };
    const page = { fromMs: 0, toMs: 60_000, note: 'the rest is missing', rows: [row], next: 1 };
    vi.spyOn(service, 'archive').mockReturnValueOnce({ ...service.archive(), usage: async () => page });
    const { out } = await seqcast('usage', 'orders', '--limit', '1');
    expect(out).toBe(
      'from 1970-01-01T00:00:00.000Z to 1970-01-01T00:01:00.000Z\n' +
        'client-type  demanded  issued  requests  stalls  peak/s  streams\n' +
        'web                60      55        12       2   40.50        2\n' +
        'note: the rest is missing\nmore: --offset 1\n',
    );
    await seqcast('burns', 'orders', '--from', '2026-11-25', '--to', '2026-11-25T10:00Z');
    const nowMs = Date.now();
    await seqcast('forecast-error', '--from', '2h', '--json');
    expect(service.asked).toMatchObject([
      { what: 'burns', span: { sequence: 'orders', fromMs: Date.UTC(2026, 10, 25), toMs: Date.UTC(2026, 10, 25, 10) } },
      { what: 'forecastErrors', span: { limit: 100, offset: 0 } },
    ]);
    const { fromMs } = (service.asked[1] as { span: { fromMs: number } }).span;
    expect(Math.abs(fromMs - (nowMs - 7_200_000))).toBeLessThan(60_000);
  });

  test.each([
    ['usage', '--by', 'colour'],
    ['burns', '--from', 'yesterday'],
    ['forecast-error', '--limit', 'all'],
  ])('refuse %s %s %s', async (...args) => {
    expect((await run(args, { SEQCAST_URL: 'http://127.0.0.1:1' })).code).toBe(2);
  });
});
