/** Demand and forecasts with plain numbers, so that what a run must do can be counted by hand. */
import { BIN_S, type ForecastTrack, type HorizonTrack } from '../../../backtest/policies/forecast-track.ts';
import type { DemandSeconds } from '../../../backtest/traces/demand-seconds.ts';

export function demandOf(seconds: number, countAt: (second: number) => number): DemandSeconds {
  return { name: 'made up', startMs: 0, counts: Uint32Array.from({ length: seconds }, (_, second) => countAt(second)), seasonal: false };
}

/** Horizons that always say the same, or what `at` says of a bin; a rate of `rate` values a second. */
export function trackOf(seconds: number, rate: number, ...reserves: readonly (number | ((bin: number) => number))[]): ForecastTrack {
  const bins = Math.floor(seconds / BIN_S);
  const column = (value: number | ((bin: number) => number)): Float64Array<ArrayBuffer> => {
    return Float64Array.from({ length: bins }, (_, bin) => (typeof value === 'number' ? value : value(bin)));
  };
  const horizons: HorizonTrack[] = reserves.map((value) => {
    return { horizonMs: 1_000, median: column(value), upper: column(value), cap: column(value), insured: column(value) };
  });
  return { rate: column(rate), meanSqrtRate: column(Math.sqrt(rate)), horizons };
}
