/**
 * What a command about one series leads to: changes to write down and an answer, or a refusal that changes nothing.
 *
 * Pure: the time comes with the command, what is known comes from a view. Whoever applies the changes does so before anything else
 * reads the same series (one transaction, one lock), so a decision is never made from what may be stale.
 */
import { SequenceError } from '../errors.ts';
import { coalesced, type Interval, totalSize } from '../interval.ts';
import { checkCapacity, checkCount, checkKey, checkLabel, checkTtl, checkWords, OPEN_RESERVATIONS_MAX, type Problem } from './bounds.ts';
import {
  type Ended,
  endedReservation,
  type FreePiece,
  type Granted,
  type Opened,
  type Reservation,
  type ReservationEnd,
  type Reserved,
  type SeriesHead,
  type SeriesView,
} from './series.ts';
import type { ReservationState } from './states.ts';

export interface ReserveCommand {
  readonly kind: 'reserve';
  readonly key: string;
  readonly payloadHash: string;
  readonly count: number;
  readonly ttlMs: number;
  readonly owner: string;
  readonly nowMs: number;
}

/** Reserves and confirms in one step: the durable `next` of a sequence that may have gaps, or of a caller that needs no rollback. */
export interface IssueCommand {
  readonly kind: 'issue';
  /** Without a key a repetition takes other ordinals. */
  readonly key: string | undefined;
  readonly payloadHash: string;
  readonly count: number;
  readonly owner: string;
  readonly nowMs: number;
}

/** Number and life together are the fencing token: they name this reservation and no other, whoever holds its ordinals now. */
export interface ConfirmCommand {
  readonly kind: 'confirm';
  readonly number: number;
  readonly life: string;
  readonly by: string;
  readonly nowMs: number;
}

export interface CancelCommand extends Omit<ConfirmCommand, 'kind'> {
  readonly kind: 'cancel';
  readonly because: string;
}

export type ReservationCommand = ReserveCommand | IssueCommand | ConfirmCommand | CancelCommand;

export type Decision =
  /** `repeated`: nothing changed, this was decided before. */
  | { readonly changes: readonly (Reserved | Ended)[]; readonly reservation: Reservation; readonly repeated: boolean }
  | { readonly refusal: SequenceError };

/** `life` is the one that writes now: a new reservation carries it. */
export function decide(view: SeriesView, life: string, command: ReservationCommand): Decision {
  switch (command.kind) {
    case 'reserve':
    case 'issue':
      return decideReserve(view, life, command);
    case 'confirm':
      return decideEnd(view, command, 'confirmed', { atMs: command.nowMs, by: command.by, because: '' });
    case 'cancel':
      return decideEnd(view, command, 'cancelled', { atMs: command.nowMs, by: command.by, because: command.because });
  }
}

interface WithHead {
  readonly head: SeriesHead;
}

export interface SeriesBounds {
  /** Tells several series of a generation apart: a prefix, a period or both; empty where there is one. */
  readonly label: string;
  readonly capacity: number;
}

/** Opens a series once; opened again it is as it is, and another capacity is a contradiction. */
export function decideOpen(known: WithHead | undefined, { label, capacity }: SeriesBounds): readonly Opened[] {
  const problem = checkLabel(label) ?? checkCapacity(capacity);
  if (problem !== undefined) throw problem;
  if (known === undefined) return [{ kind: 'opened', capacity }];
  if (known.head.capacity === capacity) return [];
  const message = `the series was opened with room for ${known.head.capacity} ordinals, not ${capacity}`;
  throw new SequenceError('SEQ_CONFLICT', message, { capacity });
}

/** A grant of the ledger. It begins where the last one ended: a gap between two grants would be a gap in the numbers. */
export function decideGrant({ head }: WithHead, grant: Interval): readonly Granted[] {
  // Read once more from the log.
  if (grant.end <= head.granted) return [];
  if (grant.start !== head.granted || grant.end > head.capacity) {
    const message = `a grant of [${grant.start}, ${grant.end}) does not continue what was granted up to ${head.granted} of ${head.capacity}`;
    throw new SequenceError('SEQ_CONFLICT', message, { granted: head.granted, ...grant });
  }
  return [{ kind: 'granted', end: grant.end }];
}

/** The sweeper's step. Expiry is a state change like any other, under the same lock: a confirm comes before it or after it. */
export function decideSweep(overdue: readonly Reservation[], nowMs: number): Ended[] {
  const end = { atMs: nowMs, by: 'sweeper', because: 'not confirmed in time' };
  return overdue.filter((each) => isOverdue(each, nowMs)).map((reservation) => ({ kind: 'ended', reservation, state: 'expired', end }));
}

export function isOverdue({ state, expiresAtMs }: Reservation, nowMs: number): boolean {
  return state === 'reserved' && expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

/** Answers a key that was used before: alike for ever, whatever became of the reservation. */
function decideAgain(known: Reservation, command: ReserveCommand | IssueCommand): Decision {
  const wasIssued = known.expiresAtMs === undefined;
  const same =
    known.payloadHash === command.payloadHash && totalSize(known.intervals) === command.count && wasIssued === (command.kind === 'issue');
  if (same) return { changes: [], reservation: known, repeated: true };
  return refused('SEQ_REQUEST_CONFLICT', `the key ${command.key} was used before for another request`, { key: command.key });
}

function decideReserve(view: SeriesView, life: string, command: ReserveCommand | IssueCommand): Decision {
  const problem = problemOf(command);
  if (problem !== undefined) return { refusal: problem };
  const known = command.key === undefined ? undefined : view.byKey(command.key);
  if (known !== undefined) return decideAgain(known, command);
  const { head } = view;
  const isIssue = command.kind === 'issue';
  if (!isIssue && head.open >= OPEN_RESERVATIONS_MAX)
    return refused('SEQ_TOO_MANY_RESERVATIONS', `${head.open} reservations of this series are open`, { open: head.open });
  const left = head.free + head.capacity - head.next;
  if (command.count > left) return refused('SEQ_EXHAUSTED', `${command.count} values asked for, ${left} are left`, { left });
  const atHand = head.free + head.granted - head.next;
  if (command.count > atHand)
    return refused('SEQ_GRANT_AWAITED', `${command.count} values asked for, ${atHand} of the series are granted here`, { atHand });
  const reused = lowest(head.free === 0 ? [] : view.freePieces(command.count), command.count);
  const fresh = { start: head.next, end: head.next + command.count - totalSize(reused) };
  const reservation: Reservation = {
    series: view.series,
    number: head.reservations + 1,
    life,
    state: isIssue ? 'confirmed' : 'reserved',
    intervals: coalesced([...reused, fresh]),
    key: command.key,
    payloadHash: command.payloadHash,
    owner: command.owner,
    reservedAtMs: command.nowMs,
    expiresAtMs: isIssue ? undefined : command.nowMs + command.ttlMs,
    end: isIssue ? { atMs: command.nowMs, by: command.owner, because: '' } : undefined,
  };
  return { changes: [{ kind: 'reserved', reservation, reused }], reservation, repeated: false };
}

function problemOf(command: ReserveCommand | IssueCommand): Problem {
  return (
    checkCount(command.count) ??
    (command.kind === 'reserve' ? checkTtl(command.ttlMs) : undefined) ??
    (command.key === undefined ? undefined : checkKey(command.key, command.payloadHash)) ??
    checkWords('owner', command.owner)
  );
}

/** The first `count` ordinals of the pieces: the last piece may be cut. */
function lowest(pieces: readonly FreePiece[], count: number): FreePiece[] {
  const taken: FreePiece[] = [];
  let left = count;
  for (const piece of pieces) {
    if (left === 0) break;
    const end = Math.min(piece.end, piece.start + left);
    taken.push({ ...piece, end });
    left -= end - piece.start;
  }
  return taken;
}

function decideEnd(
  view: SeriesView,
  command: ConfirmCommand | CancelCommand,
  state: Exclude<ReservationState, 'reserved'>,
  end: ReservationEnd,
): Decision {
  const problem = checkWords('by', end.by) ?? checkWords('because', end.because);
  if (problem !== undefined) return { refusal: problem };
  const known = view.byNumber(command.number);
  // The same number in another life is a reservation of another copy of this database: its holder has lost it.
  if (known === undefined || known.life !== command.life)
    return refused('SEQ_UNKNOWN_RESERVATION', `no reservation ${command.number} of that life is known here`, { number: command.number });
  if (known.state === state) return { changes: [], reservation: known, repeated: true };
  switch (known.state) {
    case 'reserved': {
      const change = { kind: 'ended', reservation: known, state, end } as const;
      return { changes: [change], reservation: endedReservation(change), repeated: false };
    }
    case 'confirmed':
      return refused('SEQ_RESERVATION_CONFIRMED', 'the reservation was confirmed: its values are in use', { atMs: known.end?.atMs });
    case 'cancelled':
      return refused('SEQ_RESERVATION_CANCELLED', `the reservation was cancelled${saidWhy(known)}`, { atMs: known.end?.atMs });
    case 'expired':
      // Whoever cancels wants the values to be free, and they are.
      if (command.kind === 'cancel') return { changes: [], reservation: known, repeated: true };
      return refused('SEQ_RESERVATION_EXPIRED', 'the reservation expired before it was confirmed', { atMs: known.end?.atMs });
  }
}

function saidWhy({ end }: Reservation): string {
  return end === undefined || end.because === '' ? '' : `: ${end.because}`;
}

function refused(code: SequenceError['code'], message: string, details: Readonly<Record<string, unknown>>): Decision {
  return { refusal: new SequenceError(code, message, details) };
}
