/** The hourly rollup over a real log and a real archive. */
import { describe, expect, test } from 'vitest';
import type { Archive, ArchiveBatch } from '../../../../pipelines/ports.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { usageRollup } from '../../../../workers/runtime/analytics/usage-rollup.ts';
import { HOUR, HOUR_MS, jobWith, MINUTE_MS, newHistory, PARTITIONS, type UsageHistory } from './usage-history.ts';

const SUMS = 'SELECT minute_ms, sum(issued) AS issued FROM consumption GROUP BY ALL ORDER BY ALL';

/** Two hours of everything, in both partitions; shards in the first. */
async function fullHistory(): Promise<UsageHistory> {
  const history = await newHistory();
  const source = await history.openSequence(HOUR - HOUR_MS + 1);
  for (const atMs of [HOUR - 30 * MINUTE_MS, HOUR + MINUTE_MS, HOUR + 2 * MINUTE_MS]) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const stream = `s/web-${partition}/api`;
      await history.event(atMs, { stream }, partition);
      await history.event(atMs + 1_000, { stream }, partition);
      await history.event(atMs + 1_000, { stream: `other/web-${partition}/api` }, partition);
      await history.forecast(atMs, { stream }, partition);
    }
  }
  await history.allocate(HOUR - 1, source, 1);
  const shard = await history.allocate(HOUR, source, 2);
  await history.allocate(HOUR, source, 2);
  await history.shards(HOUR + 5, { kind: 'ShardReturned', shard, incarnation: 'life-1', slices: [{ start: 12, end: 20 }] });
  return history;
}

/** Everything the archive holds, without order. */
async function contentOf(archive: Archive): Promise<string> {
  const tables = await Promise.all(
    (['consumption', 'shards', 'forecasts'] as const).map((table) => archive.query({ table, limit: 1_000 })),
  );
  return JSON.stringify(tables, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** Each hour of an archive is some files that must be on the disk, which others use as well. */
const TIMEOUT_MS = 30_000;

describe('the usage rollup', { timeout: TIMEOUT_MS }, () => {
  test('writes what every partition said in each hour that is over, and what happened to shards', async () => {
    const history = await fullHistory();
    expect(await history.rollUp()).toEqual({
      hours: 4,
      batches: 14,
      rows: { consumption: 12, shards: 3, forecasts: 6 },
      leftOut: [],
      more: false,
    });
    const { archive } = history;
    const rows = await archive.query({ table: 'consumption', sequence: 's', limit: 10 });
    expect(rows.map(({ minute_ms, stream, events, issued }) => [Number(minute_ms) - HOUR, stream, events, issued])).toEqual([
      [-30 * MINUTE_MS, 's/web-0/api', 2, 20],
      [-30 * MINUTE_MS, 's/web-1/api', 2, 20],
      [MINUTE_MS, 's/web-0/api', 2, 20],
      [MINUTE_MS, 's/web-1/api', 2, 20],
      [2 * MINUTE_MS, 's/web-0/api', 2, 20],
      [2 * MINUTE_MS, 's/web-1/api', 2, 20],
    ]);
    expect(await archive.sql('SELECT event, size, first_value, trigger FROM shards ORDER BY record_offset')).toEqual([
      { event: 'allocated', size: 10, first_value: 1, trigger: 'order' },
      { event: 'allocated', size: 10, first_value: 11, trigger: 'order' },
      { event: 'returned', size: 8, first_value: 11, trigger: null },
    ]);
    expect(await archive.sql('SELECT DISTINCT day FROM consumption')).toEqual([{ day: '2026-11-25' }]);
  });

  test('leaves an hour alone until it is over for some minutes', async () => {
    const history = await newHistory();
    await history.event(HOUR);
    history.nowMs = HOUR + HOUR_MS + 4 * MINUTE_MS;
    expect((await history.rollUp()).hours).toBe(0);
    history.nowMs = HOUR + HOUR_MS + 5 * MINUTE_MS;
    expect((await history.rollUp()).hours).toBe(1);
    expect((await history.rollUp()).hours).toBe(0);
    await history.event(HOUR + HOUR_MS);
    history.nowMs += HOUR_MS;
    expect((await history.rollUp()).hours).toBe(1);
    expect(await history.archive.sql(SUMS)).toHaveLength(2);
  });

  test('that runs again by hand replaces its hour by the same rows', async () => {
    const history = await fullHistory();
    await history.rollUp();
    const before = await contentOf(history.archive);
    expect(await history.rollUp({ hourMs: HOUR })).toMatchObject({ hours: PARTITIONS, batches: 7, more: false });
    expect(await history.rollUp({ hourMs: HOUR - HOUR_MS })).toMatchObject({ hours: PARTITIONS });
    expect(await contentOf(history.archive)).toBe(before);
  });

  test('leaves one copy whichever batch it was killed at', async () => {
    const whole = await fullHistory();
    await whole.rollUp();
    const expected = await contentOf(whole.archive);
    const history = await fullHistory();
    for (let survived = 0; survived < 14; survived += 2) {
      let left = survived;
      const append = (batch: ArchiveBatch): Promise<void> =>
        left-- > 0 ? history.archive.append(batch) : Promise.reject(new Error('killed'));
      await history.rollUp(undefined, { archive: { ...history.archive, append } }).catch(() => undefined);
    }
    await history.rollUp();
    expect(await contentOf(history.archive)).toBe(expected);
  });

  test('makes up for the hours in which nobody ran it, some at a time', async () => {
    const history = await newHistory();
    const hours = 100;
    for (let hour = 0; hour < hours; hour++) await history.event(HOUR + hour * HOUR_MS + 1);
    history.nowMs = HOUR + (hours + 24) * HOUR_MS;
    expect(await history.rollUp()).toMatchObject({ hours: 72, more: true });
    expect(await history.rollUp()).toMatchObject({ hours: 28, more: false });
    expect(await history.archive.sql('SELECT count(*) AS n, sum(issued) AS issued FROM consumption')).toEqual([
      { n: hours, issued: 10 * hours },
    ]);
  });

  test('stops at the next hour when its process is about to end', async () => {
    const history = await newHistory();
    for (let hour = 2; hour >= 0; hour--) await history.event(HOUR - hour * HOUR_MS);
    let asked = 0;
    expect(await history.rollUp(undefined, { isStopping: () => ++asked > 1 })).toMatchObject({ hours: 1, more: true });
  });

  test('counts each event in one hour, also where the stamps of neighbours are out of order', async () => {
    const history = await newHistory();
    for (const second of [-40, -2, 3, -1, 1, -3, 2, 40]) await history.event(HOUR + second * 1_000);
    await history.rollUp();
    expect(await history.archive.sql('SELECT sum(events) AS events FROM consumption')).toEqual([{ events: 8 }]);
    await history.rollUp({ hourMs: HOUR });
    await history.rollUp({ hourMs: HOUR - HOUR_MS });
    expect(await history.archive.sql('SELECT sum(events) AS events FROM consumption')).toEqual([{ events: 8 }]);
  });

  test('knows a copy of an event that the hour before has counted', async () => {
    const history = await newHistory();
    const event = await history.event(HOUR - 500);
    await history.event(HOUR + 500, event);
    await history.event(HOUR + 900);
    await history.rollUp();
    expect(await history.archive.sql('SELECT sum(events) AS events FROM consumption')).toEqual([{ events: 2 }]);
  });

  test('passes over what cannot be read, and stops at a ledger record that it cannot read', async () => {
    const history = await newHistory();
    await history.append(TOPICS.consumption.name, 0, HOUR, new Uint8Array([1, 2, 3]));
    await history.event(HOUR + 1);
    await history.append(TOPICS.forecasts.name, 0, HOUR, new Uint8Array([1, 2, 3]));
    expect(await history.rollUp()).toMatchObject({ rows: { consumption: 1, forecasts: 0 } });
    await history.append(TOPICS.shards.name, 0, HOUR, new Uint8Array([1, 2, 3]));
    await expect(history.rollUp({ hourMs: HOUR })).rejects.toMatchObject({ code: expect.stringMatching(/^SEQ_SCHEMA/) });
  });

  test('keeps the rows of an hour that its topic has begun to forget', async () => {
    const history = await newHistory();
    await history.event(HOUR + 1);
    await history.forecast(HOUR + 2);
    await history.rollUp();
    history.nowMs = HOUR + 7 * 24 * HOUR_MS;
    await history.forecast(HOUR + 3 * MINUTE_MS);
    const result = await history.rollUp({ hourMs: HOUR });
    expect(result).toMatchObject({ rows: { consumption: 1, forecasts: 0 } });
    expect(result.leftOut).toEqual([0, 1].map((partition) => ({ table: 'forecasts', partition, hourMs: HOUR })));
    expect(await history.archive.query({ table: 'forecasts', limit: 5 })).toHaveLength(1);
  });

  test('judges shards from its own snapshots as from the first record, also when the ledger was cut', async () => {
    const [fromZero, cut] = [await fullHistory(), await fullHistory()];
    const { snapshots } = cut.storage;
    for (const history of [fromZero, cut]) {
      const more = history === cut ? { snapshots } : {};
      await history.rollUp(undefined, more);
      if (history === cut) await cut.log.cut(TOPICS.shards.name, 0, await cut.log.endOffset(TOPICS.shards.name, 0));
      await history.allocate(HOUR + HOUR_MS, 256, 3);
      await history.allocate(HOUR + HOUR_MS, 256, 3);
      history.nowMs += HOUR_MS;
      expect(await history.rollUp(undefined, more)).toMatchObject({ rows: { shards: 1 }, leftOut: [] });
    }
    expect(await contentOf(cut.archive)).toBe(await contentOf(fromZero.archive));
    expect(await cut.rollUp({ hourMs: HOUR }, { snapshots })).toMatchObject({ leftOut: [], rows: { shards: 0 } });
    expect(await contentOf(cut.archive)).toBe(await contentOf(fromZero.archive));
  });

  test('leaves shards out where the ledger was cut and no state from before is kept', async () => {
    const history = await fullHistory();
    await history.log.cut(TOPICS.shards.name, 0, 3);
    const result = await history.rollUp();
    expect(result.rows).toEqual({ consumption: 12, shards: 0, forecasts: 6 });
    expect(result.leftOut).toContainEqual({ table: 'shards', partition: 0, hourMs: HOUR });
  });

  test.each([HOUR + 1, HOUR + HOUR_MS, -0.5, 'now', null])('refuses an hour that is none, or not over: %s', async (hourMs) => {
    const history = await newHistory();
    await expect(history.rollUp({ hourMs })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  });

  test('says how far it is', async () => {
    const { log, archive, nowMs } = await fullHistory();
    const shares: number[] = [];
    const handler = usageRollup({ log, archive, partitionCount: PARTITIONS, nowMs: () => nowMs });
    await handler(jobWith({}), (share) => shares.push(share));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.length).toBeGreaterThan(PARTITIONS);
    expect(shares.at(-1)).toBe(1);
  });
});
