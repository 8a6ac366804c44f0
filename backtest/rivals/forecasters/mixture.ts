/**
 * The live forecast of a stream as a newsvendor's forecaster: all experts, and fitted models (the LSTM among them) where it is known
 * what they said. It knows the upper quantile of each horizon it watches, and that is what it answers to any high level.
 */
import type { HorizonDemand } from '../../../core/sizing/reserve.ts';
import { LiveForecast } from '../../policies/forecast-feed.ts';
import { type MinuteVoices, speakingTogether } from '../../policies/minute-voices.ts';
import type { DemandQuantiles } from './demand-quantiles.ts';

const MIDDLE = 0.5;

export interface SpokenOptions {
  /** Start of the trace. */
  readonly startMs: number;
  readonly horizonsS: readonly number[];
}

export function mixtureQuantiles({ startMs, horizonsS }: SpokenOptions, voices: readonly MinuteVoices[] = []): DemandQuantiles {
  const horizonsMs = horizonsS.map((horizonS) => horizonS * 1_000);
  const live = new LiveForecast(startMs, horizonsMs, speakingTogether(voices));
  return {
    name: voices.length === 0 ? 'mixture' : `mixture with ${voices.map(({ family }) => family).join(', ')}`,
    observe: (demand) => live.second(demand),
    quantile(level, horizonS) {
      const nearest = nearestTo(live.horizons, horizonS * 1_000);
      if (nearest === undefined) return 0;
      return ((level > MIDDLE ? nearest.upper : nearest.median) * horizonS * 1_000) / nearest.horizonMs;
    },
  };
}

function nearestTo(forecasts: readonly HorizonDemand[], horizonMs: number): HorizonDemand | undefined {
  const away = (each: HorizonDemand): number => Math.abs(each.horizonMs - horizonMs);
  return forecasts.reduce<HorizonDemand | undefined>((best, each) => {
    return best === undefined || away(each) < away(best) ? each : best;
  }, undefined);
}
