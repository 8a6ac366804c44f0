/** Questions about what was, over a real archive that the rollup filled from a real log. */
import { describe, expect, test } from 'vitest';
import { ArchiveQuestions } from '../../../../workers/runtime/analytics/archive-questions.ts';
import { HOUR, HOUR_MS, MINUTE_MS, newHistory, PARTITIONS, type UsageHistory } from './usage-history.ts';

const PAGE = { fromMs: HOUR - HOUR_MS, toMs: HOUR + 2 * HOUR_MS, limit: 10, offset: 0 };

function questions({ log, archive }: UsageHistory, nowMs: () => number, missing = false): ArchiveQuestions {
  return new ArchiveQuestions({
    archive: async () => (missing ? undefined : archive),
    missing: 'open one',
    log,
    partitionCount: PARTITIONS,
    nowMs,
  });
}

describe('the archive is asked', () => {
  test('for usage by client type, service, hour, stream and sequence, a page at a time, and says what is not rolled up yet', async () => {
    const history = await newHistory();
    const asked = questions(history, () => history.nowMs);
    expect(await asked.usage(PAGE, 'stream')).toMatchObject({ rows: [], note: expect.stringContaining('no hour was rolled up yet') });
    await history.event(HOUR + MINUTE_MS);
    await history.event(HOUR + 2 * MINUTE_MS, { stream: 's/web/pay', demanded: 50, stalls: 2, requests: 4, peakPerSecond: 40 });
    await history.event(HOUR + 3 * MINUTE_MS, { stream: 't/batch/api', demanded: 5 }, 1);
    await history.rollUp();
    await history.event(HOUR + HOUR_MS + MINUTE_MS);
    const by = await asked.usage(PAGE, 'client-type');
    expect(by.rows.map(({ key, demanded, stalls, streams }) => [key, demanded, stalls, streams])).toEqual([
      ['web', 60, 2, 2],
      ['batch', 5, 0, 1],
    ]);
    expect(by).toMatchObject({
      rolledUpToMs: HOUR + HOUR_MS,
      note: expect.stringContaining('not rolled up yet: what was after 2026-11-25T15:00:00'),
    });
    expect((await asked.usage(PAGE, 'service')).rows.map(({ key, demanded }) => [key, demanded])).toEqual([
      ['pay', 50],
      ['api', 15],
    ]);
    expect((await asked.usage({ ...PAGE, sequence: 's' }, 'hour')).rows).toMatchObject([{ key: '2026-11-25T14:00:00.000Z', demanded: 60 }]);
    expect((await asked.usage(PAGE, 'sequence')).rows.map(({ key }) => key)).toEqual(['s', 't']);
    const first = await asked.usage({ ...PAGE, limit: 2 }, 'stream');
    expect(first).toMatchObject({ rows: [{ key: 's/web/pay', peakPerSecond: 40 }, { key: 's/web/api' }], next: 2 });
    expect(await asked.usage({ ...PAGE, limit: 2, offset: 2 }, 'stream')).not.toHaveProperty('next');
    // A minute is in the span by its own time, to the millisecond.
    expect((await asked.usage({ ...PAGE, fromMs: HOUR + 2 * MINUTE_MS, toMs: HOUR + 3 * MINUTE_MS }, 'stream')).rows).toHaveLength(1);
  });

  test('for what pools lost, largest first', async () => {
    const history = await newHistory();
    const source = await history.openSequence(HOUR);
    const first = await history.allocate(HOUR + 1, source, 1);
    await history.allocate(HOUR + 2, source, 2);
    await history.allocate(HOUR + 3, source, 3);
    await history.shards(HOUR + 4, { kind: 'ShardBurned', shard: first, incarnation: 'life-1', from: 6 });
    await history.shards(HOUR + 5, { kind: 'PoolLost', pool: 'pool', incarnation: 'life-1', atMs: HOUR + 5 });
    await history.rollUp();
    const { rows } = await questions(history, () => history.nowMs).burns(PAGE);
    const of = { sequence: 's', pool: 'pool', incarnation: 'life-1' };
    expect(rows).toMatchObject([
      { ...of, how: 'lost', values: 20, shards: 2, lastAtMs: HOUR + 5, why: expect.stringContaining('ended') },
      { ...of, how: 'burnt', values: 4, shards: 1, firstAtMs: HOUR + 4 },
    ]);
  });

  test('how far forecasts were from what was asked for after them', async () => {
    const history = await newHistory();
    const horizon = { horizonMs: 2 * MINUTE_MS, median: 30, upper: 45, cap: 0, insured: 0 };
    // Minutes 1 to 4: 10, 20, 30, none. One forecast at the end of minute 1 (60 a minute), one of minute 2 (12 a minute).
    for (const [minute, demanded] of [
      [1, 10],
      [2, 20],
      [3, 30],
    ] as const)
      await history.event(HOUR + minute * MINUTE_MS + 59_000, { demanded });
    await history.forecast(HOUR + MINUTE_MS + 59_500, { rate: 1, horizons: [horizon] });
    await history.forecast(HOUR + 2 * MINUTE_MS + 59_500, { rate: 0.2, horizons: [horizon] });
    // Its next minute is not over when the rollup ends.
    await history.forecast(HOUR + 59 * MINUTE_MS + 30_000, { rate: 100, horizons: [] });
    await history.rollUp();
    const { rows } = await questions(history, () => history.nowMs).forecastErrors(PAGE);
    expect(rows).toEqual([
      {
        stream: 's/web/api',
        forecasts: 2,
        demandPerMinute: 25,
        meanAbsoluteError: (40 + 18) / 2,
        bias: (40 - 18) / 2,
        horizonForecasts: 2,
        horizonMinutes: 2,
        horizonDemand: (50 + 30) / 2,
        horizonMeanAbsoluteError: 10,
        horizonBias: -10,
        medianPinballLoss: 5,
        upperCoverage: 0.5,
      },
    ]);
  });

  test.each([
    [{ fromMs: 5, toMs: 5 }, 'toMs 5 is not after fromMs 5'],
    [{ limit: 0 }, 'limit is 0'],
    [{ limit: 1_001 }, 'limit is 1001'],
    [{ offset: -1 }, 'offset is -1'],
    [{ sequence: "s' OR 1" }, 'not the name of a sequence'],
    [{ fromMs: HOUR - 500 * 24 * HOUR_MS, toMs: HOUR }, 'one answer is about 401 days at most'],
  ])('not about %j', async (more, problem) => {
    const history = await newHistory();
    const ask = async () => await questions(history, () => history.nowMs).usage({ ...PAGE, ...more }, 'hour');
    await expect(ask()).rejects.toThrow(problem);
  });

  test('in vain where there is none, and that is said with what to do', async () => {
    const history = await newHistory();
    const refused = questions(history, () => history.nowMs, true).burns(PAGE);
    await expect(refused).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED', message: expect.stringContaining('open one') });
  });
});
