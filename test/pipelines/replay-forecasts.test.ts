/** Forecasts made again from the consumption that was recorded, and held against what was said then. */
import { describe, expect, test } from 'vitest';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyForecast, onConsumption } from '../../pipelines/forecast.ts';
import { emptyForecastReplay, noForecasts, onConsumptionRecord, onForecastRecord } from '../../pipelines/replay-forecasts.ts';
import type { ConsumptionEvent, Forecast } from '../../schemas/messages.ts';

const STAGE = { newModel: () => new StreamForecast(), rideThroughMsOf: () => 900_000 };

const events = Array.from({ length: 200 }, (_, i): ConsumptionEvent => {
  const demanded = 20 + ((i * 37) % 50);
  return {
    kind: 'ConsumptionEvent',
    stream: i % 3 === 0 ? 's/a/b' : 's/c/d',
    pool: 'pool-0',
    incarnation: 'life',
    sequenceNumber: i + 1,
    fromMs: 1_000_000 + i * 1_000,
    toMs: 1_001_000 + i * 1_000,
    demanded,
    peakPerSecond: demanded,
    requests: demanded,
    issued: demanded,
    returned: 0,
    stalls: 0,
    cursors: [],
    stock: 100,
    waiting: 0,
    seenOffset: i,
    leadTimeMs: 7,
    largestRequest: 1,
  };
});

function said(): Forecast[] {
  const live = emptyForecast(STAGE);
  return events.map((event) => onConsumption(live, event) as Forecast);
}

function replayed(folded: readonly ConsumptionEvent[], forecasts: readonly Forecast[]) {
  const replay = emptyForecastReplay({ ...STAGE, counts: noForecasts() });
  for (const event of folded) onConsumptionRecord(replay, event);
  for (const [offset, forecast] of forecasts.entries()) onForecastRecord(replay, offset, forecast);
  return replay.counts;
}

describe('recorded forecasts', () => {
  test('are made again byte for byte, those of a catch-up that nobody said left out', () => {
    expect(replayed(events, said().slice(50))).toMatchObject({ forecasts: 150, agreeing: 150, differing: 0, eventless: 0 });
  });

  test('differ in the last digit of one horizon, and that is told', () => {
    const forecasts = said();
    const [lead, ...rest] = forecasts[120]?.horizons ?? [];
    const upper = (lead?.upper ?? 0) * (1 + Number.EPSILON);
    forecasts[120] = { ...(forecasts[120] as Forecast), horizons: [{ ...lead, upper } as Forecast['horizons'][number], ...rest] };
    const counts = replayed(events, forecasts);
    expect(counts).toMatchObject({ agreeing: 199, differing: 1 });
    expect(counts.differences[0]?.fields.map(({ field }) => field)).toEqual(['horizons']);
  });

  test('cannot be made again where their events are gone, which is said and is no difference', () => {
    const counts = replayed(events.slice(0, 150), said());
    expect(counts).toMatchObject({ agreeing: 150, eventless: 50, differing: 0 });
  });
});
