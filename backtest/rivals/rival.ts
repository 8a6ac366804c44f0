/**
 * What another generator's rule looks like to the replay: it owns two buffers, the block in use and the next one, and decides
 * after every change of them whether to fetch, and how much. It sees its own buffers and the time, never the demand to come.
 */
export interface RivalView {
  readonly nowMs: number;
  /** The block in use: how large it was and what is left of it. Both are 0 before the first. */
  readonly blockSize: number;
  readonly blockLeft: number;
  /** A next block is loaded. */
  readonly hasNext: boolean;
  /** A fetch is on its way. */
  readonly isFetching: boolean;
}

/** One generator with the state of its rule; make a new one for every replay. */
export interface Rival {
  readonly name: string;
  /** Size of the block to fetch now, or 0. What is asked for here is fetched. */
  fetch(view: RivalView): number;
}

/** Both rules replayed so far prefetch when more than a share of the block in use is gone and no other block is there or coming. */
export function isPrefetchDue(view: RivalView, usedShare: number): boolean {
  if (view.hasNext || view.isFetching) return false;
  return view.blockSize - view.blockLeft > usedShare * view.blockSize || view.blockLeft === 0;
}
