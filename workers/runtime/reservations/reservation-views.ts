/** From ordinals to what people see: reservations, voids and reuses with the values of their generation, as they are printed. */
import { printingOf } from '../../../core/format/printed-form.ts';
import type { Interval } from '../../../core/interval.ts';
import { type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import type { RegisteredReservation, ReuseEntry, VoidEntry } from '../../../pipelines/ports.ts';
import type { ReservationView, ReuseView, VoidView } from './reservation-service.ts';

export interface OfGeneration {
  readonly sequence: string;
  readonly generation: number;
  readonly definition: SequenceDefinition;
}

export function reservationView(reservation: RegisteredReservation, { sequence, generation, definition }: OfGeneration): ReservationView {
  const { id, state, intervals, key, owner, reservedAtMs, expiresAtMs, end } = reservation;
  const { increment, periodStart } = definition;
  const blocks = intervals.map(({ start, end: past }) => ({ start: valueAt(definition, start), count: past - start, increment }));
  const ended = end === undefined ? {} : { endedAtMs: end.atMs, endedBy: end.by, because: end.because };
  return {
    id,
    sequence,
    generation,
    state,
    blocks,
    ...valuesOf(intervals, definition),
    ...(periodStart !== '' && { period: periodStart }),
    ...(key !== undefined && { key }),
    owner,
    reservedAtMs,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...ended,
  };
}

/** One entry for each number, up to `limit` of them. */
export function voidViews(entries: readonly VoidEntry[], definition: SequenceDefinition, limit: number): VoidView[] {
  const views: VoidView[] = [];
  const printing = printingOf(definition);
  for (const { start, end: past, reservation } of entries) {
    const { id, state, end, owner, reservedAtMs } = reservation;
    const how =
      end === undefined ? { why: 'not confirmed yet', atMs: reservedAtMs, by: owner } : { why: end.because, atMs: end.atMs, by: end.by };
    for (let ordinal = start; ordinal < past && views.length < limit; ordinal++) {
      const value = valueAt(definition, ordinal);
      const formatted = printing === undefined ? {} : { formatted: printing.write(value) };
      // What is confirmed is no void, so this is one of the other three.
      views.push({ number: ordinal + 1, value, ...formatted, state: state as VoidView['state'], ...how, reservation: id, owner });
    }
  }
  return views;
}

export function reuseView({ number, start, end, before, after }: ReuseEntry, definition: SequenceDefinition): ReuseView {
  return {
    reuse: number,
    number: start + 1,
    count: end - start,
    ...valuesOf([{ start, end }], definition),
    before: {
      reservation: before.id,
      owner: before.owner,
      state: before.state,
      atMs: before.end?.atMs ?? before.reservedAtMs,
      by: before.end?.by ?? '',
      why: before.end?.because ?? '',
    },
    after: { reservation: after.id, owner: after.owner, state: after.state, atMs: after.reservedAtMs },
  };
}

function valuesOf(intervals: readonly Interval[], definition: SequenceDefinition): { values: bigint[]; formatted?: string[] } {
  const values: bigint[] = [];
  for (const { start, end } of intervals) for (let ordinal = start; ordinal < end; ordinal++) values.push(valueAt(definition, ordinal));
  const printing = printingOf(definition);
  return printing === undefined ? { values } : { values, formatted: values.map((value) => printing.write(value)) };
}
