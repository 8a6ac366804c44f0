/** Profiles and announced bursts of a running process: set, listed, ended, kept over a restart, and in what is forecast. */
import { describe, expect, test } from 'vitest';
import { ANNOUNCEMENTS_PER_STREAM_MAX, DECLARED_RATE_MAX } from '../../../core/limits.ts';
import type { Seqcast } from '../../../workers/runtime/service/seqcast.ts';
import { opened, valuesOf } from './scratch-directory.ts';

const HOUR = 3_600_000;
/** Forecasts follow reports, which come once a second; a busy machine is late with both. */
const PATIENT_MS = 60_000;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function upperOf(seqcast: Seqcast, stream: string): number {
  return seqcast.status().streams.find((each) => each.stream === stream)?.forecastUpper ?? 0;
}

describe('a profile', () => {
  test('gives the first forecast of a stream that was never seen', { timeout: PATIENT_MS }, async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await seqcast.setProfile({ clientType: 'web' }, { pattern: 'steady', rate: 40_000 });
    await valuesOf(seqcast, 'orders', 1, { clientType: 'web' });
    await valuesOf(seqcast, 'orders', 1, { clientType: 'job' });
    await until(() => upperOf(seqcast, 'orders/web/default') > 40_000);
    expect(upperOf(seqcast, 'orders/job/default')).toBeLessThan(100);
    // It is sized for what comes, not for the one value that came.
    await until(() => seqcast.status().streams.some(({ stream, stock }) => stream === 'orders/web/default' && stock > 100));
  });

  test('reaches streams that live already, and leaves them when it is removed', { timeout: PATIENT_MS }, async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    const ask = async (holds: (upper: number) => boolean): Promise<void> => {
      while (!holds(upperOf(seqcast, 'orders/web/default'))) {
        await valuesOf(seqcast, 'orders', 1, { clientType: 'web' });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await ask((upper) => upper > 0 && upper < 1_000);
    await seqcast.setProfile({ clientType: 'web', sequence: 'orders' }, { pattern: 'steady', rate: 40_000 });
    await ask((upper) => upper > 40_000);
    await seqcast.removeProfile({ clientType: 'web', sequence: 'orders' });
    await ask((upper) => upper < 1_000);
  });

  test('is as its pattern usually is where nothing else is said, and is kept over a restart', async () => {
    const first = await opened();
    const { dataDir } = first.status();
    const office = await first.setProfile({ clientType: 'web', service: 'api' }, { pattern: 'office-hours', rate: 10 });
    expect(office).toMatchObject({ days: [1, 2, 3, 4, 5], fromMinute: 480, untilMinute: 1_080, utcOffsetMinutes: 0, restShare: 0 });
    await first.setProfile({ clientType: 'a' }, { pattern: 'steady', rate: 1 });
    await first.setProfile({ clientType: 'a' }, { pattern: 'steady', rate: 2 });
    await first.setProfile({ clientType: 'b' }, { pattern: 'hourly-batch', rate: 1 });
    await first.removeProfile({ clientType: 'b' });
    const listed = first.profiles();
    expect(listed.map(({ clientType, rate }) => [clientType, rate])).toEqual([
      ['a', 2],
      ['web', 10],
    ]);
    await first.close();
    const second = await opened({ dataDir });
    expect(second.profiles()).toEqual(listed);
    expect(second.profile({ clientType: 'web', service: 'api' })).toEqual(office);
    expect(() => second.profile({ clientType: 'web' })).toThrow('there is no profile of client type web');
    await expect(second.removeProfile({ clientType: 'b' })).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_PROFILE' });
  });

  test.each([
    [{ clientType: 'a/b' }, { pattern: 'steady', rate: 1 }, 'SEQ_INVALID_NAME'],
    [{ clientType: 'a' }, { pattern: 'steady', rate: 0 }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'steady', rate: DECLARED_RATE_MAX + 1 }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'office-hours', rate: 1, fromMinute: 1_440 }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'office-hours', rate: 1, untilMinute: 480 }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'office-hours', rate: 1, days: [0] }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'hourly-batch', rate: 1, untilMinute: 61 }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'end-of-month', rate: 1, days: [32] }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'a' }, { pattern: 'steady', rate: 1, utcOffsetMinutes: 0.5 }, 'SEQ_INVALID_REQUEST'],
  ] as const)('is refused for %j as %j', async (name, attributes, code) => {
    const seqcast = await opened();
    await expect(seqcast.setProfile(name, attributes)).rejects.toMatchObject({ code });
    expect(seqcast.profiles()).toEqual([]);
  });
});

describe('an announced burst', () => {
  const burst = (nowMs: number, inMs: number) => ({
    sequence: 'orders',
    clientType: 'web',
    rate: 9,
    fromMs: nowMs + inMs,
    untilMs: nowMs + inMs + HOUR,
  });

  test('is listed until it is over or ended, over a restart too', async () => {
    const first = await opened();
    await first.create('orders', {});
    const { dataDir, nowMs } = first.status();
    await first.announce(burst(nowMs, 2 * HOUR));
    await first.announce(burst(nowMs, 0));
    await first.announce({ ...burst(nowMs, 2 * HOUR), rate: 70 });
    await first.announce({ ...burst(nowMs, -2 * HOUR) });
    const listed = first.announcements();
    expect(listed.map(({ stream, rate, state }) => [stream, rate, state])).toEqual([
      ['orders/web/default', 9, 'on'],
      ['orders/web/default', 70, 'planned'],
    ]);
    await first.close();
    const second = await opened({ dataDir });
    expect(second.announcements()).toEqual(listed);
    await second.endAnnouncement('orders/web/default', nowMs);
    expect(second.announcements().map(({ rate }) => rate)).toEqual([70]);
    await expect(second.endAnnouncement('orders/web/default', nowMs)).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_ANNOUNCEMENT' });
  });

  test('raises what is forecast, and no longer when it was ended', { timeout: PATIENT_MS }, async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    const { nowMs } = seqcast.status();
    await seqcast.announce({ ...burst(nowMs, 0), rate: 40_000 });
    await valuesOf(seqcast, 'orders', 1, { clientType: 'web' });
    await until(() => upperOf(seqcast, 'orders/web/default') >= 40_000);
    await seqcast.endAnnouncement('orders/web/default', nowMs);
    while (upperOf(seqcast, 'orders/web/default') > 1_000) {
      await valuesOf(seqcast, 'orders', 1, { clientType: 'web' });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  test('is refused where it is too much, too long, too far ahead, or one too many', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    const { nowMs } = seqcast.status();
    const right = burst(nowMs, HOUR);
    const refused = { code: 'SEQ_INVALID_REQUEST' };
    await expect(seqcast.announce({ ...right, rate: DECLARED_RATE_MAX + 1 })).rejects.toMatchObject(refused);
    await expect(seqcast.announce({ ...right, untilMs: right.fromMs + 8 * 24 * HOUR })).rejects.toMatchObject(refused);
    await expect(seqcast.announce(burst(nowMs, 29 * 24 * HOUR))).rejects.toMatchObject(refused);
    await expect(seqcast.announce({ ...right, sequence: 'bills' })).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE' });
    for (let i = 0; i < ANNOUNCEMENTS_PER_STREAM_MAX; i++) await seqcast.announce(burst(nowMs, HOUR + i));
    await expect(seqcast.announce(burst(nowMs, 5 * HOUR))).rejects.toMatchObject({ code: 'SEQ_TOO_MANY_ANNOUNCEMENTS' });
    await seqcast.announce({ ...right, rate: 10 });
  });
});
