/** Half-open intervals of ordinals, and the questions the ledger asks of them. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Number of ordinals in `[start, end)`. */
export function sizeOf(interval: Interval): number {
  return interval.end - interval.start;
}

/** Sum of the sizes of all intervals. */
export function totalSize(intervals: Iterable<Interval>): number {
  let total = 0;
  for (const interval of intervals) total += interval.end - interval.start;
  return total;
}

/** True when every slice is non-empty, inside `whole`, and the slices are sorted and do not overlap. */
export function areSortedSlicesOf(slices: readonly Interval[], whole: Interval): boolean {
  let from = whole.start;
  for (const slice of slices) {
    if (slice.start < from || slice.end <= slice.start || slice.end > whole.end) return false;
    from = slice.end;
  }
  return true;
}

/** The same ordinals in the fewest intervals, sorted by start. Overlapping input is a caller's bug and is merged silently. */
export function coalesced(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter((each) => each.end > each.start).sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && next.start <= last.end) last.end = Math.max(last.end, next.end);
    else merged.push({ start: next.start, end: next.end });
  }
  return merged;
}

/** `whole` without `slices` (sorted, inside it): the live part of a shard whose slices came back. */
export function without(whole: Interval, slices: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let from = whole.start;
  for (const slice of slices) {
    if (slice.start > from) left.push({ start: from, end: slice.start });
    from = slice.end;
  }
  if (from < whole.end) left.push({ start: from, end: whole.end });
  return left;
}
