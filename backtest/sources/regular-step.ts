/** Whether times are those of bins, and how long a bin is: the commonest distance between a time and the next. */

/** Of all distances, the commonest has at least so many: of bins that are left out oftener, nobody can say that they are bins. */
const COMMONEST_SHARE = 0.5;
/** A clock that is put right, or a bin that was left out, happens; more than that is no rhythm. */
const REGULAR_SHARE = 0.9;
/** How far from a whole number of steps, in steps, a row of a bin may be. */
const JITTER_STEPS = 0.1;

/** The commonest distance above 0, the shortest of equals; undefined where all times are the same. Times in their order. */
export function commonestDistance(times: ArrayLike<number>): number | undefined {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i++) {
    const distance = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return commonest?.[0];
}

/** The length of the bins that times stand for, where they come regularly; each list is one stream's. */
export function regularStep(lists: readonly (readonly number[])[], distancesMin: number): number | undefined {
  const distances = lists.flatMap((times) => times.slice(1).map((time, i) => time - (times[i] ?? 0)));
  const sums = [0];
  for (const distance of distances) sums.push((sums.at(-1) ?? 0) + Math.max(0, distance));
  const step = commonestDistance(sums);
  if (step === undefined || distances.length < distancesMin) return undefined;
  const stepsOf = (distance: number): number => {
    const steps = Math.round(distance / step);
    return Math.abs(distance / step - steps) <= JITTER_STEPS ? steps : 0;
  };
  const isRegular =
    distances.filter((distance) => stepsOf(distance) >= 1).length >= REGULAR_SHARE * distances.length &&
    distances.filter((distance) => stepsOf(distance) === 1).length >= COMMONEST_SHARE * distances.length;
  return isRegular ? step : undefined;
}
