/**
 * Which pairs of faults met in one run, and how often. What one fault does alone is soon found; most of what is left to find needs
 * two of them together, so a long run says of each pair whether it was tried.
 */
import type { Coverage } from './coverage.ts';
import { FAULTS, type Fault } from './faults.ts';

/** What a run counts when the fault did happen, where that has another name: being switched on is not enough. */
const COUNTED_AS: Partial<Record<Fault, string>> = {
  'stuck-on-ranges': 'event stick',
  'allocator-pause': 'event pause-allocator',
  'allocator-crash': 'event crash-allocator',
  'pool-pause': 'event pause-pool',
  'pool-crash': 'event crash-pool',
  failover: 'event failover',
  'store-restart': 'event restart-store',
  'data-loss': 'event lose-data',
  'false-suspicion': 'event suspect',
  move: 'event move',
  'planned-move': 'event planned-move',
  drain: 'event drain',
  'stray-open': 'event stray-open',
  rebase: 'SequenceRebased',
  drop: 'SequenceDropped',
  'give-back': 'give-back taken-back',
  'request-retry': 'rejected request-answered-before',
};
/** Pairs that are named: those that met least. */
const NAMED_MAX = 5;

export interface FaultPairReport {
  readonly pairs: number;
  readonly met: number;
  /** Those that met least often, in how many runs. */
  readonly rarest: readonly { readonly pair: string; readonly runs: number }[];
}

/** What a run counts when this fault happened. */
export function countedAs(fault: Fault): string {
  return COUNTED_AS[fault] ?? fault;
}

export class FaultPairs {
  /** By the places of both in `FAULTS`, the earlier one first. */
  readonly #runs: number[];

  constructor(runs: readonly number[] = new Array<number>(FAULTS.length ** 2).fill(0)) {
    this.#runs = [...runs];
  }

  /** Counts what met in one run. */
  count(ofRun: Coverage): void {
    const counts = ofRun.toJson();
    const happened = FAULTS.flatMap((fault, place) => ((counts[countedAs(fault)] ?? 0) > 0 ? [place] : []));
    for (const [rank, first] of happened.entries()) {
      for (const second of happened.slice(rank + 1)) this.#add(first * FAULTS.length + second, 1);
    }
  }

  add(others: FaultPairs): void {
    for (const [place, runs] of others.#runs.entries()) this.#add(place, runs);
  }

  toJson(): readonly number[] {
    return this.#runs;
  }

  report(): FaultPairReport {
    const all = FAULTS.flatMap((first, i) =>
      FAULTS.slice(i + 1).map((second, j) => ({ pair: `${first} + ${second}`, runs: this.#runs[i * FAULTS.length + i + 1 + j] ?? 0 })),
    );
    const rarest = [...all].sort((a, b) => a.runs - b.runs).slice(0, NAMED_MAX);
    return { pairs: all.length, met: all.filter(({ runs }) => runs > 0).length, rarest };
  }

  #add(place: number, runs: number): void {
    this.#runs[place] = (this.#runs[place] ?? 0) + runs;
  }
}
