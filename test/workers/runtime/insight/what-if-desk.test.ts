/** Who may ask for a replay, about what, and how many at a time; the replay itself runs in its thread. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { SequenceError } from '../../../../core/errors.ts';
import { defineSequence, type SequenceAttributes } from '../../../../core/sequence.ts';
import { StreamForecast } from '../../../../models/stream-forecast.ts';
import { encode } from '../../../../schemas/codec.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { Forecasts } from '../../../../workers/runtime/forecasting/forecasts.ts';
import { ForecastersMemory } from '../../../../workers/runtime/insight/forecasters-memory.ts';
import { type RememberedDemand, rememberedBy } from '../../../../workers/runtime/insight/remembered-demand.ts';
import { SeenMinutes } from '../../../../workers/runtime/insight/seen-minutes.ts';
import { WhatIfDesk } from '../../../../workers/runtime/insight/what-if-desk.ts';
import { scratchDirectory } from '../../embedded/scratch-directory.ts';

const MINUTE_MS = 60_000;
const START_MS = 29_000_000 * MINUTE_MS;
const STREAM = 'orders/web/checkout';

function minutesOf(count: number, perMinute = 600): RememberedDemand {
  const demand = new Float64Array(count).fill(perMinute);
  return { startMs: START_MS, demand, peaks: demand.map((values) => values / 30), leadTimeMs: 20, requestSize: 1 };
}

function desk(remembered: RememberedDemand | undefined, attributes: SequenceAttributes = {}): WhatIfDesk {
  let nowMs = 0;
  const options = { remembered: () => remembered, definitionOf: () => defineSequence(attributes), monotonicMs: () => nowMs++ };
  const made = new WhatIfDesk(options);
  onTestFinished(() => made.close());
  return made;
}

const codeOf = async (answer: Promise<unknown>) => answer.catch((error: unknown) => (error instanceof SequenceError ? error.code : error));

describe('the desk for what-if questions', () => {
  test('replays the last day in a thread, beside the ratio that the sequence has', async () => {
    const { now, runs, fromMs, toMs, burnCost, demanded } = await desk(minutesOf(1_500), { burnCost: 'low' }).ask(STREAM, [1, 256]);
    expect([toMs - fromMs, toMs, burnCost]).toEqual([1_440 * MINUTE_MS, START_MS + 1_500 * MINUTE_MS, 'low']);
    expect(demanded).toBe(1_440 * 600);
    expect([now, ...runs].map(({ costRatio, aimedPerHour }) => [costRatio, aimedPerHour])).toEqual([
      [16, 220],
      [1, 55],
      [256, 880],
    ]);
    expect(runs[0]?.idleMean).toBeGreaterThan(2 * now.idleMean);
  }, 60_000);

  test('takes one question at a time', async () => {
    const asked = desk(minutesOf(30));
    const first = asked.ask(STREAM, []);
    expect(await codeOf(asked.ask(STREAM, []))).toBe('SEQ_TOO_MANY_WAITING');
    expect((await first).runs).toEqual([]);
    expect((await asked.ask(STREAM, [4])).runs).toHaveLength(1);
  });

  test('refuses what it knows too little of, what has no stock, and ratios beyond its range', async () => {
    expect(await codeOf(desk(undefined).ask(STREAM, []))).toBe('SEQ_UNKNOWN_STREAM');
    expect(await codeOf(desk(minutesOf(4)).ask(STREAM, []))).toBe('SEQ_UNKNOWN_STREAM');
    expect(await codeOf(desk(minutesOf(30), { guarantee: 'gapless' }).ask(STREAM, []))).toBe('SEQ_UNSUPPORTED');
    for (const wrong of [[0], [Number.NaN], [-1], [2_000], [1, 1, 1, 1, 1]]) {
      expect(await codeOf(desk(minutesOf(30)).ask(STREAM, wrong)), String(wrong)).toBe('SEQ_INVALID_REQUEST');
    }
  });
});

describe('what is remembered of a stream', () => {
  const span = (second: number, demanded: number) => {
    const toMs = START_MS + (second + 1) * 1_000;
    return {
      stream: STREAM,
      fromMs: toMs - 1_000,
      toMs,
      demanded,
      peakPerSecond: demanded,
      leadTimeMs: second === 70 ? 40 : 0,
      largestRequest: 3,
    };
  };
  /** Two a second for three minutes and some seconds, but five once. */
  const demandedAt = (second: number): number => (second === 100 ? 5 : 2);

  test('is the same where it is forecast and where it is only seen, but for the minute in which that began', () => {
    const model = new StreamForecast();
    const seen = new SeenMinutes();
    for (let second = 0; second < 200; second++) {
      model.consume(span(second, demandedAt(second)));
      seen.note(span(second, demandedAt(second)));
    }
    const forecast = rememberedBy({ stream: () => ({ model, leadTimeMs: 40, requestSize: 3 }) }, STREAM);
    expect(forecast).toMatchObject({ startMs: START_MS, leadTimeMs: 40, requestSize: 3 });
    expect([...(forecast?.demand ?? [])]).toEqual([120, 123, 120]);
    expect([...(forecast?.peaks ?? [])]).toEqual([2, 5, 2]);
    const known = seen.of(STREAM);
    expect(known).toMatchObject({ startMs: START_MS + MINUTE_MS, leadTimeMs: 40, requestSize: 3 });
    // A report that ends with a minute is counted to the next one.
    expect([...(known?.demand ?? [])]).toEqual([123, 120]);
    expect(seen.of('orders/web/nobody')).toBeUndefined();
  });

  test('holds silence as silence, and no more than two days of it', () => {
    const seen = new SeenMinutes();
    const at = (minute: number, stream = STREAM) => seen.note({ ...span(minute * 60, 7), stream });
    for (const minute of [0, 1, 5]) at(minute);
    at(8, 'orders/web/other');
    expect([...(seen.of(STREAM)?.demand ?? [])]).toEqual([7, 0, 0, 0, 7, 0, 0]);
    at(10_000);
    const long = seen.of(STREAM);
    expect(long?.demand).toHaveLength(2_879);
    expect(long?.demand.every((values) => values === 0)).toBe(true);
  });

  test('is what forecasters saved and what was reported since, for a process that makes no forecasts', async () => {
    const { log, snapshots, close } = await openEmbeddedStorage({ dataDir: scratchDirectory(), onFailure: fail });
    const report = (second: number, stream = STREAM): Uint8Array => {
      const life = {
        pool: 'pool-0',
        incarnation: 'life-1',
        sequenceNumber: second + 1,
        seenOffset: -1,
        stock: 100,
        waiting: 0,
        cursors: [],
      };
      const counts = { issued: 2, returned: 0, requests: 1, stalls: 0 };
      return encode({ kind: 'ConsumptionEvent', ...span(second, demandedAt(second)), stream, ...life, ...counts });
    };
    const reportFrom = async (first: number, seconds: number): Promise<void> => {
      const records = Array.from({ length: seconds }, (_, i) => [report(first + i), report(first + i, `${STREAM}-2`)]).flat();
      await log.append({ topic: TOPICS.consumption.name, partition: 0, records });
    };
    const forecasts = new Forecasts({ log, snapshots, partitionCount: 1, rideThroughMsOf: () => 1_000, onFailure: fail });
    const memory = new ForecastersMemory({ log, snapshots, partitionCount: 1 });
    await reportFrom(0, 200);
    expect(await memory.of(STREAM)).toMatchObject({ startMs: START_MS, demand: new Float64Array([120, 123, 120]) });
    await forecasts.start();
    await forecasts.save();
    await reportFrom(200, 200);
    // Copies are known by their numbers.
    await reportFrom(380, 20);
    await expect.poll(() => forecasts.stream(STREAM)?.model.cutoffMs).toBe(START_MS + 400_000);
    expect(await memory.of(STREAM)).toEqual(rememberedBy(forecasts, STREAM));
    expect((await memory.of(STREAM))?.demand).toEqual(new Float64Array([120, 123, 120, 120, 120, 120]));
    expect(await memory.of('orders/web/nobody')).toBeUndefined();
    await log.cut(TOPICS.consumption.name, 0, 400);
    expect((await memory.of(STREAM))?.demand).toHaveLength(6);
    await forecasts.close();
    await close();
  });
});

function fail(error: unknown): void {
  throw error;
}
