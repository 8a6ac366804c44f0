/**
 * Where exponential smoothing starts from: level and trend at the beginning of a series, and the profile of each season, found one
 * after the other, shortest first, as means of what the level and the shorter seasons leave over.
 */
import { knownMean } from '../series/known-mean.ts';
import type { EtsForm, EtsStates } from './smoothing.ts';

/** Without seasons the level is a mean of so many bins. */
const UNSEASONAL_BLOCK = 12;

export function initialStates(values: Float64Array, firstBin: number, form: EtsForm): EtsStates {
  const rest = values.slice();
  const longest = form.seasons[form.seasons.length - 1] ?? UNSEASONAL_BLOCK;
  const blocks = blockMeans(values, longest);
  const seasons = form.seasons.map((length) => new Float64Array(length));
  if (form.seasons.length > 0) {
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] ?? NaN) - levelAt(blocks, i, longest);
    for (const season of seasons) takeProfile(rest, firstBin, season);
  }
  const first = blocks[0] ?? 0;
  const last = blocks[blocks.length - 1] ?? first;
  const trend = form.trend === 'none' || blocks.length < 2 ? 0 : (last - first) / ((blocks.length - 1) * longest);
  return { level: first - (trend * longest) / 2, trend, carried: 0, seasons };
}

/** Means of whole seasons, or of the dozens where there is none; at least one. */
function blockMeans(values: Float64Array, length: number): number[] {
  const means: number[] = [];
  const blocks = Math.max(1, Math.floor(values.length / length));
  for (let block = 0; block < blocks; block++) {
    const mean = knownMean(values, block * length, Math.min(values.length, (block + 1) * length));
    means.push(Number.isNaN(mean) ? (means[block - 1] ?? 0) : mean);
  }
  return means;
}

/** Level of a bin, interpolated between the middles of the blocks. */
function levelAt(blocks: readonly number[], bin: number, length: number): number {
  const at = Math.min(blocks.length - 1, Math.max(0, (bin + 0.5) / length - 0.5));
  const below = Math.floor(at);
  const low = blocks[below] ?? 0;
  return low + (at - below) * ((blocks[below + 1] ?? low) - low);
}

/** Means of the bins at each place of the season, their mean taken out; what is left over in `rest` is without them. */
function takeProfile(rest: Float64Array, firstBin: number, season: Float64Array): void {
  const length = season.length;
  const counts = new Uint32Array(length);
  for (let i = 0; i < rest.length; i++) {
    const value = rest[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    const at = (firstBin + i) % length;
    season[at] = (season[at] ?? 0) + value;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (let at = 0; at < length; at++) season[at] = (season[at] ?? 0) / Math.max(1, counts[at] ?? 0);
  const mean = knownMean(season, 0, length);
  for (let at = 0; at < length; at++) season[at] = (season[at] ?? 0) - mean;
  for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] ?? NaN) - (season[(firstBin + i) % length] ?? 0);
}
