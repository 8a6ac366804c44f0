/**
 * What callers were told, and whether it can all be true: T1, T4, T7 and T8 at every answer, T6 against a database in the end. It
 * believes nothing that was not acknowledged; what was asked and never answered may have happened or not.
 */
import type { Interval } from '../../core/interval.ts';
import type { Reservation } from '../../core/reservation/series.ts';

export type GaplessInvariant = 'T1' | 'T4' | 'T6' | 'T7' | 'T8' | 'liveness' | 'assertion';

export class GaplessViolation extends Error {
  readonly invariant: GaplessInvariant;

  constructor(invariant: GaplessInvariant, message: string) {
    super(message);
    this.name = 'GaplessViolation';
    this.invariant = invariant;
  }
}

export interface KnownReservation {
  readonly key: string;
  readonly number: number;
  readonly life: string;
  readonly intervals: readonly Interval[];
  readonly expiresAtMs: number | undefined;
  /** As it was told last. */
  state: Reservation['state'];
  /** Somebody asked for its end and may not have heard of it. */
  mayHaveEnded: boolean;
}

export class GaplessCheck {
  readonly #byKey = new Map<string, KnownReservation>();
  /** Who was told last that an ordinal is theirs. */
  readonly #holders = new Map<number, KnownReservation>();
  acknowledged = 0;

  get known(): readonly KnownReservation[] {
    return [...this.#byKey.values()];
  }

  /** A reserve or issue was answered. `latestMs` is the latest time that any sweep may have been run with. */
  held(told: Reservation, latestMs: number): KnownReservation {
    this.acknowledged++;
    const key = told.key ?? '';
    const before = this.#byKey.get(key);
    if (before !== undefined) {
      const isSame = before.number === told.number && before.life === told.life && sameIntervals(before.intervals, told.intervals);
      if (!isSame) throw new GaplessViolation('T4', `the key ${key} got ${text(before)}, then ${text(told)}`);
      return before;
    }
    const { number, life, intervals, expiresAtMs, state } = told;
    const known: KnownReservation = { key, number, life, intervals, expiresAtMs, state, mayHaveEnded: false };
    this.#byKey.set(key, known);
    if (state !== 'cancelled' && state !== 'expired') this.#take(known, latestMs);
    return known;
  }

  #take(known: KnownReservation, latestMs: number): void {
    for (const { start, end } of known.intervals) {
      for (let ordinal = start; ordinal < end; ordinal++) {
        const holder = this.#holders.get(ordinal);
        if (holder !== undefined && isHeld(holder, latestMs)) {
          // An answer that comes after the time it names promises nothing any more.
          if (!isHeld(known, latestMs)) continue;
          throw new GaplessViolation(
            'T1',
            `ordinal ${ordinal} is held by ${text(holder)} (${holder.state}) and was given to ${text(known)}`,
          );
        }
        this.#holders.set(ordinal, known);
      }
    }
  }

  confirmed(known: KnownReservation): void {
    this.acknowledged++;
    if (known.state === 'cancelled' || known.state === 'expired')
      throw new GaplessViolation('T8', `${text(known)} was ${known.state} and is confirmed`);
    for (const { start, end } of known.intervals) {
      for (let ordinal = start; ordinal < end; ordinal++) {
        const holder = this.#holders.get(ordinal);
        if (holder !== known && holder !== undefined)
          throw new GaplessViolation('T7', `ordinal ${ordinal} was given to ${text(holder)} and is confirmed for ${text(known)}`);
      }
    }
    known.state = 'confirmed';
  }

  gaveUp(known: KnownReservation, state: 'cancelled' | 'expired'): void {
    this.acknowledged++;
    if (known.state === 'confirmed') throw new GaplessViolation('T8', `${text(known)} was confirmed and is ${state}`);
    known.state = state;
  }

  /** T6: what was acknowledged is in a database that may serve. */
  kept(find: (number: number) => Reservation | undefined, name: string): void {
    for (const known of this.known) {
      const found = find(known.number);
      const isThere =
        found !== undefined && found.key === known.key && found.life === known.life && sameIntervals(found.intervals, known.intervals);
      if (!isThere) throw new GaplessViolation('T6', `${name} may serve and does not know ${text(known)}`);
      if (known.state !== 'reserved' && found.state !== known.state)
        throw new GaplessViolation('T6', `${name} says ${text(known)} is ${found.state}, it was acknowledged as ${known.state}`);
    }
  }
}

/** Whether nobody else may hold what it holds. */
function isHeld({ state, expiresAtMs, mayHaveEnded }: KnownReservation, latestMs: number): boolean {
  if (state === 'confirmed') return true;
  return state === 'reserved' && !mayHaveEnded && (expiresAtMs === undefined || expiresAtMs > latestMs);
}

function sameIntervals(a: readonly Interval[], b: readonly Interval[]): boolean {
  return a.length === b.length && a.every(({ start, end }, index) => start === b[index]?.start && end === b[index]?.end);
}

function text({
  key,
  number,
  life,
  intervals,
}: Pick<Reservation, 'number' | 'life' | 'intervals'> & { readonly key: string | undefined }): string {
  return `${number}-${life} (${key}) ${intervals.map(({ start, end }) => `[${start}, ${end})`).join(' ')}`;
}
