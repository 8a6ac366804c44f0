/** What a process remembers of one stream's demand, for whoever replays it: complete minutes, oldest first. */
import type { Forecasts } from '../forecasting/forecasts.ts';
import { DAY_MINUTES, MINUTE_MS, WARM_UP_MINUTES } from './day-replay.ts';

export interface RememberedDemand {
  readonly startMs: number;
  /** Values asked for in each minute, and in its busiest second. */
  readonly demand: Float64Array;
  readonly peaks: Float64Array;
  readonly leadTimeMs: number;
  /** Values of the largest request lately. */
  readonly requestSize: number;
}

/** As the forecast stage of this process remembers it. */
export function rememberedBy(forecasts: Pick<Forecasts, 'stream'>, stream: string): RememberedDemand | undefined {
  const found = forecasts.stream(stream);
  if (found === undefined) return undefined;
  const { model, leadTimeMs, requestSize } = found;
  const { startMs, demand } = model.rolledUp(MINUTE_MS, DAY_MINUTES + WARM_UP_MINUTES);
  const peaks = demand.map((_, i) => model.busiestSecond(startMs / MINUTE_MS + i));
  return { startMs, demand, peaks, leadTimeMs, requestSize };
}
