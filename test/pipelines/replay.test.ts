/** A replay of recorded consumption: what the present rule would have done, counted by hand where hands can count it. */
import { describe, expect, test } from 'vitest';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyReplay, onRecorded, onRecordedExpert, type ReplayOptions, replayReports } from '../../pipelines/replay.ts';
import type { ConsumptionEvent, ExpertForecast } from '../../schemas/messages.ts';

const START_MS = 1_000_000;

function event(second: number, demanded: number): ConsumptionEvent {
  const span = {
    fromMs: START_MS + second * 1_000,
    toMs: START_MS + (second + 1) * 1_000,
    demanded,
    peakPerSecond: demanded,
    requests: demanded,
  };
  const pool = { pool: 'pool-0', incarnation: 'life', sequenceNumber: second + 1, issued: demanded, returned: 0, stalls: 0, cursors: [] };
  return {
    kind: 'ConsumptionEvent',
    stream: 's/a/b',
    ...span,
    ...pool,
    stock: 0,
    waiting: 0,
    seenOffset: 0,
    leadTimeMs: 0,
    largestRequest: 1,
  };
}

function replayed(demands: readonly number[], leadTimeMs: number, countFromSecond = 0, more: Partial<ReplayOptions> = {}) {
  const definition = { targetStallsPpm: 10, rideThroughMs: 0, rideThroughClass: 'expected' as const };
  const state = emptyReplay({
    newModel: () => new StreamForecast(),
    definition,
    leadTimeMs,
    countFromMs: START_MS + countFromSecond * 1_000,
    ...more,
  });
  for (const [second, demanded] of demands.entries()) onRecorded(state, event(second, demanded));
  return { state, report: replayReports(state)[0] };
}

describe('a replay', () => {
  test('counts as stalled what was asked for before the first order could arrive, and nothing of steady demand after it', () => {
    const steady = Array.from({ length: 600 }, () => 10);
    const cold = replayed(steady, 500).report;
    // At 10 values a second and half a second of lead time, the first five values wait; a sixth may meet the arrival.
    expect((cold?.stalledPpm ?? 0) * 6_000).toBeGreaterThanOrEqual(5 * 1e6);
    expect((cold?.stalledPpm ?? 0) * 6_000).toBeLessThanOrEqual(7 * 1e6);
    expect(replayed(steady, 500, 60).report?.stalledPpm).toBe(0);
  });

  test('measures only from the given time on', () => {
    const { report } = replayed(
      Array.from({ length: 100 }, () => 7),
      10,
      50,
    );
    expect(report?.demanded).toBe(50 * 7);
  });

  test('gives the same report for the same events', () => {
    const demands = Array.from({ length: 300 }, (_, i) => (i * 37) % 50);
    expect(replayed(demands, 200).report).toEqual(replayed(demands, 200).report);
  });

  test('holds more idle stock for a longer lead time', () => {
    const demands = Array.from({ length: 1_200 }, (_, i) => 50 + ((i * 13) % 40));
    const short = replayed(demands, 10, 300).report?.meanIdle ?? 0;
    const long = replayed(demands, 60_000, 300).report?.meanIdle ?? 0;
    expect(long).toBeGreaterThan(short * 1.2);
  });
});

describe('the lead times of a replay', () => {
  const steady = Array.from({ length: 600 }, () => 10);

  test('are learnt of once an order has taken them, and not before', () => {
    const known = (seconds: number) => replayed(steady.slice(0, seconds), 1, 0, { usableAtMs: (atMs) => atMs + 5_000 }).state;
    const leadTimesAfter = (seconds: number) => known(seconds).forecasts.streams.get('s/a/b')?.leadTimes;
    expect(leadTimesAfter(5)).toEqual([]);
    expect(leadTimesAfter(6)).toEqual([5_000]);
  });

  test('may be an outage: what is on its way then comes after it, and callers wait meanwhile', () => {
    const outage = { fromMs: START_MS + 300_000, untilMs: START_MS + 420_000 };
    const usableAtMs = (atMs: number): number => (atMs < outage.untilMs && atMs + 500 >= outage.fromMs ? outage.untilMs + 500 : atMs + 500);
    const calm = replayed(steady, 500, 60).report;
    const stormy = replayed(steady, 500, 60, { usableAtMs }).report;
    expect(calm?.stalledPpm).toBe(0);
    // Two minutes without supply, less what was in stock; all that waits is counted once.
    const waited = ((stormy?.stalledPpm ?? 0) * (stormy?.demanded ?? 0)) / 1e6;
    expect(waited).toBeGreaterThan(300);
    expect(waited).toBeLessThanOrEqual(120 * 10 + 20);
  });

  test('may let orders overtake each other, and lose none of them', () => {
    let order = 0;
    const { state } = replayed(steady, 500, 0, { usableAtMs: (atMs) => atMs + (++order % 2 === 0 ? 200 : 3_000) });
    const stream = state.streams.get('s/a/b');
    const due = stream?.due ?? [];
    expect(due.map(({ atMs }) => atMs)).toEqual(due.map(({ atMs }) => atMs).sort((a, b) => a - b));
    expect(stream?.waiting).toBe(0);
  });
});

describe('a fitted model in a replay', () => {
  const said = (originMs: number): ExpertForecast => ({
    kind: 'ExpertForecast',
    stream: 's/a/b',
    family: 'lstm',
    model: 'lstm@1',
    originMs,
    freshMs: 600_000,
    leadsMs: [1_000, 60_000],
    levels: [0.5, 0.99],
    quantiles: [10, 15, 600, 700],
  });
  const lived = (trainedUntilMs: number | undefined) =>
    replayed(new Array(120).fill(10), 500, 0, { trainedUntilMs: () => trainedUntilMs }).state;

  test('is heard where it was trained before what it forecasts', () => {
    expect(onRecordedExpert(lived(START_MS), said(START_MS + 60_000))).toBeUndefined();
  });

  test('is not heard where it was trained on what it forecasts, and counted', () => {
    const state = lived(START_MS + 90_000);
    expect(onRecordedExpert(state, said(START_MS + 60_000))).toBe('trained-later');
    expect([...state.refused]).toEqual([['trained-later', 1]]);
  });

  test('is not heard where it was made from demand that is still to come', () => {
    expect(onRecordedExpert(lived(undefined), said(START_MS + 121_000))).toBe('origin-ahead');
  });
});
