/**
 * Rolling origins: the points of a series at which forecasts are made, each from the history up to it, and how much of that history
 * the model was fitted to. Nothing of what is forecast is ever among it: `fitBins <= historyBins` and the horizon comes after.
 */
import { assert } from '../../core/assertion.ts';

export interface Origin {
  /** Bins known when the forecast is made. */
  readonly historyBins: number;
  /** Bins the model was fitted to. Origins with the same number share a fit. */
  readonly fitBins: number;
}

export interface RollingOptions {
  /** Length of the series. */
  readonly bins: number;
  readonly horizonBins: number;
  readonly windows: number;
  /** From one origin to the next. */
  readonly stepBins: number;
  /** A model is fitted anew at each such origin, the first included; `Infinity` fits once. */
  readonly refitEvery: number;
  /** What is newest may not have arrived when a model is fitted: so many bins before the origin are left out of the fit. */
  readonly gapBins?: number;
}

/** Origins in order; the horizon of the last one ends with the series. Fewer than asked for where the series is too short. */
export function rollingOrigins(options: RollingOptions): Origin[] {
  const { bins, horizonBins, windows, stepBins, refitEvery, gapBins = 0 } = options;
  assert(windows >= 1 && stepBins >= 1 && refitEvery >= 1 && gapBins >= 0 && horizonBins >= 1, 'windows and steps are counted from one');
  const last = bins - horizonBins;
  const possible = Math.floor((last - gapBins - 1) / stepBins) + 1;
  const count = Math.max(0, Math.min(windows, possible));
  const origins: Origin[] = [];
  let fitBins = 0;
  for (let i = 0; i < count; i++) {
    const historyBins = last - (count - 1 - i) * stepBins;
    if (i === 0 || i % refitEvery === 0) fitBins = historyBins - gapBins;
    origins.push({ historyBins, fitBins });
  }
  return origins;
}
