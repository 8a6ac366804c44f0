/**
 * Fixed-share weights: exponential weights on each expert's loss, learnt when an outcome is known, with a share given back to all.
 * Source: Herbster and Warmuth 1998; forecasting study, section 7.3. Weights of several mixtures lie in one array, row by row.
 */

/** Learning rate: 2 and 8 chase the last outcome and cover too little. */
const LEARNING_RATE = 0.5;
/** Weight given back to all at each outcome, so that an expert that was bad for weeks can return within hours. */
export const SHARE = 0.01;
/** One burst that nobody foresaw must not decide for ever. */
export const LOSS_MAX = 5;

/** Pinball loss of a quantile, in units of `scale`, at most `LOSS_MAX`; `NaN` where nothing was said. */
export function boundedLoss(error: number, level: number, scale: number): number {
  return Math.min(LOSS_MAX, Math.max(level * error, (level - 1) * error) / scale);
}

/**
 * Updates the weights `[from, from + losses.length)` in place. An expert without a loss (`NaN`) keeps its own share for later. What is
 * given back goes to all alike, or as `prior` says.
 */
export function reweigh(
  weights: Float64Array,
  from: number,
  losses: ArrayLike<number>,
  count: number,
  share = SHARE,
  prior?: ArrayLike<number>,
): void {
  let least = Infinity;
  let before = 0;
  for (let k = 0; k < count; k++) {
    const loss = losses[k] ?? NaN;
    if (Number.isNaN(loss)) continue;
    least = Math.min(least, loss);
    before += weights[from + k] ?? 0;
  }
  // Relative to the best: otherwise one burst makes all weights vanish at once.
  let after = 0;
  for (let k = 0; k < count; k++) {
    const loss = losses[k] ?? NaN;
    if (Number.isNaN(loss)) continue;
    const weight = (weights[from + k] ?? 0) * Math.exp(-LEARNING_RATE * (loss - least));
    weights[from + k] = weight;
    after += weight;
  }
  for (let k = 0; k < count; k++) {
    const weight = weights[from + k] ?? 0;
    const normalised = Number.isNaN(losses[k] ?? NaN) ? weight : (weight * before) / after;
    weights[from + k] = (1 - share) * normalised + share * (prior?.[k] ?? 1 / count);
  }
}

/** Weighted mean of what was said from `at` on; experts that said nothing (`NaN`) are left out, and the others count for more. */
export function mixed(weights: Float64Array, from: number, said: ArrayLike<number>, at: number, count: number): number {
  let sum = 0;
  let total = 0;
  for (let k = 0; k < count; k++) {
    const value = said[at + k] ?? NaN;
    if (Number.isNaN(value)) continue;
    const weight = weights[from + k] ?? 0;
    sum += weight * value;
    total += weight;
  }
  return total > 0 ? sum / total : 0;
}

/**
 * The same mean, of logarithms: for upper quantiles, where pinball hardly punishes who says far too much. An expert that says seven times
 * too much and keeps a fourteenth of the weight adds 40 % to the plain mean, and 15 % to this one.
 */
export function mixedLogs(weights: Float64Array, from: number, said: ArrayLike<number>, at: number, count: number): number {
  for (let k = 0; k < count; k++) LOGS[k] = Math.log1p(said[at + k] ?? NaN);
  return Math.expm1(mixed(weights, from, LOGS, 0, count));
}

/** Scratch, filled before each use. */
const LOGS: number[] = [];
