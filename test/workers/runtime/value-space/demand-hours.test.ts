/** The hours of demand that a gateway counts off the consumption topic. */
import { describe, expect, it } from 'vitest';
import { demandDays } from '../../../../workers/runtime/value-space/demand-days.ts';
import { DemandHours } from '../../../../workers/runtime/value-space/demand-hours.ts';

const HOUR_MS = 3_600_000;
const CAME_MS = 480_000.5 * HOUR_MS;

describe('the hours that a gateway counted', () => {
  it('begin with the first whole one, end before the newest, and add up the streams of a sequence', async () => {
    const hours = new DemandHours(CAME_MS);
    expect([...hours.streams()]).toEqual([]);
    for (let half = 0; half < 60; half++) {
      const toMs = CAME_MS + half * (HOUR_MS / 2);
      hours.note({ stream: 'orders/web/a', toMs, demanded: 10 });
      hours.note({ stream: 'orders/app/b', toMs, demanded: 2 });
    }
    const days = await demandDays(hours.streams(), CAME_MS + 29.5 * HOUR_MS, async () => undefined);
    // Two halves of an hour with twelve values each; of thirty hours the first was half over, and the last is not.
    expect(days.get('orders')).toMatchObject({ hours: 29, perDay: 24 * 24, days: [24 * 24] });
  });

  it('are forgotten after four weeks', () => {
    const hours = new DemandHours(0);
    for (let hour = 1; hour <= 1_000; hour++) hours.note({ stream: 'orders/web/a', toMs: hour * HOUR_MS, demanded: hour });
    const [counted] = [...hours.streams()];
    const { startMs, demand } = counted?.model.rolledUp(HOUR_MS, 10_000) ?? { startMs: 0, demand: [] };
    expect([startMs / HOUR_MS, demand.length, demand[0]]).toEqual([1_000 - 28 * 24, 28 * 24, 1_000 - 28 * 24]);
  });
});
