/**
 * The network's parameters as one run of numbers: which matrix lies where, and what they start from. Kept apart from TensorFlow, so
 * that optimising, saving and comparing them are plain loops, the same on every backend.
 */
import type { Rng } from '../../core/rng.ts';
import { HASH_SLOTS, LEAD_COLUMN, LEAD_FEATURES, STATIC_FEATURES, STEP_FEATURES } from './features.ts';
import type { LstmSpec } from './spec.ts';

export interface ParameterPlace {
  readonly name: ParameterName;
  readonly shape: readonly [number, number] | readonly [number];
  readonly at: number;
  readonly length: number;
}

export type ParameterName =
  | 'lstm.kernel'
  | 'lstm.recurrent'
  | 'lstm.bias'
  | 'names'
  | 'dense.state'
  | 'dense.statics'
  | 'dense.names'
  | 'dense.leads'
  | 'dense.bias'
  | 'quantiles'
  | 'quantiles.bias'
  | 'skip';

/** The last layer starts small, so that the skip is heard first. */
const QUIET = 0.1;
/** Width of what client type and service are pressed into. */
const NAME_UNITS = 8;

export function parameterPlaces(spec: LstmSpec): readonly ParameterPlace[] {
  const { units, levels } = spec;
  const shapes: readonly (readonly [ParameterName, ParameterPlace['shape']])[] = [
    ['lstm.kernel', [STEP_FEATURES, 4 * units]],
    ['lstm.recurrent', [units, 4 * units]],
    ['lstm.bias', [4 * units]],
    ['names', [HASH_SLOTS, NAME_UNITS]],
    ['dense.state', [units, units]],
    ['dense.statics', [STATIC_FEATURES, units]],
    ['dense.names', [NAME_UNITS, units]],
    ['dense.leads', [LEAD_FEATURES, units]],
    ['dense.bias', [units]],
    ['quantiles', [units, levels.length]],
    ['quantiles.bias', [levels.length]],
    ['skip', [LEAD_FEATURES, 1]],
  ];
  let at = 0;
  return shapes.map(([name, shape]) => {
    const length = shape[0] * (shape[1] ?? 1);
    at += length;
    return { name, shape, at: at - length, length };
  });
}

export function parameterCount(spec: LstmSpec): number {
  return parameterPlaces(spec).reduce((sum, place) => sum + place.length, 0);
}

/** Training starts from here: random where it must be, and otherwise as good as a seasonal average. */
export function initialParameters(spec: LstmSpec, rng: Rng): Float32Array {
  const all = new Float32Array(parameterCount(spec));
  for (const place of parameterPlaces(spec)) {
    const values = all.subarray(place.at, place.at + place.length);
    if (place.name === 'skip') startSkip(spec, values);
    else if (place.name === 'quantiles.bias') startQuantiles(spec, values);
    // A memory that keeps what it has, at first.
    else if (place.name === 'lstm.bias') values.fill(1, spec.units, 2 * spec.units);
    else if (place.shape.length === 2) startUniform(place.shape, values, rng, place.name === 'quantiles' ? QUIET : 1);
  }
  return all;
}

/** Glorot's uniform start: what goes through a layer neither grows nor fades. */
function startUniform([rows, columns]: readonly [number, number], values: Float32Array, rng: Rng, share: number): void {
  const limit = share * Math.sqrt(6 / (rows + columns));
  for (let i = 0; i < values.length; i++) values[i] = (2 * rng.next() - 1) * limit;
}

/** Measured series lean on days and weeks; counts lean on what was asked for within the last hour. */
function startSkip(spec: LstmSpec, values: Float32Array): void {
  if (spec.spread === 'measured') {
    // Added to yesterday: three tenths of it stay, four are the days' mean, three the week before.
    values[LEAD_COLUMN.daysBeyond] = 0.4;
    values[LEAD_COLUMN.weekBeyond] = 0.3;
    return;
  }
  const seasonal = spec.seasonsBins.day !== undefined;
  values[LEAD_COLUMN.yesterday] = seasonal ? 0.1 : 0;
  values[LEAD_COLUMN.lastDays] = seasonal ? 0.3 : 0;
  values[LEAD_COLUMN.recentRate] = 0.6;
  // log(usual + planned) is log(usual) + log(1 + planned / usual): a plan counts in full until experience says otherwise.
  values[LEAD_COLUMN.announced] = 1;
}

/** Steps between neighbouring levels before softplus; many levels lie closer together. */
function startQuantiles(spec: LstmSpec, values: Float32Array): void {
  const step = spec.levels.length > 6 && spec.spread === 'counts' ? -2.5 : -1;
  values.fill(step);
  const middle = spec.levels.findIndex((level) => level >= 0.5);
  values[0] = -Math.max(0, middle) * Math.log1p(Math.exp(step));
}
