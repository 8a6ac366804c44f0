/**
 * The end of a history, as much of it as a forecaster looks at, made safe to compute with: outages are NaN (they tell nothing),
 * everything else is finite and not negative. A copy, so that a stream of two million points costs what its end costs.
 */
import type { LeadGrid, Refusal, SeriesHistory } from '../contract.ts';

export interface SeriesEnd {
  readonly key: string;
  readonly binMs: number;
  readonly endMs: number;
  /** Bins from the epoch to the first value: tells its place in a season. */
  readonly firstBin: number;
  readonly values: Float64Array;
  /** Values that are not outages. */
  readonly known: number;
}

/** Leads in bins, ascending. */
export interface Leads {
  readonly bins: readonly number[];
  readonly last: number;
  readonly levels: readonly number[];
  readonly isTotal: boolean;
}

type Refused = Omit<Refusal, 'model'>;

export function isRefused(given: object): given is Refused {
  return 'refused' in given;
}

export function seriesEnd(history: SeriesHistory, binsMax: number): SeriesEnd | Refused {
  const { demand, outages, binMs, startMs, key } = history;
  const skipped = Math.max(0, demand.length - binsMax);
  const values = demand.slice(skipped);
  let known = 0;
  for (let i = 0; i < values.length; i++) {
    if (outages?.[skipped + i] === 1) {
      values[i] = NaN;
      continue;
    }
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) return { refused: 'not-finite', detail: `bin ${skipped + i} of the history is ${value}` };
    values[i] = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value));
    known++;
  }
  const firstBin = Math.floor(startMs / binMs) + skipped;
  return { key, binMs, endMs: startMs + demand.length * binMs, firstBin, values, known };
}

export function leadsOf(grid: LeadGrid, binMs: number): Leads | Refused {
  const bins = grid.leadsMs.map((leadMs) => leadMs / binMs);
  const ascend = bins.every((lead, i) => Number.isInteger(lead) && lead > (bins[i - 1] ?? 0));
  if (!ascend || bins.length === 0) return { refused: 'unsupported-grid', detail: `leads must be ascending multiples of ${binMs} ms` };
  return { bins, last: bins[bins.length - 1] ?? 1, levels: grid.levels, isTotal: grid.of === 'total' };
}

/** The values with each outage filled by what was there a season before, or else by the last known value. */
export function filled(values: Float64Array, season: number): Float64Array {
  const whole = values.slice();
  let last = values.find((value) => !Number.isNaN(value)) ?? 0;
  for (let i = 0; i < whole.length; i++) {
    const value = whole[i] ?? NaN;
    if (Number.isNaN(value)) whole[i] = season > 0 && i >= season ? (whole[i - season] ?? last) : last;
    else last = value;
  }
  return whole;
}
