/**
 * The allocation rule on real demand: NASA's web server, July 1995, per second. Warmed up on the first 60 % and measured on the
 * rest, as in docs/how-it-works/sizing.md. The data is not shipped; without it these tests are skipped, by name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyReplay, onRecorded, type ReplayReport, replayReports } from '../../pipelines/replay.ts';

const FILE = '../shared/data/nasa/http_requests_per_second_1995-07.txt.gz';
const START_MS = Date.UTC(1995, 6, 1);
const WARM_UP = 0.6;

function replayed(factor: number, leadTimeMs: number, rideThroughMs: number, rideThroughClass: 'expected' | 'insured'): ReplayReport {
  const seconds = gunzipSync(readFileSync(FILE)).toString('utf8').trim().split('\n').map(Number);
  const countFromMs = START_MS + Math.floor(seconds.length * WARM_UP) * 1_000;
  const definition = { targetStallsPpm: 10, rideThroughMs, rideThroughClass };
  const state = emptyReplay({ newModel: () => new StreamForecast(), definition, leadTimeMs, countFromMs });
  let sequenceNumber = 0;
  for (const [second, count] of seconds.entries()) {
    // A pool says nothing in a second without demand; once a minute it is heard anyway, so that stock is reviewed.
    if (count === 0 && second % 60 !== 0) continue;
    sequenceNumber++;
    const demanded = count * factor;
    const span = {
      fromMs: START_MS + second * 1_000,
      toMs: START_MS + (second + 1) * 1_000,
      demanded,
      peakPerSecond: demanded,
      requests: demanded,
    };
    const pool = { pool: 'pool-0', incarnation: 'life', sequenceNumber, issued: demanded, returned: 0, stalls: 0, cursors: [] };
    onRecorded(state, {
      kind: 'ConsumptionEvent',
      stream: 'nasa/web/all',
      ...span,
      ...pool,
      stock: 0,
      waiting: 0,
      seenOffset: 0,
      largestRequest: 1,
      leadTimeMs,
    });
  }
  return replayReports(state)[0] as ReplayReport;
}

describe.skipIf(!existsSync(FILE))('the allocation rule on a month of NASA requests', () => {
  test('at a lead time of half a second holds about 55 values idle at 52 allocations an hour, without a stall', () => {
    const report = replayed(1, 500, 0, 'expected');
    expect(report.stalledPpm).toBe(0);
    expect(report.meanIdle).toBeLessThan(60);
    expect(report.allocationsPerHour).toBeLessThan(60);
  });

  test('at a hundred times the demand holds about 3,300 values idle and stalls a few in a million at most', () => {
    const report = replayed(100, 500, 0, 'expected');
    expect(report.stalledPpm).toBeLessThan(10);
    expect(report.meanIdle).toBeLessThan(3_600);
    expect(report.allocationsPerHour).toBeLessThan(60);
  });

  test('with a ride-through of 15 minutes holds more when insured than when only the expected is covered', () => {
    const expected = replayed(1, 500, 900_000, 'expected');
    const insured = replayed(1, 500, 900_000, 'insured');
    expect(expected.stalledPpm + insured.stalledPpm).toBe(0);
    expect(insured.meanIdle).toBeGreaterThan(expected.meanIdle);
    expect(insured.meanIdle).toBeLessThan(2_700);
  });
});
