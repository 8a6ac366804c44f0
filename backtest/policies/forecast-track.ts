/**
 * What was forecast along a trace, bin by bin, as plain arrays. Demand does not depend on stock, so forecasts are made once per
 * trace, lead time and ride-through, and any number of closed loops run over them in a blink.
 */

import { BIN_MS } from '../../models/forecaster.ts';
import { FIVE_S } from '../../models/history/five-seconds.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';

export const BIN_S = BIN_MS / 1_000;

/** One horizon's forecast as of the end of each bin; see `HorizonDemand`. */
export interface HorizonTrack {
  readonly horizonMs: number;
  readonly median: Float64Array;
  readonly upper: Float64Array;
  readonly cap: Float64Array;
  readonly insured: Float64Array;
}

export interface ForecastTrack {
  /** Values per second over the last minute, and the long-run mean of its square root, at the end of each bin. */
  readonly rate: Float64Array;
  readonly meanSqrtRate: Float64Array;
  /** Lead time first, then the ride-through where there is one. */
  readonly horizons: readonly HorizonTrack[];
}

/** The horizons that the forecast stage watches for a stream. */
export function horizonsMsOf(leadTimeMs: number, rideThroughMs: number): number[] {
  return rideThroughMs > 0 ? [leadTimeMs, rideThroughMs + 2 * leadTimeMs] : [leadTimeMs];
}

export interface TrackOptions {
  readonly horizonsMs: readonly number[];
  /** Told of each bin before its demand is learnt, e.g. to hand in what slow models said by then. */
  readonly beforeBin?: (stream: StreamForecast, binStartMs: number) => void;
  /** Told of each bin after its demand was learnt. */
  readonly afterBin?: (stream: StreamForecast, bin: number) => void;
}

export function forecastTrack(demand: DemandSeconds, options: TrackOptions): ForecastTrack {
  const stream = new StreamForecast();
  stream.watch(options.horizonsMs);
  const bins = Math.floor(demand.counts.length / BIN_S);
  const column = (): Float64Array => new Float64Array(bins);
  const rate = column();
  const meanSqrtRate = column();
  const horizons = options.horizonsMs.map((horizonMs) => {
    return { horizonMs, median: column(), upper: column(), cap: column(), insured: column() };
  });
  for (let bin = 0; bin < bins; bin++) {
    const startMs = demand.startMs + bin * BIN_MS;
    options.beforeBin?.(stream, startMs);
    observe(stream, startMs, demand.counts, bin * BIN_S);
    options.afterBin?.(stream, bin);
    rate[bin] = stream.rate;
    meanSqrtRate[bin] = stream.meanSqrtRate;
    stream.forecasts().forEach((forecast, i) => {
      const track = horizons[i];
      if (track === undefined) return;
      track.median[bin] = forecast.median;
      track.upper[bin] = forecast.upper;
      track.cap[bin] = forecast.cap;
      track.insured[bin] = forecast.insured;
    });
  }
  return { rate, meanSqrtRate, horizons };
}

function observe(stream: StreamForecast, startMs: number, counts: Uint32Array, from: number): void {
  let sum = 0;
  let peak = 0;
  let five = 0;
  let peakFive = 0;
  for (let second = Math.max(0, from - FIVE_S); second < from; second++) five += counts[second] ?? 0;
  for (let second = from; second < from + BIN_S; second++) {
    const count = counts[second] ?? 0;
    sum += count;
    five += count - (second < FIVE_S ? 0 : (counts[second - FIVE_S] ?? 0));
    if (count > peak) peak = count;
    if (five > peakFive) peakFive = five;
  }
  stream.observe(startMs, sum, peak, peakFive);
}
