/** What the transaction pool has done, for metrics: counts of a process, which outlive the lives of the pool in it. */
import type { Interval } from '../../../core/interval.ts';
import { totalSize } from '../../../core/interval.ts';
import { countIssued } from '../../../pipelines/consumption.ts';
import type { Registrar } from '../../../pipelines/ports.ts';
import type { Answered, Asked, ServedSeries } from './served-series.ts';

export type ReservationOutcome = 'reserved' | 'issued' | 'confirmed' | 'cancelled' | 'expired' | 'repeated' | 'refused';

export class ReservationCounts {
  readonly #bySequence = new Map<string, Map<ReservationOutcome, number>>();
  groups = 0;
  commands = 0;
  lives = 0;
  fenced = 0;
  /** Hear how long a group was on its way to the store, and how long its count of changes was on its way to the ledger. */
  onCommit: (timeMs: number) => void = () => undefined;
  onLogged: (timeMs: number) => void = () => undefined;

  #add(sequence: string, outcome: ReservationOutcome): void {
    const counts = this.#bySequence.get(sequence) ?? new Map<ReservationOutcome, number>();
    this.#bySequence.set(sequence, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  *outcomes(): Iterable<readonly [sequence: string, outcome: ReservationOutcome, count: number]> {
    for (const [sequence, counts] of this.#bySequence) for (const [outcome, count] of counts) yield [sequence, outcome, count];
  }

  /** The same answer, once it is told: its outcome is counted, and what was given out for the first time is consumption of its stream. */
  async counted(series: ServedSeries, command: Asked, answered: Promise<Answered>): Promise<Answered> {
    try {
      const told = await answered;
      this.#add(series.sequence, this.#outcomeOf(series, command, told));
      return told;
    } catch (error) {
      this.#add(series.sequence, 'refused');
      throw error;
    }
  }

  #outcomeOf(series: ServedSeries, { kind }: Asked, { reservation, repeated }: Answered): ReservationOutcome {
    if (repeated) return 'repeated';
    const size = totalSize(reservation.intervals);
    if (kind === 'reserve' || kind === 'issue') {
      const fresh = freshOf(series, reservation.intervals);
      countIssued(series.meter, fresh);
      series.givenUp -= size - fresh;
      if (kind === 'issue') return 'issued';
      series.open++;
      return 'reserved';
    }
    series.open--;
    if (kind === 'confirm') return 'confirmed';
    series.givenUp += size;
    return 'cancelled';
  }

  expired(series: ServedSeries, intervals: readonly Interval[]): void {
    series.open--;
    series.givenUp += totalSize(intervals);
    this.#add(series.sequence, 'expired');
  }

  /** The store, with its groups counted and timed. */
  watched(registrar: Registrar, monotonicMs: () => number): Registrar {
    return {
      ...registrar,
      apply: async (writer, commands, logs) => {
        const begunMs = monotonicMs();
        const applied = await registrar.apply(writer, commands, logs);
        this.groups++;
        this.commands += commands.length;
        this.onCommit(monotonicMs() - begunMs);
        return applied;
      },
    };
  }
}

/** Ordinals that nobody held before: they lie above all that were ever reserved. */
function freshOf(series: ServedSeries, intervals: readonly Interval[]): number {
  let fresh = 0;
  for (const { start, end } of intervals) {
    fresh += Math.max(0, end - Math.max(start, series.high));
    series.high = Math.max(series.high, end);
  }
  return fresh;
}
