/** Which ride-through each sequence had at a time of the log: altered, the forecast stage looks further from then on. */
import type { RangesRecord } from '../../core/ledger/records.ts';

export class RideThroughs {
  readonly #ofSequence = new Map<string, { readonly atMs: number; readonly rideThroughMs: number }[]>();
  #nowMs = Number.NEGATIVE_INFINITY;

  /** An accepted record of the ranges log, in its order. */
  note(record: RangesRecord, atMs: number): void {
    if (record.kind === 'RangeClaimed' || record.kind === 'LevelRaised') return;
    const rideThroughMs = record.kind === 'SequenceDropped' ? 0 : record.definition.rideThroughMs;
    const known = this.#ofSequence.get(record.name);
    if (known === undefined) this.#ofSequence.set(record.name, [{ atMs, rideThroughMs }]);
    else if (known.at(-1)?.rideThroughMs !== rideThroughMs) known.push({ atMs, rideThroughMs });
  }

  goTo(atMs: number): void {
    this.#nowMs = atMs;
  }

  of(sequence: string): number {
    return this.#ofSequence.get(sequence)?.findLast(({ atMs }) => atMs <= this.#nowMs)?.rideThroughMs ?? 0;
  }
}
