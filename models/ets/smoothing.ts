/**
 * Exponential smoothing in its additive form on log(1 + demand): level, trend (none, linear or damped), any number of seasons, and
 * optionally an error that carries over to the next bin. One pass moves the states through a series; bins that tell nothing (NaN)
 * move them by their own expectation.
 *
 *   expected = level + φ·trend + Σ season + ρ·last error      (all but ρ: Hyndman et al. 2008; several seasons, ρ: Taylor 2003)
 *   level += φ·trend + α·error, trend = φ·trend + β·error, season += γ·error     (error without the carried part)
 */
export type Trend = 'none' | 'linear' | 'damped';

export interface EtsForm {
  readonly trend: Trend;
  /** Lengths in bins, shortest first. */
  readonly seasons: readonly number[];
  readonly carries: boolean;
}

export interface EtsParameters {
  readonly alpha: number;
  readonly beta: number;
  readonly phi: number;
  /** One for each season. */
  readonly gammas: readonly number[];
  readonly rho: number;
}

export interface EtsStates {
  level: number;
  trend: number;
  /** The deviation from the states in the last bin, of which ρ carries over. */
  carried: number;
  /** Place in the season is the bin's index since the epoch, modulo its length. */
  readonly seasons: readonly Float64Array[];
}

export function copyOf(states: EtsStates): EtsStates {
  return { ...states, seasons: states.seasons.map((season) => season.slice()) };
}

/** Told before each bin: the states are those in front of it. */
export type AtOrigin = (origin: number) => void;

/** Moves the states in place through all values. */
export function smooth(values: Float64Array, firstBin: number, parameters: EtsParameters, states: EtsStates, atOrigin?: AtOrigin): void {
  const { alpha, beta, phi, gammas, rho } = parameters;
  const [first = NOTHING, second = NOTHING] = states.seasons;
  const [gammaFirst = 0, gammaSecond = 0] = gammas;
  let { level, trend, carried } = states;
  let atFirst = firstBin % first.length;
  let atSecond = firstBin % second.length;
  for (let i = 0; i < values.length; i++) {
    if (atOrigin !== undefined) {
      states.level = level;
      states.trend = trend;
      states.carried = carried;
      atOrigin(i);
    }
    trend *= phi;
    level += trend;
    carried *= rho;
    const deviation = (values[i] as number) - level - (first[atFirst] as number) - (second[atSecond] as number);
    if (!Number.isNaN(deviation)) {
      carried = deviation;
      level += alpha * deviation;
      trend += beta * deviation;
      first[atFirst] = (first[atFirst] as number) + gammaFirst * deviation;
      second[atSecond] = (second[atSecond] as number) + gammaSecond * deviation;
    }
    if (++atFirst === first.length) atFirst = 0;
    if (++atSecond === second.length) atSecond = 0;
  }
  states.level = level;
  states.trend = trend;
  states.carried = carried;
}

/** The season of a form that has none: nothing, once a bin. */
const NOTHING = new Float64Array(1);

/** What the states expect of the next bins, of which `bin` is the first: log(1 + demand) into `into`. */
export function expectation(states: EtsStates, parameters: EtsParameters, bin: number, into: Float64Array): void {
  const { phi, rho } = parameters;
  const [first = NOTHING, second = NOTHING] = states.seasons;
  let { level, trend, carried } = states;
  let atFirst = bin % first.length;
  let atSecond = bin % second.length;
  for (let i = 0; i < into.length; i++) {
    trend *= phi;
    level += trend;
    carried *= rho;
    into[i] = level + carried + (first[atFirst] as number) + (second[atSecond] as number);
    if (++atFirst === first.length) atFirst = 0;
    if (++atSecond === second.length) atSecond = 0;
  }
}
