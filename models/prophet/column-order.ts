/**
 * Prophet hands its seasons to the optimiser in the order of a hash map, which differs from fit to fit, and the optimiser ends
 * somewhere else with every order. Here the columns are put in an order of their own before, and the weights back after.
 */
import type { ProphetInitialParams, ProphetOptimizeOptions, ProphetOptimizeOutput } from '@bsull/augurs/prophet';

export type Optimize = (init: ProphetInitialParams, data: string, options: ProphetOptimizeOptions) => ProphetOptimizeOutput;

/** What of the optimiser's input has an entry for each column. */
interface Columns {
  readonly K: number;
  /** One row for each time. */
  readonly X: readonly (readonly number[])[];
  readonly s_a: readonly number[];
  readonly s_m: readonly number[];
  readonly sigmas: readonly number[];
}

export function inColumnOrder(optimize: Optimize): Optimize {
  return (init, json, options) => {
    const data = JSON.parse(json) as Columns;
    const order = columnOrder(data);
    const pick = (of: ArrayLike<number>) => order.map((column) => of[column] ?? 0);
    const ordered = { ...data, X: data.X.map(pick), s_a: pick(data.s_a), s_m: pick(data.s_m), sigmas: pick(data.sigmas) };
    const output = optimize({ ...init, beta: Float64Array.from(pick(init.beta)) }, JSON.stringify(ordered), options);
    const beta = new Float64Array(order.length);
    order.forEach((column, place) => {
      beta[column] = output.params.beta[place] ?? 0;
    });
    return { ...output, params: { ...output.params, beta } };
  };
}

/** Columns by their values, from the first row on in which they differ. */
function columnOrder({ K, X }: Columns): number[] {
  return Array.from({ length: K }, (_, column) => column).sort((a, b) => {
    const row = X.find((values) => values[a] !== values[b]);
    return row === undefined ? a - b : (row[a] ?? 0) - (row[b] ?? 0);
  });
}
