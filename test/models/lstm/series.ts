/** Small networks and plain series to try the LSTM with. */
import type { LeadGrid, SeriesHistory } from '../../../models/contract.ts';
import { FEATURE_SCHEMA, type LstmSpec } from '../../../models/lstm/spec.ts';

export const MINUTE_MS = 60_000;

/** A day of 24 bins, a week of 168. */
export const SMALL_SPEC: LstmSpec = {
  binMs: MINUTE_MS,
  contextBins: 4,
  leadsBins: [1, 2, 4],
  levels: [0.1, 0.5, 0.9],
  of: 'total',
  seasonsBins: { day: 24, week: 168 },
  spread: 'counts',
  units: 6,
  featureSchema: FEATURE_SCHEMA,
};

export const SMALL_GRID: LeadGrid = { leadsMs: [MINUTE_MS, 2 * MINUTE_MS, 4 * MINUTE_MS], levels: [0.1, 0.5, 0.9], of: 'total' };

export function series(bins: number, demandAt: (bin: number) => number, more: Partial<SeriesHistory> = {}): SeriesHistory {
  return { key: 'series', binMs: MINUTE_MS, startMs: 0, demand: Float64Array.from({ length: bins }, (_, bin) => demandAt(bin)), ...more };
}

/** Goes up and down once a day. */
export function daily(bins: number, level: number, more: Partial<SeriesHistory> = {}): SeriesHistory {
  return series(bins, (bin) => level * (2 + Math.sin((bin / 24) * 2 * Math.PI)), more);
}

export const THREE_LEVELS: readonly SeriesHistory[] = [1, 10, 100].map((level) => daily(400, level, { key: `level ${level}` }));
