/**
 * Numbers without a gap: nobody holds a number that another one holds, a key keeps its answer for ever, and when no reservation is open the
 * confirmed numbers are 1 to n.
 */
import type { Attempt } from './calls.ts';
import type { Violation } from './lines.ts';

interface Reservation {
  readonly id: string;
  readonly sequence: string;
  readonly values: readonly string[];
  /** When its numbers were first in an answer. */
  heldFrom: number;
  /** When its cancellation was first asked for. */
  cancelledFrom: number;
  isConfirmed: boolean;
  isCancelled: boolean;
}

/** Keys of every kind: asked again, the answer is the same. */
export function checkKeys(attempts: readonly Attempt[], violations: Violation[]): number {
  const answers = new Map<string, { readonly answer: string; readonly id: string }>();
  let repeated = 0;
  for (const { ask, got } of attempts) {
    if (ask.key === undefined || got === undefined) continue;
    const key = `${ask.sequence} ${ask.stream ?? ''} ${ask.key}`;
    const answer = JSON.stringify(ask.what === 'next' ? got.runs : [got.reservation, got.values]);
    const before = answers.get(key);
    if (before === undefined) answers.set(key, { answer, id: ask.id });
    else repeated++;
    if (before !== undefined && before.answer !== answer)
      violations.push({ kind: 'idempotency', message: `key ${key}: ${before.id} got ${before.answer}, and ${ask.id} got ${answer}` });
  }
  return repeated;
}

export interface NumbersFound {
  readonly reservations: number;
  readonly confirmed: number;
}

export function checkNumbers(attempts: readonly Attempt[], voids: readonly string[] | undefined, violations: Violation[]): NumbersFound {
  const reservations = reservationsOf(attempts, violations);
  const holders = new Map<string, Reservation[]>();
  for (const each of reservations.values()) {
    for (const value of each.values) {
      const key = `${each.sequence} ${value}`;
      const same = holders.get(key);
      if (same === undefined) holders.set(key, [each]);
      else same.push(each);
    }
  }
  for (const [number, all] of holders) checkHolders(number, all, violations);
  let confirmed = 0;
  const isOpen = [...reservations.values()].some((each) => !each.isConfirmed && !each.isCancelled);
  for (const sequence of new Set([...reservations.values()].map((each) => each.sequence))) {
    const numbers = [...reservations.values()]
      .filter((each) => each.sequence === sequence && each.isConfirmed)
      .flatMap(({ values }) => values.map(Number));
    confirmed += new Set(numbers).size;
    if (voids !== undefined && !isOpen) checkGaps(sequence, numbers, voids, violations);
  }
  return { reservations: reservations.size, confirmed };
}

function reservationsOf(attempts: readonly Attempt[], violations: Violation[]): Map<string, Reservation> {
  const found = new Map<string, Reservation>();
  for (const { ask, got } of attempts) {
    if (ask.what !== 'reserve' || got?.reservation === undefined) continue;
    const known = found.get(got.reservation);
    if (known !== undefined) {
      known.heldFrom = Math.min(known.heldFrom, got.at);
      continue;
    }
    const { sequence } = ask;
    const times = { heldFrom: got.at, cancelledFrom: Infinity };
    found.set(got.reservation, {
      id: got.reservation,
      sequence,
      values: got.values ?? [],
      ...times,
      isConfirmed: false,
      isCancelled: false,
    });
    if (got.values?.length !== ask.count)
      violations.push({ kind: 'gap', message: `${ask.id} reserved ${ask.count} numbers and got ${got.values?.length}` });
  }
  for (const { ask, got } of attempts) {
    const reservation = found.get(ask.reservation ?? '');
    if (reservation === undefined) continue;
    // From when it was asked on, its numbers may belong to somebody else, answered or not.
    if (ask.what === 'cancel') reservation.cancelledFrom = Math.min(reservation.cancelledFrom, ask.at);
    if (got === undefined) continue;
    if (ask.what === 'confirm') reservation.isConfirmed = true;
    if (ask.what === 'cancel') reservation.isCancelled = true;
    if (got.values !== undefined && JSON.stringify(got.values) !== JSON.stringify(reservation.values))
      violations.push({
        kind: 'idempotency',
        message: `${ask.id} was told that ${reservation.id} holds ${got.values.join(' ')}, not ${reservation.values.join(' ')}`,
      });
    if (reservation.isConfirmed && reservation.isCancelled)
      violations.push({ kind: 'held-twice', message: `reservation ${reservation.id} was confirmed and cancelled` });
  }
  return found;
}

function checkHolders(number: string, all: Reservation[], violations: Violation[]): void {
  all.sort((a, b) => a.heldFrom - b.heldFrom);
  for (const [index, later] of all.entries()) {
    for (const earlier of all.slice(0, index)) {
      // Answers may come in another order than the reservations: one of the two must have been given up before the other was answered.
      const isGivenUp = earlier.cancelledFrom < later.heldFrom || later.cancelledFrom < earlier.heldFrom;
      if (!isGivenUp || (earlier.isConfirmed && later.isConfirmed))
        violations.push({ kind: 'held-twice', message: `number ${number} is held by ${earlier.id} and by ${later.id}` });
    }
  }
}

function checkGaps(sequence: string, numbers: readonly number[], voids: readonly string[], violations: Violation[]): void {
  const confirmed = new Set(numbers);
  const unused = new Set(voids.map(Number));
  const highest = Math.max(0, ...confirmed, ...unused);
  for (let number = 1; number <= highest; number++) {
    if (confirmed.has(number) === unused.has(number)) {
      const what = confirmed.has(number) ? 'is confirmed and listed as void' : 'is neither confirmed nor void';
      violations.push({ kind: 'gap', message: `${sequence}: number ${number} of ${highest} ${what}` });
    }
  }
}
