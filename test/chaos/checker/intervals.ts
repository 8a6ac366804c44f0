/** Half-open intervals of ordinals, sorted and searched. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** What is left of `whole` when `parts`, which lie in it, are taken away. */
export function minus(whole: Interval, parts: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  let start = whole.start;
  for (const part of [...parts].sort((a, b) => a.start - b.start)) {
    if (start < part.start) rest.push({ start, end: part.start });
    start = Math.max(start, part.end);
  }
  if (start < whole.end) rest.push({ start, end: whole.end });
  return rest;
}

export function sizeOf(parts: readonly Interval[]): number {
  return parts.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Every pair of neighbours, by their starts, that share ordinals; sorts `parts`. */
export function overlaps<T extends Interval>(parts: T[]): { readonly first: T; readonly second: T; readonly ordinals: number }[] {
  parts.sort((a, b) => a.start - b.start || a.end - b.end);
  const found: { first: T; second: T; ordinals: number }[] = [];
  let longest: T | undefined;
  for (const part of parts) {
    if (longest !== undefined && part.start < longest.end)
      found.push({ first: longest, second: part, ordinals: Math.min(longest.end, part.end) - part.start });
    if (longest === undefined || part.end > longest.end) longest = part;
  }
  return found;
}

/** The one of `sorted` and disjoint intervals that holds all of `wanted`. */
export function holding<T extends Interval>(sorted: readonly T[], wanted: Interval): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as T).end > wanted.start) high = middle;
    else low = middle + 1;
  }
  const found = sorted[low];
  return found !== undefined && found.start <= wanted.start && found.end >= wanted.end ? found : undefined;
}
