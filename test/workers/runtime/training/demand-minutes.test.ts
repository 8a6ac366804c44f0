/** What streams asked for, minute by minute, with what nobody saw told from what was zero. */
import { describe, expect, it } from 'vitest';
import { DemandMinutes } from '../../../../workers/runtime/training/demand-minutes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function minutes(hours = 3, limits: { hoursMax?: number; pointsMax?: number } = {}): DemandMinutes {
  return new DemandMinutes({ fromMs: 10 * HOUR, untilMs: (10 + hours) * HOUR, ...limits });
}

function span(stream: string, fromMinute: number, toMinute: number, demanded: number) {
  return { stream, fromMs: 10 * HOUR + fromMinute * MINUTE, toMs: 10 * HOUR + toMinute * MINUTE, demanded };
}

describe('minutes of demand', () => {
  it('hold each span in the minutes it lies in, spread evenly', () => {
    const held = minutes();
    held.add(span('s/web/a', 0, 0.5, 4));
    held.add(span('s/web/a', 0.5, 3.5, 6));
    const [history] = held.histories();
    expect(history).toMatchObject({ key: 's/web/a', clientType: 'web', service: 'a', binMs: MINUTE, startMs: 10 * HOUR });
    expect([...(history?.demand ?? [])]).toEqual([5, 2, 2, 1]);
  });

  it('tell an outage from a quiet minute by whether any pool reported', () => {
    const held = minutes();
    held.add(span('s/web/a', 0, 1, 1));
    held.add(span('s/web/b', 1, 2, 1));
    held.add(span('s/web/a', 4, 5, 1));
    const [a] = held.histories();
    expect([...(a?.demand ?? [])]).toEqual([1, 0, 0, 0, 1]);
    expect([...(a?.outages ?? [])]).toEqual([0, 0, 1, 1, 0]);
  });

  it('begin with the first report of a stream, and end with the last of any', () => {
    const held = minutes();
    held.add(span('s/web/a', 0, 10, 100));
    held.add(span('s/web/b', 8, 9, 1));
    const b = held.histories()[1];
    expect([b?.key, b?.startMs, b?.demand.length]).toEqual(['s/web/b', 10 * HOUR + 8 * MINUTE, 2]);
  });

  it('leave out what lies before and behind the window, and keep the part of a span that lies in it', () => {
    const held = minutes(1);
    held.add(span('s/web/a', -10, -5, 7));
    held.add(span('s/web/a', -1, 1, 4));
    held.add(span('s/web/a', 59, 61, 8));
    held.add(span('s/web/a', 60, 70, 9));
    const [history] = held.histories();
    expect(history?.demand.length).toBe(60);
    expect([history?.demand[0], history?.demand[59]]).toEqual([2, 4]);
  });

  it('spread what was cut off for long over its end', () => {
    const held = minutes(24);
    held.add(span('s/web/a', 0, 24 * 60, 360));
    const [history] = held.histories();
    expect(history?.demand.length).toBe(6 * 60);
    expect(history?.demand[0]).toBeCloseTo(1, 5);
  });

  it('hold nothing of streams that nobody asked, and no history where there is none', () => {
    const held = minutes();
    held.add(span('s/web/a', 0, 5, 0));
    held.add({ ...span('s/web/b', 0, 5, Number.NaN) });
    expect(held.histories()).toEqual([]);
  });

  it('hand on those that ask most where all would be too many points', () => {
    const held = minutes(2, { pointsMax: 130 });
    for (const [stream, demanded] of [
      ['s/web/little', 1],
      ['s/web/most', 100],
      ['s/web/more', 10],
    ] as const)
      held.add(span(stream, 0, 60, demanded));
    expect(held.histories().map(({ key }) => key)).toEqual(['s/web/most', 's/web/more']);
    expect(held.leftOut).toBe(1);
  });

  it('stay within their memory with many streams', () => {
    const held = minutes(24, { hoursMax: 100 });
    for (let stream = 0; stream < 500; stream++) held.add(span(`s/web/${stream}`, stream, stream + 1, stream + 1));
    const histories = held.histories();
    expect(histories.length).toBeLessThanOrEqual(100);
    expect(histories[0]?.key).toBe('s/web/499');
    expect(held.leftOut).toBe(500 - histories.length);
  });
});
