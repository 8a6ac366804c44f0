/**
 * Counts in 16 bits: logarithmic, 1,200 steps to the octave. Keeps weeks of history at two bytes a minute. Whole numbers up to
 * 1,500 come back exactly, others within 0.03 %, far below what demand itself scatters.
 */

/** 65,535 / 1,200 = 54.6 octaves: every ordinal (at most 2^53 - 1) fits. */
const STEPS_PER_OCTAVE = 1_200;
const CODES = 65_536;
/** Up to here each whole number has a code of its own. */
const EXACT_MAX = 1_500;

export function encodeCount(count: number): number {
  return Math.min(CODES - 1, Math.round(STEPS_PER_OCTAVE * Math.log2(1 + count)));
}

export function decodeCount(code: number): number {
  return COUNTS[code] ?? 0;
}

/** The count of each code. */
export const COUNTS = decodedCounts();

function decodedCounts(): Float64Array {
  const counts = new Float64Array(CODES);
  for (let code = 0; code < CODES; code++) counts[code] = 2 ** (code / STEPS_PER_OCTAVE) - 1;
  for (let count = 0; count <= EXACT_MAX; count++) counts[encodeCount(count)] = count;
  return counts;
}
