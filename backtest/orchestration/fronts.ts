/**
 * Pareto fronts: the policies that nobody beats in two things at once. A policy that stalls is not admitted, whatever it saves: with
 * no stock at all, idle stock is least.
 */

/** What is given up and what is gained, both to be small: negate what should be large. */
export interface FrontPoint {
  readonly cost: number;
  readonly other: number;
}

/** For each point whether it is on the front: no other is as small in both and smaller in one. Of equal points the first is. */
export function frontOf(points: readonly FrontPoint[]): boolean[] {
  const order = points.map((_, i) => i).sort((a, b) => compared(points, a, b));
  const onFront = points.map(() => false);
  let least = Infinity;
  for (const i of order) {
    const point = points[i];
    if (point === undefined || !(point.other < least)) continue;
    least = point.other;
    onFront[i] = true;
  }
  return onFront;
}

function compared(points: readonly FrontPoint[], a: number, b: number): number {
  const [left, right] = [points[a], points[b]];
  if (left === undefined || right === undefined) return 0;
  return left.cost - right.cost || left.other - right.other || a - b;
}
