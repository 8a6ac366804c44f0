/**
 * A closed loop: what a new stream stalls and holds in its first hours with the forecast stage and the sizing rule that run live, with
 * and without somebody who knows what comes.
 */
import { describe, expect, it } from 'vitest';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { onProfileSet } from '../../pipelines/expectations.ts';
import { onConsumption } from '../../pipelines/forecast.ts';
import { emptyReplay, onRecorded, type ReplayReport, replayReports } from '../../pipelines/replay.ts';
import type { ConsumptionEvent, ProfileSet } from '../../schemas/messages.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Monday, 2 January 2023, 00:00 UTC. */
const MONDAY = Date.UTC(2023, 0, 2);
const LEAD_TIME_MS = 5_000;
const IDLE_REPORT_MS = 300_000;

type Demand = (atMs: number) => number;
/** 200 a second in the first two minutes of every hour, and a stray value every few minutes. */
const BATCH: Demand = (atMs) => (atMs % HOUR < 2 * MINUTE ? 200 : atMs % (7 * MINUTE) === 0 ? 1 : 0);
/** 1 a second, and 100 from eight o'clock on. */
const OFFICE: Demand = (atMs) => (atMs % DAY >= 8 * HOUR ? 100 : 1);

/** As a pool reports them: once a second while there is demand, and every five minutes in silence. */
function* events(stream: string, fromMs: number, untilMs: number, demand: Demand): Generator<ConsumptionEvent> {
  let last = fromMs;
  let sequenceNumber = 0;
  for (let atMs = fromMs; atMs < untilMs; atMs += 1_000) {
    const demanded = demand(atMs);
    const toMs = atMs + 1_000;
    if (demanded === 0 && toMs - last < IDLE_REPORT_MS) continue;
    const pool = { pool: 'p', incarnation: 'life', requests: demanded, issued: demanded, returned: 0, stalls: 0, cursors: [] };
    const rest = { stock: 0, waiting: 0, seenOffset: 0, leadTimeMs: 0, largestRequest: 1 };
    sequenceNumber++;
    yield { kind: 'ConsumptionEvent', stream, ...pool, sequenceNumber, fromMs: last, toMs, demanded, peakPerSecond: demanded, ...rest };
    last = toMs;
  }
}

interface Known {
  readonly profile?: Partial<ProfileSet>;
  /** Rates of other streams of the kind, as multiples of the new one's. */
  readonly others?: readonly number[];
}

function lived(demand: Demand, fromMs: number, untilMs: number, { profile, others = [] }: Known): ReplayReport {
  const definition = { targetStallsPpm: 10, rideThroughMs: 0, rideThroughClass: 'insured' as const };
  const state = emptyReplay({ newModel: () => new StreamForecast(), definition, leadTimeMs: LEAD_TIME_MS, countFromMs: 0 });
  if (profile !== undefined) {
    const of = { clientType: 'job', service: '', sequence: '', restShare: 0, days: [], utcOffsetMinutes: 0, atMs: 0 };
    const steady = { pattern: 'steady' as const, rate: 1, fromMinute: 0, untilMinute: 0 };
    onProfileSet(state.forecasts.expectations, { kind: 'ProfileSet', ...of, ...steady, ...profile });
  }
  for (const [i, factor] of others.entries()) {
    const scaled: Demand = (atMs) => Math.round(factor * demand(atMs));
    const before = events(`other-${i}/job/mail`, fromMs - DAY - HOUR, untilMs - DAY + HOUR, scaled);
    for (const event of before) onConsumption(state.forecasts, event);
  }
  for (const event of events('new/job/mail', fromMs, untilMs, demand)) onRecorded(state, event);
  return replayReports(state)[0] as ReplayReport;
}

describe('a new stream of an hourly batch', () => {
  const live = (known: Known) => lived(BATCH, MONDAY + 6.5 * HOUR, MONDAY + 10.2 * HOUR, known);
  const unknown = live({});

  it('stalls at its first batches while nobody knows of them', () => {
    expect(unknown.stalledPpm).toBeGreaterThan(15_000);
  });

  it('does not with a profile, and holds hardly more', () => {
    const told = live({ profile: { pattern: 'hourly-batch', rate: 200, untilMinute: 2 } });
    expect(told.stalledPpm).toBeLessThan(200);
    expect(told.meanIdle).toBeLessThan(1.15 * unknown.meanIdle);
  });

  it('does not where others of its kind have shown what comes, though they differ in size', () => {
    const shown = live({ others: [0.5, 1, 2] });
    expect(shown.stalledPpm).toBeLessThan(200);
    expect(shown.meanIdle).toBeLessThan(1.3 * unknown.meanIdle);
  });

  it('holds at most what a profile that is ten times too large says', () => {
    const wrong = live({ profile: { pattern: 'hourly-batch', rate: 2_000, untilMinute: 2 } });
    expect(wrong.stalledPpm).toBeLessThan(200);
    // A quarter above the profile's own rate for the lead time, and an order of a minute.
    expect(wrong.maxIdle).toBeLessThan(2_000 * (1.5 * (LEAD_TIME_MS / 1_000) + 60));
  });
});

describe('a new stream of office hours', () => {
  const live = (known: Known) => lived(OFFICE, MONDAY + 7.5 * HOUR, MONDAY + 12 * HOUR, known);
  const unknown = live({});

  it('opens without stalls where a profile says when, and holds less over the morning', () => {
    const profile = { pattern: 'office-hours', rate: 100, restShare: 0.01, fromMinute: 480, untilMinute: 1_080 } as const;
    const told = live({ profile });
    expect(unknown.stalledPpm).toBeGreaterThan(400);
    expect(told.stalledPpm).toBeLessThan(20);
    expect(told.meanIdle).toBeLessThan(unknown.meanIdle);
  });
});
