/** What is found of a stream before any policy runs on it: its profile, and how good its forecasts are. Kept like a finished cell. */
import { createHash } from 'node:crypto';
import { type DemandProfile, demandProfile } from '../advice/demand-profile.ts';
import { type StreamQuality, streamQuality } from '../forecast-quality/stream-quality.ts';
import type { MinuteVoices } from '../policies/minute-voices.ts';
import type { CalibrationRow } from '../report/backtest-report.ts';
import type { DemandSource } from '../sources/demand-source.ts';
import { type CellOrigin, canonical, type Setting } from './cells.ts';
import type { OnSeconds } from './contest.ts';
import type { FinishedCells } from './finished-cells.ts';

export interface FoundInStream {
  readonly profile: DemandProfile;
  readonly quality: StreamQuality;
}

export interface FindingOptions {
  readonly settings: readonly Setting[];
  readonly countedFromS: number;
  readonly origin: Omit<CellOrigin, 'stream' | 'policy'>;
  readonly voices: readonly MinuteVoices[];
  readonly finished: FinishedCells;
  readonly onSeconds: OnSeconds;
}

/** Forecasts are judged over whole bins where they reach beyond one. */
const BIN_S = 10;
/** Over a longer horizon a few days hold too few outcomes to tell one level from another. */
const HORIZON_S_MAX = 3_600;
/** A ride-through that nobody asked for, so that a forecast is judged where it matters at all. */
const HORIZON_S_LEAST = 60;

export async function foundIn(source: DemandSource, options: FindingOptions): Promise<FoundInStream> {
  const { settings, countedFromS, origin, voices, finished, onSeconds } = options;
  const horizonsS = judgedHorizons(settings);
  const parts = { findings: 1, origin, stream: source.name, horizonsS, countedFromS };
  const key = createHash('sha256').update(canonical(parts)).digest('hex');
  const known = finished.find(key) as FoundInStream | undefined;
  if (known !== undefined) {
    await onSeconds(source.seconds, true);
    return known;
  }
  const watched = watchedSource(source, onSeconds);
  const found = { profile: await demandProfile(watched), quality: await streamQuality(watched, { horizonsS, countedFromS, voices }) };
  finished.add(key, found);
  return found;
}

/** Demand is gone over twice; each time counts half. */
function watchedSource(source: DemandSource, onSeconds: OnSeconds): DemandSource {
  return {
    ...source,
    async *pieces() {
      for await (const piece of source.pieces()) {
        yield piece;
        await onSeconds(piece.length / 2);
      }
    },
  };
}

/** The lead time and the ride-through with its lead times, as the forecast stage watches them. */
function judgedHorizons(settings: readonly Setting[]): number[] {
  const horizons = settings.flatMap(({ leadTime, rideThroughS }) => {
    const leadTimeS = leadTime.kind === 'fixed' ? leadTime.leadTimeS : Math.max(...leadTime.samplesS);
    return rideThroughS > 0 ? [leadTimeS, rideThroughS + 2 * leadTimeS] : [leadTimeS];
  });
  const judged = horizons.map((each) => Math.min(HORIZON_S_MAX, each <= BIN_S / 2 ? Math.max(1, Math.round(each)) : wholeBins(each)));
  return [...new Set([...judged, HORIZON_S_LEAST])].sort((a, b) => a - b);
}

function wholeBins(horizonS: number): number {
  return Math.ceil(horizonS / BIN_S) * BIN_S;
}

/** Over all streams: each outcome counts once. */
export function pooledCalibration(streams: readonly (readonly CalibrationRow[])[]): CalibrationRow[] {
  const rows = new Map<string, CalibrationRow>();
  for (const row of streams.flat()) {
    const key = `${row.horizonS} ${row.level}`;
    const before = rows.get(key) ?? { ...row, covered: 0, count: 0 };
    const count = before.count + row.count;
    const covered = count === 0 ? 0 : (before.covered * before.count + row.covered * row.count) / count;
    rows.set(key, { ...before, count, covered });
  }
  return [...rows.values()].sort((a, b) => a.horizonS - b.horizonS || a.level - b.level);
}
