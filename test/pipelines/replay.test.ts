/** A replay of recorded consumption: what the present rule would have done, counted by hand where hands can count it. */
import { describe, expect, test } from 'vitest';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyReplay, onRecorded, replayReports } from '../../pipelines/replay.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';

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

function replayed(demands: readonly number[], leadTimeMs: number, countFromSecond = 0) {
  const definition = { targetStallsPpm: 10, rideThroughMs: 0, rideThroughClass: 'expected' as const };
  const state = emptyReplay({
    newModel: () => new StreamForecast(),
    definition,
    leadTimeMs,
    countFromMs: START_MS + countFromSecond * 1_000,
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
