/**
 * Diebold-Mariano: are two models' losses different by more than chance, when losses of neighbouring origins go together because
 * their horizons overlap? With the correction for few origins of Harvey, Leybourne and Newbold (1997).
 */
import { twoSidedP } from './student-t.ts';

export interface Comparison {
  /** Mean of the loss differences; negative where the first model is better. */
  readonly meanDifference: number;
  /** `NaN` where all differences are equal or there are too few. */
  readonly statistic: number;
  readonly p: number;
  readonly count: number;
}

/**
 * `differences` are losses of the first model minus those of the second, in order of their origins. `overlap` is the number of
 * origins within one horizon: 1 where horizons do not overlap, or where the differences are of separate series.
 */
export function dieboldMariano(differences: ArrayLike<number>, overlap: number): Comparison {
  const count = differences.length;
  const lags = Math.max(1, Math.min(overlap, Math.floor(count / 2)));
  let sum = 0;
  for (let i = 0; i < count; i++) sum += differences[i] ?? 0;
  const meanDifference = sum / count;
  if (count < 2) return { meanDifference, statistic: NaN, p: NaN, count };
  let variance = autocovariance(differences, meanDifference, 0);
  for (let lag = 1; lag < lags; lag++) variance += 2 * autocovariance(differences, meanDifference, lag);
  // The rectangular window can come out negative; the plain variance is then the careful answer that is left.
  if (variance <= 0) variance = autocovariance(differences, meanDifference, 0);
  const correction = Math.sqrt((count + 1 - 2 * lags + (lags * (lags - 1)) / count) / count);
  const statistic = variance > 0 ? (meanDifference / Math.sqrt(variance / count)) * correction : NaN;
  return { meanDifference, statistic, p: twoSidedP(statistic, count - 1), count };
}

function autocovariance(values: ArrayLike<number>, mean: number, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += ((values[i] ?? 0) - mean) * ((values[i - lag] ?? 0) - mean);
  return sum / values.length;
}
