/**
 * Holt and Winters over minutes, with the seasons of an hour and a day where the training part holds two of them: weights and first
 * states are fitted to its end as `models/ets` fits them, and move on minute by minute.
 */
import { initialStates } from '../../../models/ets/decomposition.ts';
import { candidateForms, fitEts } from '../../../models/ets/ets-fit.ts';
import { type EtsParameters, type EtsStates, expectation, smooth } from '../../../models/ets/smoothing.ts';
import type { DemandQuantiles } from './demand-quantiles.ts';
import { MINUTE_S, Scatter } from './scatter.ts';

const HOUR_MINUTES = 60;
const DAY_MINUTES = 1_440;
const SEASONS = [HOUR_MINUTES, DAY_MINUTES];
/** What is older than six days has been smoothed away. */
const FITTED_MINUTES_MAX = 6 * DAY_MINUTES;
/** A dozen minutes tell a level from a burst; shorter trainings say nothing. */
const FITTED_MINUTES_MIN = 24;
/** Beyond twenty times the busiest minute a forecast has exploded. */
const BOUND = 20;

/** `trainingS`: seconds of demand up to the split; `longestS`: the longest horizon that will be asked for. */
export function holtWintersQuantiles(trainingS: Uint32Array, longestS: number): DemandQuantiles {
  const training = minutesOf(trainingS);
  const logs = training.slice(-FITTED_MINUTES_MAX).map(Math.log1p);
  const firstMinute = training.length - logs.length;
  const leadMinutes = Math.ceil(longestS / MINUTE_S);
  const forms = candidateForms(logs.length, SEASONS);
  const model = logs.length < FITTED_MINUTES_MIN ? undefined : fitEts(logs, firstMinute, forms, leadMinutes);
  if (model === undefined) return { name: NAME, observe: () => false, quantile: () => 0 };
  const busiest = training.reduce((most, value) => Math.max(most, value), 0);
  return new HoltWinters(model.parameters, initialStates(logs, firstMinute, model.form), leadMinutes, Math.log1p(BOUND * (1 + busiest)));
}

const NAME = 'Holt-Winters';

class HoltWinters implements DemandQuantiles {
  readonly name = NAME;
  private readonly parameters: EtsParameters;
  private readonly states: EtsStates;
  private readonly bound: number;
  private readonly scatter = new Scatter();
  /** Expected logarithms of the minutes to come. */
  private readonly expected: Float64Array;
  private readonly newest = new Float64Array(1);
  private minute = 0;
  private seconds = 0;
  private ofMinute = 0;

  constructor(parameters: EtsParameters, states: EtsStates, leadMinutes: number, bound: number) {
    this.parameters = parameters;
    this.states = states;
    this.bound = bound;
    this.expected = new Float64Array(leadMinutes);
    expectation(states, parameters, 0, this.expected);
  }

  observe(demand: number): boolean {
    this.ofMinute += demand;
    this.seconds++;
    if (this.seconds % MINUTE_S !== 0) return false;
    this.scatter.learn(this.point(MINUTE_S), this.ofMinute);
    this.newest[0] = Math.log1p(this.ofMinute);
    smooth(this.newest, this.minute, this.parameters, this.states);
    this.minute++;
    this.ofMinute = 0;
    expectation(this.states, this.parameters, this.minute, this.expected);
    return true;
  }

  quantile(level: number, horizonS: number): number {
    return this.scatter.quantile(level, this.point(horizonS), horizonS);
  }

  private point(horizonS: number): number {
    let sum = 0;
    let left = horizonS / MINUTE_S;
    for (let i = 0; left > 0; i++) {
      // Horizons end where they were said to end: what is beyond is like the last minute.
      const log = this.expected[Math.min(i, this.expected.length - 1)] ?? 0;
      sum += Math.min(1, left) * Math.max(0, Math.expm1(Math.min(this.bound, log)));
      left--;
    }
    return sum;
  }
}

function minutesOf(seconds: Uint32Array): Float64Array {
  const minutes = new Float64Array(Math.floor(seconds.length / MINUTE_S));
  for (let i = 0; i < minutes.length * MINUTE_S; i++) {
    const minute = Math.floor(i / MINUTE_S);
    minutes[minute] = (minutes[minute] ?? 0) + (seconds[i] ?? 0);
  }
  return minutes;
}
