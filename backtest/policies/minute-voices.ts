/**
 * What a slow model said of a trace, minute by minute, and how it reaches the forecast stage: at the end of the minute it was made
 * from, as a refresher would hand it in, good for two minutes.
 */
import type { StreamForecast } from '../../models/stream-forecast.ts';

export interface MinuteVoices {
  readonly family: string;
  readonly model: string;
  readonly leadsMs: readonly number[];
  readonly levels: readonly number[];
  /** End of the history of the first forecast; the others follow at a minute's distance. */
  readonly firstOriginMs: number;
  /** Forecast by forecast, lead by lead, level by level. */
  readonly quantiles: Float32Array;
}

const MINUTE_MS = 60_000;
const FRESH_MS = 2 * MINUTE_MS;

/** The same for several models; they speak in their order. */
export function speakingTogether(voices: readonly MinuteVoices[]): ReturnType<typeof speakingUp> {
  const speakers = voices.map(speakingUp);
  return (stream, binStartMs) => {
    for (const speak of speakers) speak(stream, binStartMs);
  };
}

/** A `beforeBin` of `forecastTrack` that hands each forecast in when it is due. */
export function speakingUp(voices: MinuteVoices): (stream: Pick<StreamForecast, 'hear'>, binStartMs: number) => void {
  const { family, model, leadsMs, levels, firstOriginMs, quantiles } = voices;
  const width = leadsMs.length * levels.length;
  return (stream, binStartMs) => {
    const minute = (binStartMs - firstOriginMs) / MINUTE_MS;
    if (minute < 0 || !Number.isInteger(minute) || (minute + 1) * width > quantiles.length) return;
    const said = Array.from(quantiles.subarray(minute * width, (minute + 1) * width));
    stream.hear({ family, model, originMs: binStartMs, freshMs: FRESH_MS, leadsMs, levels, quantiles: said });
  };
}
