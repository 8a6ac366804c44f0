/** All advice on the streams of a set, the most voluminous first: pool kind, service level, exhaustion, and whether foresight pays. */
import { exhaustionOf, type ValueSpace } from '../../core/exhaustion-dates.ts';
import type { StreamQuality } from '../forecast-quality/stream-quality.ts';
import type { StreamAdvice } from '../report/backtest-report.ts';
import { type DemandProfile, valuesPerDay } from './demand-profile.ts';
import { poolKind } from './pool-kind.ts';
import { serviceLevel } from './service-level.ts';

/** Peaks of less than three times what is expected are scatter: there is nothing to foresee. */
const PEAK_OVER_MEDIAN_MIN = 3;
/** Whoever insures against what the forecast missed before, and then holds nine tenths of what memory of peaks does, needs no forecast. */
const INSURED_SHARE_MAX = 0.9;
const DAY_S = 86_400;

export type ForecastFound = Pick<StreamQuality, 'medianError' | 'held'>;

export interface AdvisedStream {
  readonly profile: DemandProfile;
  readonly forecast: ForecastFound;
}

/** `spaceOf`: what is left of the sequence that a stream belongs to, where that is known. */
export function adviceOn(streams: readonly AdvisedStream[], spaceOf: (sequence: string) => ValueSpace | undefined): StreamAdvice[] {
  const bySequence = new Map<string, DemandProfile[]>();
  for (const { profile } of streams) {
    const sequence = sequenceOf(profile.stream);
    bySequence.set(sequence, [...(bySequence.get(sequence) ?? []), profile]);
  }
  return streams
    .map(({ profile, forecast }) => {
      const sequence = sequenceOf(profile.stream);
      const space = spaceOf(sequence);
      const exhaustion = space === undefined ? undefined : exhaustionTogether(space, bySequence.get(sequence) ?? [profile]);
      return streamAdvice(profile, forecast, exhaustion);
    })
    .sort((a, b) => b.valuesPerDay - a.valuesPerDay || (a.stream < b.stream ? -1 : 1));
}

function streamAdvice(profile: DemandProfile, forecast: ForecastFound, exhaustion: StreamAdvice['exhaustion']): StreamAdvice {
  const { unforecastable, reason } = foreseen(forecast);
  const level = serviceLevel(profile, unforecastable);
  return {
    stream: profile.stream,
    valuesPerDay: valuesPerDay(profile),
    ...poolKind(profile),
    serviceLevel: level.serviceLevel,
    reasons: [...level.reasons, reason],
    forecastError: forecast.medianError,
    unforecastable,
    ...(exhaustion !== undefined && { exhaustion }),
  };
}

function foreseen({ held: { median, insured, cap } }: ForecastFound): { readonly unforecastable: boolean; readonly reason: string } {
  const saved = cap === 0 ? 0 : 1 - insured / cap;
  const percent = `${(100 * saved).toFixed(0)} %`;
  if (insured < INSURED_SHARE_MAX * cap) {
    const reason = `its forecast saves ${percent} of what memory of peaks alone would hold, insured against what it missed`;
    return { unforecastable: false, reason };
  }
  if (cap < PEAK_OVER_MEDIAN_MIN * median) {
    const reason = 'its peaks are less than three times what is expected: there is little to foresee, and little to hold';
    return { unforecastable: false, reason };
  }
  const reason = `insured against what its forecast missed, it holds ${percent} less than memory of peaks: nobody foresees its bursts`;
  return { unforecastable: true, reason };
}

/** A sequence runs out for all of its streams at once. */
function exhaustionTogether(space: ValueSpace, streams: readonly DemandProfile[]): StreamAdvice['exhaustion'] {
  const perDay = streams.reduce((sum, each) => sum + valuesPerDay(each), 0);
  const length = streams.reduce((most, each) => Math.max(most, each.days.length), 0);
  const days = Array.from({ length }, (_, day) => streams.reduce((sum, each) => sum + (each.days[day] ?? 0), 0));
  const endMs = streams.reduce((latest, each) => Math.max(latest, each.startMs + each.seconds * 1_000), 0);
  // A history that begins in the middle of a day ends in one: its last hours are in the mean, and not in the scatter.
  return exhaustionOf(space, perDay, days.slice(0, Math.floor((streams[0]?.seconds ?? 0) / DAY_S)), endMs);
}

function sequenceOf(stream: string): string {
  return stream.split('/', 1)[0] ?? stream;
}
