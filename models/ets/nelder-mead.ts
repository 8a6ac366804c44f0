/**
 * Finds a minimum of a function of a few numbers without its derivatives, by the simplex of Nelder and Mead with the usual
 * coefficients. Deterministic; stops after so many evaluations, or when the simplex has become flat.
 */
export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
}

export interface SimplexOptions {
  /** How far the first simplex reaches from the start, in each direction. */
  readonly step: number;
  readonly evaluationsMax: number;
  /** Difference of the values at its corners below which a simplex is flat. */
  readonly flat: number;
}

export function nelderMead(loss: (at: Float64Array) => number, start: Float64Array, options: SimplexOptions): Minimum {
  const size = start.length;
  let evaluations = 0;
  const corner = (at: Float64Array): Minimum => {
    evaluations++;
    const value = loss(at);
    return { at, value: Number.isNaN(value) ? Infinity : value };
  };
  const corners = [corner(start.slice())];
  for (let i = 0; i < size; i++) {
    const at = start.slice();
    at[i] = (at[i] ?? 0) + options.step;
    corners.push(corner(at));
  }
  const sort = () => corners.sort((a, b) => a.value - b.value);
  sort();
  while (evaluations < options.evaluationsMax) {
    const best = corners[0] as Minimum;
    const worst = corners[size] as Minimum;
    if (worst.value - best.value <= options.flat) break;
    const centre = centreOf(corners, size);
    const along = (factor: number) => corner(centre.map((value, i) => value + factor * ((worst.at[i] ?? 0) - value)));
    const next = replacement(worst, best, corners[size - 1] as Minimum, along);
    if (next === undefined) shrink(corners, best, corner);
    else corners[size] = next;
    sort();
  }
  return corners[0] as Minimum;
}

/** The corner that takes the place of the worst one; undefined when nothing along that line is better. */
function replacement(worst: Minimum, best: Minimum, second: Minimum, along: (factor: number) => Minimum): Minimum | undefined {
  const reflected = along(-1);
  if (reflected.value < best.value) {
    const expanded = along(-2);
    return expanded.value < reflected.value ? expanded : reflected;
  }
  if (reflected.value < second.value) return reflected;
  const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
  return contracted.value < Math.min(worst.value, reflected.value) ? contracted : undefined;
}

function centreOf(corners: readonly Minimum[], size: number): Float64Array {
  const centre = new Float64Array(size);
  for (const { at } of corners.slice(0, size)) {
    for (let i = 0; i < size; i++) centre[i] = (centre[i] ?? 0) + (at[i] ?? 0) / size;
  }
  return centre;
}

function shrink(corners: Minimum[], best: Minimum, corner: (at: Float64Array) => Minimum): void {
  for (let k = 1; k < corners.length; k++) {
    const at = corners[k]?.at ?? best.at;
    corners[k] = corner(at.map((value, i) => (value + (best.at[i] ?? 0)) / 2));
  }
}
