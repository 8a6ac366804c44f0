/** The middle of what was measured: one slow round moves it little. The upper one where there are two. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}
