/**
 * Ordinals that lie in the live parts of two shards: none in any correct history. Runs are in order already, so they are merged as they
 * stand and nothing is copied; what is held is one part of each run.
 */
import type { Interval } from '../../../core/interval.ts';
import { turn } from '../ledger/ledger-entries.ts';
import type { PartitionIndex } from './partition-index.ts';

/** Parts merged in one go, between turns of the event loop. */
const MERGED_AT_ONCE = 4_096;

export async function duplicateOrdinals(indexes: readonly PartitionIndex[]): Promise<number> {
  const keys = new Set(indexes.flatMap(({ books }) => [...books.keys()]));
  let duplicates = 0;
  let merged = 0;
  for (const key of keys) {
    let end = Number.NEGATIVE_INFINITY;
    for (const part of inOrder(indexes.flatMap(({ books }) => books.get(key)?.livePartsByRun() ?? []))) {
      duplicates += Math.max(0, Math.min(end, part.end) - part.start);
      end = Math.max(end, part.end);
      if (++merged % MERGED_AT_ONCE === 0) await turn();
    }
  }
  return duplicates;
}

interface Head {
  part: Interval;
  readonly rest: Iterator<Interval>;
}

/** The parts of all runs by their start: a heap of what each run comes to next. */
function* inOrder(runs: readonly Iterable<Interval>[]): Generator<Interval> {
  const heap: Head[] = [];
  for (const run of runs) {
    const rest = run[Symbol.iterator]();
    const first = rest.next();
    if (first.done !== true) heap.push({ part: first.value, rest });
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at);
  for (let [least] = heap; least !== undefined; [least] = heap) {
    yield least.part;
    const next = least.rest.next();
    if (next.done !== true) least.part = next.value;
    else {
      const last = heap.pop();
      if (last !== undefined && last !== least) heap[0] = last;
    }
    sink(heap, 0);
  }
}

function sink(heap: Head[], from: number): void {
  const startOf = (at: number): number => heap[at]?.part.start ?? Number.POSITIVE_INFINITY;
  for (let at = from; ; ) {
    const left = 2 * at + 1;
    const least = startOf(left) <= startOf(left + 1) ? left : left + 1;
    if (least >= heap.length || startOf(least) >= startOf(at)) return;
    const head = heap[at] as Head;
    heap[at] = heap[least] as Head;
    heap[least] = head;
    at = least;
  }
}
