/** What is expected of young streams and of announced bursts, on top of a model whose forecasts are known. */
import { describe, expect, it } from 'vitest';
import { emptyExpectations, onBurstDeclared, onProfileSet } from '../../pipelines/expectations.ts';
import { emptyForecast, type ForecastState, onConsumption, type StreamModel } from '../../pipelines/forecast.ts';
import { forecastStateFromBytes, forecastStateToBytes } from '../../pipelines/forecast-state.ts';
import type { BurstDeclared, ConsumptionEvent, Forecast, ProfileSet } from '../../schemas/messages.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday, 2 January 2023, 00:00 UTC. */
const MONDAY = Date.UTC(2023, 0, 2);
const LEAD_MS = 10_000;
const RIDE_MS = 300_000;

/** A model that says the same at any time: 1 value a second, hardly 2. */
function plainModel(): StreamModel {
  let watched: readonly number[] = [];
  return {
    id: 'plain@1',
    rate: 1,
    meanSqrtRate: 1,
    trust: [],
    watch: (horizonsMs) => {
      watched = horizonsMs;
    },
    consume: () => true,
    hear: () => undefined,
    forecasts: () =>
      watched.map((horizonMs) => {
        const values = horizonMs / 1_000;
        return { horizonMs, median: values, upper: 2 * values, cap: 2 * values, insured: 2 * values };
      }),
    save: () => new Uint8Array(0),
  };
}

function stage(): ForecastState {
  return emptyForecast({ newModel: plainModel, rideThroughMsOf: () => RIDE_MS });
}

let count = 0;
function event(stream: string, fromMs: number, toMs: number, demanded = 0): ConsumptionEvent {
  const pool = { pool: 'p', incarnation: 'life', sequenceNumber: ++count, requests: demanded, issued: demanded, returned: 0, stalls: 0 };
  const rest = { stock: 0, waiting: 0, seenOffset: 0, leadTimeMs: LEAD_MS, largestRequest: 1, cursors: [] };
  return { kind: 'ConsumptionEvent', stream, ...pool, fromMs, toMs, demanded, peakPerSecond: demanded, ...rest };
}

/** The forecast after an event of one second that ends then. */
function said(state: ForecastState, stream: string, atMs: number, demanded = 0): Forecast {
  return onConsumption(state, event(stream, atMs - 1_000, atMs, demanded)) as Forecast;
}

function profile(changes: Partial<ProfileSet>): ProfileSet {
  const span = { days: [], fromMinute: 0, untilMinute: 0, utcOffsetMinutes: 0 };
  const of = { clientType: 'web', service: '', sequence: '' };
  return { kind: 'ProfileSet', ...of, pattern: 'steady', rate: 100, restShare: 0, ...span, atMs: 0, ...changes };
}

function burst(fromMs: number, untilMs: number, rate = 50): BurstDeclared {
  return { kind: 'BurstDeclared', stream: 's/web/api', rate, fromMs, untilMs };
}

/** So many streams of a kind, each living the same hours at its own rate. */
function lived(state: ForecastState, rates: readonly number[], kind = 'web/api', hours = 3): void {
  for (const [i, rate] of rates.entries()) {
    for (let ms = MONDAY; ms <= MONDAY + hours * HOUR; ms += 10_000)
      onConsumption(state, event(`s${i}/${kind}`, ms - 10_000, ms, 10 * rate));
  }
}

describe('a profile', () => {
  it('gives a stream without a history its first forecast', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({}));
    const { model, rate, horizons } = said(state, 's/web/api', MONDAY);
    expect(model).toBe('plain@1+profile');
    expect(rate).toBeCloseTo(100, -1);
    const [lead, ride] = horizons;
    for (const each of [lead, ride]) {
      const expected = (100 * (each?.horizonMs ?? 0)) / 1_000;
      expect(each?.median).toBeCloseTo(expected, -2);
      expect(each?.upper).toBeGreaterThan(1.2 * expected);
      expect(each?.insured).toBeGreaterThanOrEqual(each?.upper ?? Infinity);
      expect(each?.cap).toBeGreaterThanOrEqual(each?.insured ?? Infinity);
    }
  });

  it('says nothing of streams of another client type', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({}));
    expect(said(state, 's/job/api', MONDAY)).toMatchObject({ model: 'plain@1', rate: 1 });
  });

  it('counts for less and less, never for less than its expectation, and for nothing after a day', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({}));
    const uppers = [0, 6, 12, 18, 23.9].map((hour) => said(state, 's/web/api', MONDAY + hour * HOUR).horizons[1]?.upper ?? 0);
    expect(uppers).toEqual([...uppers].sort((a, b) => b - a));
    const { horizonMs = 0 } = said(state, 's/web/api', MONDAY + 23.95 * HOUR).horizons[1] ?? {};
    expect(uppers.at(-1)).toBeGreaterThanOrEqual((100 * horizonMs) / 1_000);
    expect(said(state, 's/web/api', MONDAY + DAY).model).toBe('plain@1');
  });

  it('never lowers what the history of the stream itself asks for', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({ rate: 0.001 }));
    const { horizons } = said(state, 's/web/api', MONDAY);
    for (const { horizonMs, upper, cap, insured } of horizons) {
      const values = (2 * horizonMs) / 1_000;
      expect([upper, cap, insured]).toEqual([values, values, values]);
    }
  });

  it('wastes at most a quarter above its own rate, and what chance scatters', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({ rate: 1_000_000 }));
    for (const { horizonMs, cap } of said(state, 's/web/api', MONDAY).horizons) expect(cap).toBeLessThan(1.26 * 1_000 * horizonMs);
  });

  it('is looked up by what it names most of: sequence and service, sequence, service, client type', () => {
    const state = stage();
    const rateOf = (stream: string) => Math.round(said(state, stream, MONDAY).rate);
    const set = (changes: Partial<ProfileSet>) => onProfileSet(state.expectations, profile(changes));
    set({ rate: 100 });
    set({ rate: 200, service: 'api' });
    set({ rate: 300, sequence: 's' });
    set({ rate: 400, sequence: 's', service: 'api' });
    expect(['t/web/x', 't/web/api', 's/web/x', 's/web/api'].map((each) => Math.round(rateOf(each) / 100))).toEqual([1, 2, 3, 4]);
    set({ pattern: 'none', sequence: 's', service: 'api' });
    expect(Math.round(rateOf('s/web/api') / 100)).toBe(3);
  });

  it('foresees a batch through the silence before it: the next forecast may come as late as this one did', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({ pattern: 'hourly-batch', untilMinute: 5 }));
    const at = MONDAY + 56 * 60_000;
    const idle = onConsumption(state, event('s/web/api', at - 300_000, at)) as Forecast;
    expect(idle.horizons[0]?.insured).toBeGreaterThan((100 * LEAD_MS) / 1_000);
    const other = stage();
    onProfileSet(other.expectations, profile({ pattern: 'hourly-batch', untilMinute: 5 }));
    expect(said(other, 's/web/api', at).horizons[0]?.insured).toBeLessThan(100);
  });

  it('of a stream that asks for ten times as much is scaled to it', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({}));
    for (let ms = MONDAY; ms < MONDAY + 2 * HOUR; ms += 10_000) onConsumption(state, event('s/web/api', ms - 10_000, ms, 10_000));
    const [lead] = said(state, 's/web/api', MONDAY + 2 * HOUR).horizons;
    expect((lead?.upper ?? 0) / (lead?.horizonMs ?? 1)).toBeGreaterThan(0.9);
  });

  it('that makes no sense says nothing, whoever wrote it', () => {
    const wrong: Partial<ProfileSet>[] = [
      { rate: -1 },
      { rate: 1e300 },
      { restShare: 2 },
      { utcOffsetMinutes: 1e9 },
      { pattern: 'hourly-batch', untilMinute: 1e9 },
      { pattern: 'office-hours', fromMinute: 600, untilMinute: 500 },
      { pattern: 'office-hours', untilMinute: 60, days: [8] },
      { pattern: 'office-hours', untilMinute: 60, days: [1, 1] },
      { clientType: 'a/b' },
    ];
    for (const changes of wrong) {
      const state = emptyExpectations();
      onProfileSet(state, profile(changes));
      expect(state.profiles.size, JSON.stringify(changes)).toBe(0);
    }
  });
});

describe('the kind of a stream', () => {
  it('gives it its first forecast where no profile does', () => {
    const state = stage();
    lived(state, [80, 100, 120, 100]);
    const young = said(state, 'new/web/api', MONDAY + DAY + HOUR);
    expect(young.model).toBe('plain@1+kind');
    expect(young.rate).toBeGreaterThan(90);
    const [lead] = young.horizons;
    expect((lead?.median ?? 0) / (lead?.horizonMs ?? 1)).toBeCloseTo(0.1, 2);
    onProfileSet(state.expectations, profile({ rate: 5 }));
    expect(said(state, 'other/web/api', MONDAY + DAY + HOUR).model).toBe('plain@1+profile');
  });

  it('is learnt from other streams only', () => {
    const state = stage();
    lived(state, [100]);
    expect(said(state, 's0/web/api', MONDAY + 3 * HOUR + 10_000).model).toBe('plain@1');
    expect(said(state, 'new/web/api', MONDAY + 3 * HOUR + 10_000).model).toBe('plain@1+kind');
  });

  it('is not that of another client type or service, of the shared stream, or of callers that name neither', () => {
    const state = stage();
    lived(state, [100, 100], 'web/api');
    lived(state, [100, 100], '*/*');
    lived(state, [100, 100], 'default/default');
    for (const kind of ['web/mail', 'job/api', '*/*', 'default/default']) {
      expect(said(state, `new/${kind}`, MONDAY + DAY + HOUR).model, kind).toBe('plain@1');
    }
  });

  it('counts for no more than the stream itself has shown to be, hour by hour', () => {
    const state = stage();
    lived(state, [100, 100, 100], 'web/api', 6);
    const lead = (at: number): number => said(state, 'small/web/api', at).horizons[0]?.upper ?? 0;
    const first = lead(MONDAY + DAY);
    for (let ms = MONDAY + DAY; ms < MONDAY + DAY + 2 * HOUR; ms += 60_000)
      onConsumption(state, event('small/web/api', ms - 60_000, ms, 60));
    expect(lead(MONDAY + DAY + 2 * HOUR)).toBeLessThan(first / 5);
  });
});

describe('an announced burst', () => {
  it('is in the horizons of the windows that overlap it: its rate times the overlap, on top', () => {
    const state = stage();
    said(state, 's/web/api', MONDAY - 1_000);
    onBurstDeclared(state.expectations, burst(MONDAY + 60_000, MONDAY + 120_000));
    const { model, horizons } = onConsumption(state, event('s/web/api', MONDAY, MONDAY)) as Forecast;
    expect(model).toBe('plain@1+burst');
    const [lead, ride] = horizons;
    // The lead time ends before it begins; the ride-through has all of it.
    expect(lead?.insured).toBe((2 * (lead?.horizonMs ?? 0)) / 1_000);
    const own = (ride?.horizonMs ?? 0) / 1_000;
    expect([ride?.median, ride?.upper, ride?.cap, ride?.insured]).toEqual([own + 3_000, 2 * own + 3_000, 2 * own + 3_000, 2 * own + 3_000]);
  });

  it('is in the lead time as soon as the next forecast might come too late', () => {
    const state = stage();
    onBurstDeclared(state.expectations, burst(MONDAY + 60_000, MONDAY + 120_000));
    const idle = onConsumption(state, event('s/web/api', MONDAY - 300_000, MONDAY)) as Forecast;
    expect(idle.horizons[0]?.insured).toBe((2 * (idle.horizons[0]?.horizonMs ?? 0)) / 1_000);
    const later = onConsumption(state, event('s/web/api', MONDAY, MONDAY + 55_000)) as Forecast;
    expect(later.horizons[0]?.insured).toBeGreaterThanOrEqual((50 * LEAD_MS) / 1_000);
  });

  it('is on top only as far as the rate of the stream does not show it yet', () => {
    let rate = 1;
    const state = emptyForecast({
      newModel: () => Object.defineProperty(plainModel(), 'rate', { get: () => rate }),
      rideThroughMsOf: () => 0,
    });
    onBurstDeclared(state.expectations, burst(MONDAY, MONDAY + HOUR));
    said(state, 's/web/api', MONDAY - 1_000);
    const at = (second: number) => onConsumption(state, event('s/web/api', MONDAY + second * 1_000, MONDAY + second * 1_000)) as Forecast;
    const begin = at(1);
    expect(begin.rate).toBe(51);
    rate = 26;
    const half = at(2);
    expect([half.rate, half.horizons[0]?.upper]).toEqual([51, ((2 + 25) * (half.horizons[0]?.horizonMs ?? 0)) / 1_000]);
    rate = 80;
    const shown = at(3);
    expect([shown.rate, shown.model]).toEqual([80, 'plain@1']);
  });

  it('is taken back with a rate of nothing', () => {
    const state = stage();
    onBurstDeclared(state.expectations, burst(MONDAY, MONDAY + HOUR));
    onBurstDeclared(state.expectations, burst(MONDAY, MONDAY + HOUR, 0));
    expect(said(state, 's/web/api', MONDAY + 1_000).model).toBe('plain@1');
    expect(state.expectations.bursts.size).toBe(0);
  });
});

describe('the saved state', () => {
  it('has all expectations: restored, it goes on as if nothing had been', () => {
    const state = stage();
    onProfileSet(state.expectations, profile({ clientType: 'job', pattern: 'office-hours', untilMinute: 90, days: [1, 3] }));
    onBurstDeclared(state.expectations, burst(MONDAY + DAY, MONDAY + DAY + HOUR));
    lived(state, [3, 5, 8]);
    const copy = stage();
    forecastStateFromBytes(copy, forecastStateToBytes(state), plainModel);
    expect(forecastStateToBytes(copy)).toEqual(forecastStateToBytes(state));
    for (const stream of ['new/web/api', 's/web/api', 's1/web/api', 'new/job/api']) {
      const next = event(stream, MONDAY + DAY, MONDAY + DAY + 1_000, 7);
      expect(onConsumption(copy, next)).toEqual(onConsumption(state, next));
    }
    expect(forecastStateToBytes(copy)).toEqual(forecastStateToBytes(state));
  });
});
