/**
 * The log-regression alone, as a policy to compare the mixture with: the same forecasts for the lead time, and for the ride-through
 * the regression's own upper quantile with what its schedule promises, below the same cap. No other expert, no tracker.
 */
import { BIN_MS } from '../../models/forecaster.ts';
import { DemandHistory } from '../../models/history/history.ts';
import { LogRegression } from '../../models/online/log-regression.ts';
import { BIN_S, type ForecastTrack, type HorizonTrack } from '../policies/forecast-track.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';

const UPPER_LEVELS = [0.99];

/** Replaces the upper quantile of a track's ride-through. */
export function withRegressionAlone(demand: DemandSeconds, track: ForecastTrack): ForecastTrack {
  const [lead, outage] = track.horizons;
  if (lead === undefined || outage === undefined) return track;
  return { ...track, horizons: [lead, alone(demand, outage)] };
}

function alone(demand: DemandSeconds, track: HorizonTrack): HorizonTrack {
  const { horizonMs, cap } = track;
  const history = new DemandHistory();
  const regression = new LogRegression(history, horizonMs);
  const upper = new Float64Array(cap.length);
  // The misses that are insured against are the regression's in either policy.
  const insured = new Float64Array(cap.length);
  for (let bin = 0; bin < upper.length; bin++) {
    let sum = 0;
    let peak = 0;
    for (let second = bin * BIN_S; second < (bin + 1) * BIN_S; second++) {
      const count = demand.counts[second] ?? 0;
      sum += count;
      if (count > peak) peak = count;
    }
    history.observe(demand.startMs + bin * BIN_MS, sum, peak);
    regression.observe();
    const said = regression.ready ? (regression.quantiles({ horizonMs, levels: UPPER_LEVELS })[0] ?? Infinity) : Infinity;
    upper[bin] = Math.min(cap[bin] ?? 0, said);
    insured[bin] = Math.max(upper[bin] ?? 0, track.insured[bin] ?? 0);
  }
  return { ...track, upper, insured };
}
