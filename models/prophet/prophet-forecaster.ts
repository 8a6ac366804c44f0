/**
 * Prophet: a trend that bends, and the given seasons as sums of waves, on the square root of demand. Fitted anew at each origin to
 * the means of at most 1,000 stretches, since waves are smooth, in a thread of its own. Quantiles come from what its fit left over
 * of the newest bins, so that they follow the present level, which Prophet itself does not.
 */
import type { SeriesForecaster } from '../contract.ts';
import { ERROR_ORIGINS, spreadQuantiles } from '../series/error-spread.ts';
import { knownMean } from '../series/known-mean.ts';
import { LeadDemand } from '../series/lead-demand.ts';
import { explosionOf } from '../series/normal-spread.ts';
import { plainForecaster } from '../series/plain-forecaster.ts';
import type { Leads, SeriesEnd } from '../series/series-end.ts';
import { type DisposableThread, disposableThread, type ThreadLimits } from '../threads/disposable-thread.ts';
import type { ProphetSeason, ProphetTask } from './prophet-messages.ts';

const DAY_MS = 86_400_000;
const STRETCHES_MAX = 1_000;
const BINS_USED_MIN = 1_000;
const SEASONS_USED = 6;
const SEASONS_SEEN_MIN = 2;
const BINS_MIN = 24;
/** Waves of the shortest season, and of each longer one: Prophet's own for days and weeks. */
const WAVES = [4, 3];

/** A Prophet forecaster holds a thread: `close` ends it. */
export interface ProphetForecaster extends SeriesForecaster {
  close(): Promise<void>;
}

type ProphetThread = DisposableThread<ProphetTask, Float64Array>;

export function prophet(limits: Partial<ThreadLimits> = {}): ProphetForecaster {
  const thread: ProphetThread = disposableThread('prophet/prophet-thread.js', limits);
  const forecaster = plainForecaster({
    id: 'prophet@1',
    traits: { scope: 'stream', needsSeasonality: false, historyBinsMin: BINS_MIN },
    lookBackBins: (seasonsBins) => Math.max(BINS_USED_MIN, SEASONS_USED * (seasonsBins.at(-1) ?? 0)),
    quantiles: async (series, leads, seasonsBins) => {
      if (isConstant(series.values)) return { refused: 'no-variation', detail: 'each bin has the same demand' };
      const outcome = await thread.run(taskOf(series, leads, seasonsBins));
      if ('failed' in outcome) return { refused: outcome.timedOut ? 'timed-out' : 'failed', detail: outcome.failed };
      const first = firstFitted(series, leads);
      const most = explosionOf(series.values);
      const expected = outcome.result.map((root) => (root <= 0 ? 0 : root * root));
      if (!expected.every((value) => value <= most)) return { refused: 'did-not-converge', detail: 'the forecast exploded' };
      const fitted = new LeadDemand(expected, leads);
      const pointAt = (origin: number, leadBins: number) => fitted.after(origin - first, leadBins);
      const perBin = pointAt(series.values.length, leads.bins[0] ?? 1) / (leads.isTotal ? (leads.bins[0] ?? 1) : 1);
      return { perBin, quantiles: spreadQuantiles(series, leads, pointAt) };
    },
  });
  return { ...forecaster, close: () => thread.close() };
}

/** The first bin whose fitted value is asked for: from there on errors are looked at. */
function firstFitted(series: SeriesEnd, leads: Leads): number {
  return Math.max(0, series.values.length - leads.last - ERROR_ORIGINS);
}

function taskOf(series: SeriesEnd, leads: Leads, seasonsBins: readonly number[]): ProphetTask {
  const { values, firstBin, binMs } = series;
  const size = Math.ceil(values.length / STRETCHES_MAX);
  const times: number[] = [];
  const roots: number[] = [];
  // Stretches end with the series: the newest bins count in full.
  for (let end = values.length; end - size >= 0; end -= size) {
    const mean = knownMean(values, end - size, end);
    if (Number.isNaN(mean)) continue;
    times.push(secondsAt(firstBin + end - size / 2, binMs));
    roots.push(Math.sqrt(mean));
  }
  const first = firstFitted(series, leads);
  const at = Float64Array.from({ length: values.length - first + leads.last }, (_, i) => secondsAt(firstBin + first + i + 0.5, binMs));
  const known = seasonsBins.filter((length) => length > 1 && SEASONS_SEEN_MIN * length <= values.length);
  const seasons = known.map((length, i): ProphetSeason => {
    return { periodDays: (length * binMs) / DAY_MS, waves: Math.min(WAVES[i] ?? 3, Math.max(1, Math.floor(length / size / 2) - 1)) };
  });
  return { times: Float64Array.from(times.reverse()), values: Float64Array.from(roots.reverse()), seasons, at };
}

function secondsAt(bin: number, binMs: number): number {
  return Math.round((bin * binMs) / 1_000);
}

function isConstant(values: Float64Array): boolean {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.every((value) => value === known[0]);
}
