/**
 * What an LSTM is made for: the bins it reads, the leads and levels it says, the seasons it knows. Weights belong to one spec and
 * are useless with another, so a spec is saved with them.
 */
import type { LeadGrid } from '../contract.ts';

/** Raised whenever the meaning or order of a feature changes: weights of another schema are refused. */
export const FEATURE_SCHEMA = 1;

export interface LstmSpec {
  readonly binMs: number;
  /** Bins before the origin that the recurrent part reads. */
  readonly contextBins: number;
  /** Ascending. */
  readonly leadsBins: readonly number[];
  /** Probability levels, ascending. */
  readonly levels: readonly number[];
  readonly of: LeadGrid['of'];
  /** Lengths of the day and the week, or of what repeats shortly and slowly; left out where nothing repeats. */
  readonly seasonsBins: { readonly day?: number; readonly week?: number };
  /**
   * `counts`: what varies does so by chance of arrivals, and quiet streams can burst. `measured`: series of very different
   * smoothness, each scaled by how much it differs from the day before.
   */
  readonly spread: 'counts' | 'measured';
  /** Width of the recurrent state and of the layer that says quantiles. */
  readonly units: number;
  readonly featureSchema: number;
}

const HOUR_MS = 3_600_000;
const UNITS = 64;

/** Hourly series as in the M4 competition: each of the next 48 hours by itself. */
export const HOURLY_SPEC: LstmSpec = {
  binMs: HOUR_MS,
  contextBins: 72,
  leadsBins: Array.from({ length: 48 }, (_, i) => i + 1),
  levels: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
  of: 'bin',
  seasonsBins: { day: 24, week: 168 },
  spread: 'measured',
  units: UNITS,
  featureSchema: FEATURE_SCHEMA,
};

/** Counts in bins of five minutes: what is asked for within 5, 15, 30 and 60 minutes. */
export const FIVE_MINUTE_SPEC: LstmSpec = {
  binMs: 300_000,
  contextBins: 48,
  leadsBins: [1, 3, 6, 12],
  levels: [0.1, 0.5, 0.9, 0.95, 0.99],
  of: 'total',
  seasonsBins: { day: 288, week: 2_016 },
  spread: 'counts',
  units: UNITS,
  featureSchema: FEATURE_SCHEMA,
};

/** Streams of a running installation, minute by minute, up to the longest ride-through. */
export const LIVE_SPEC: LstmSpec = {
  binMs: 60_000,
  contextBins: 60,
  leadsBins: [1, 2, 3, 5, 10, 15, 30, 60, 120, 240, 360],
  levels: [0.1, 0.5, 0.9, 0.95, 0.99],
  of: 'total',
  seasonsBins: { day: 1_440, week: 10_080 },
  spread: 'counts',
  units: UNITS,
  featureSchema: FEATURE_SCHEMA,
};

/** The preset for bins of that length where it covers the grid, else one made for the grid. */
export function specFor(binMs: number, seasonsBins: readonly number[], grid: LeadGrid): LstmSpec {
  const day = seasonsBins[0];
  const week = seasonsBins[1];
  return {
    binMs,
    contextBins: presetOf(binMs)?.contextBins ?? CONTEXT_BINS,
    leadsBins: grid.leadsMs.map((leadMs) => Math.max(1, Math.round(leadMs / binMs))),
    levels: [...grid.levels],
    of: grid.of,
    seasonsBins: { ...(day === undefined ? {} : { day }), ...(week === undefined ? {} : { week }) },
    // What is asked bin by bin is scored against what it was the day before.
    spread: grid.of === 'bin' && day !== undefined ? 'measured' : 'counts',
    units: UNITS,
    featureSchema: FEATURE_SCHEMA,
  };
}

const CONTEXT_BINS = 60;

function presetOf(binMs: number): LstmSpec | undefined {
  return [HOURLY_SPEC, FIVE_MINUTE_SPEC, LIVE_SPEC].find((preset) => preset.binMs === binMs);
}

/** Bins of history a stream needs: the context, and a day before it to compare with. */
export function historyBinsMin(spec: LstmSpec): number {
  return spec.contextBins + (spec.seasonsBins.day ?? 0);
}

/** Bins of history a series needs to be learnt from. */
export function trainingBinsMin(spec: LstmSpec): number {
  return historyBinsMin(spec) + (spec.leadsBins[spec.leadsBins.length - 1] as number);
}
