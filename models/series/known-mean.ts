/** Means of stretches in which not every bin was seen: a bin that was not is `NaN`. */

/** Mean of the bins that are known, NaN where none is. */
export function knownMean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
