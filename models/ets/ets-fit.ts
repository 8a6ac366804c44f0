/**
 * Fits exponential smoothing to a series: for each form the smoothing weights with the smallest mean absolute error over several
 * leads and many origins (the simplex of Nelder and Mead), then the form by AICc.
 *
 * Errors over several leads instead of one, because a forecast is asked for a day ahead: on hourly data the one-bin likelihood
 * chases the level. Profiles of the seasons are means, not fitted numbers, so AICc counts the weights only.
 */
import { initialStates } from './decomposition.ts';
import { nelderMead } from './nelder-mead.ts';
import { copyOf, type EtsForm, type EtsParameters, type EtsStates, expectation, smooth, type Trend } from './smoothing.ts';

export interface FittedEts {
  readonly form: EtsForm;
  readonly parameters: EtsParameters;
}

/** Origins at which errors are looked at: their windows overlap, so more would say little more. */
const ORIGINS = 128;
/** Errors that count as independent, for AICc: fewer than the origins, since they overlap. */
const ERRORS_INDEPENDENT = 100;
/** With fewer origins the first season is all there is: then each error counts. */
const ORIGINS_MIN = 16;
/** Leads beyond a day differ by season only, and cost time. */
const LEADS_MAX = 24;
/** After this many the weights have settled to two digits. */
const EVALUATIONS_MAX = 120;
const SIMPLEX = { step: 1, evaluationsMax: EVALUATIONS_MAX, flat: 1e-5 };
/** Below this mean error of logarithms a fit is perfect. */
const PERFECT = 1e-9;
/** A season is known after two of them. */
export const SEASONS_SEEN_MIN = 2;
/** Starting points: a level that moves by a fifth of an error, a trend by a twentieth of that, seasons by an eighth. */
const START = { alpha: -1.5, beta: -3, phi: 1.5, gamma: -2, rho: 0.5 };

/** Forms worth trying on so many bins: without seasons, with the shortest, with the two shortest; each with and without trend. */
export function candidateForms(bins: number, seasonsBins: readonly number[]): EtsForm[] {
  const seasons = seasonsBins.filter((length) => length > 1 && SEASONS_SEEN_MIN * length <= bins).slice(0, 2);
  const sets = seasons.length === 0 ? [[]] : seasons.map((_, i) => seasons.slice(0, i + 1));
  const trends: readonly Trend[] = ['none', 'damped', 'linear'];
  return sets.flatMap((set) => trends.map((trend) => ({ trend, seasons: set, carries: true })));
}

/** `logs` are log(1 + demand), NaN where nothing is known; undefined when no form gave a finite error. */
export function fitEts(logs: Float64Array, firstBin: number, forms: readonly EtsForm[], leadBins: number): FittedEts | undefined {
  let best: FittedEts | undefined;
  let bestCriterion = Infinity;
  for (const form of forms) {
    const states = initialStates(logs, firstBin, form);
    const loss = lossOf(logs, firstBin, form, states, Math.min(LEADS_MAX, leadBins));
    const minimum = nelderMead((at) => loss(parametersAt(form, at)), startOf(form), SIMPLEX);
    const criterion = correctedAic(minimum.value, minimum.at.length);
    if (criterion >= bestCriterion) continue;
    bestCriterion = criterion;
    best = { form, parameters: parametersAt(form, minimum.at) };
  }
  return best;
}

/** Akaike's criterion for small samples, for errors whose mean size is e^loss. */
function correctedAic(loss: number, weights: number): number {
  const k = weights + 1;
  return 2 * ERRORS_INDEPENDENT * loss + 2 * k + (2 * k * (k + 1)) / (ERRORS_INDEPENDENT - k - 1);
}

function lossOf(logs: Float64Array, firstBin: number, form: EtsForm, initial: EtsStates, leadBins: number) {
  const warmUp = form.seasons[form.seasons.length - 1] ?? 1;
  const stride = strideOf(logs.length, form.seasons[0] ?? 1);
  const isYoung = logs.length - leadBins - warmUp < ORIGINS_MIN * stride;
  const from = isYoung ? 1 : warmUp;
  const expected = new Float64Array(isYoung ? 1 : leadBins);
  return (parameters: EtsParameters): number => {
    const states = copyOf(initial);
    let sum = 0;
    let count = 0;
    smooth(logs, firstBin, parameters, states, (origin) => {
      if (origin % stride !== 0 || origin < from || origin + expected.length > logs.length) return;
      expectation(states, parameters, firstBin + origin, expected);
      for (let i = 0; i < expected.length; i++) {
        const error = Math.abs((logs[origin + i] ?? NaN) - (expected[i] ?? NaN));
        if (Number.isNaN(error)) continue;
        sum += error;
        count++;
      }
    });
    return count === 0 ? NaN : Math.log(sum / count + PERFECT);
  };
}

/** Origins that many bins apart meet every hour of the day. */
function strideOf(bins: number, season: number): number {
  let stride = Math.max(1, Math.floor(bins / ORIGINS));
  while (divisor(stride, season) > 1) stride++;
  return stride;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function startOf(form: EtsForm): Float64Array {
  const start = [START.alpha];
  if (form.trend !== 'none') start.push(START.beta);
  if (form.trend === 'damped') start.push(START.phi);
  for (const _ of form.seasons) start.push(START.gamma);
  if (form.carries) start.push(START.rho);
  return Float64Array.from(start);
}

/** Weights within their bounds, from numbers without any. */
function parametersAt(form: EtsForm, at: Float64Array): EtsParameters {
  let next = 0;
  const take = () => at[next++] ?? 0;
  const alpha = share(take());
  const beta = form.trend === 'none' ? 0 : 0.5 * alpha * share(take());
  let phi = form.trend === 'none' ? 0 : 1;
  if (form.trend === 'damped') phi = 0.8 + 0.19 * share(take());
  const gammas = form.seasons.map(() => (1 - alpha) * share(take()));
  const rho = form.carries ? 0.99 * Math.tanh(take()) : 0;
  return { alpha, beta, phi, gammas, rho };
}

function share(unbounded: number): number {
  return 0.9999 / (1 + Math.exp(-unbounded));
}
