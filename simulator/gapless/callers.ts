/** Those who reserve, confirm and cancel. They ask again what was not answered, of any service, and act on what they were told. */
import { assert } from '../../core/assertion.ts';
import type { Decision, ReservationCommand } from '../../core/reservation/decision.ts';
import type { Dice } from '../dice.ts';
import type { GaplessCheck, KnownReservation } from './check.ts';
import type { GaplessSurroundings } from './surroundings.ts';

export type GaplessRequest =
  | { readonly kind: 'reserve' | 'issue'; readonly key: string; readonly count: number; readonly ttlMs: number }
  | { readonly kind: 'confirm' | 'cancel'; readonly of: KnownReservation };

const TTLS_MS = [1_000, 5_000, 600_000];
/** Requests that are not answered; above it callers ask nothing new. */
const WAITING_MAX = 12;

export class Callers {
  readonly #common: GaplessSurroundings;
  readonly #check: GaplessCheck;
  #waiting: GaplessRequest[] = [];
  #keys = 0;

  constructor(common: GaplessSurroundings, check: GaplessCheck) {
    this.#common = common;
    this.#check = check;
  }

  ask(dice: Dice): void {
    if (this.#waiting.length >= WAITING_MAX) return;
    const open = this.#check.known.filter(({ state }) => state === 'reserved');
    if (open.length > 0 && dice.chance(0.45)) {
      this.#askForEnd(dice.pick(open), dice);
      return;
    }
    // A key that had its answer, asked for once more.
    if (this.#keys > 0 && this.#common.faults.has('request-retry') && dice.chance(0.15)) {
      const key = dice.int(this.#keys);
      this.#waiting.push(requestOf(key));
      return;
    }
    this.#waiting.push(requestOf(this.#keys++));
  }

  /** Some of what waits, not necessarily the oldest; it goes on waiting until it is answered, so two services may have it. */
  waiting(count: number, dice: Dice): GaplessRequest[] {
    const from = dice.int(Math.max(1, this.#waiting.length));
    return this.#waiting.slice(from, from + count);
  }

  commandOf(request: GaplessRequest, nowMs: number): ReservationCommand {
    if ('of' in request) {
      const { number, life } = request.of;
      const words = { number, life, by: 'caller', nowMs };
      return request.kind === 'confirm' ? { kind: 'confirm', ...words } : { kind: 'cancel', ...words, because: '' };
    }
    const { key, count, ttlMs } = request;
    const common = { key, payloadHash: 'payload', count, owner: 'caller', nowMs };
    return request.kind === 'issue' ? { kind: 'issue', ...common } : { kind: 'reserve', ...common, ttlMs };
  }

  answer(request: GaplessRequest, decision: Decision): void {
    this.#waiting = this.#waiting.filter((each) => each !== request);
    if ('refusal' in decision) {
      this.#refused(request, decision.refusal.code);
      return;
    }
    const { reservation } = decision;
    this.#common.coverage.countOf('acknowledged', decision.repeated ? `${request.kind} repeated` : request.kind);
    if (!('of' in request)) this.#check.held(reservation, this.#common.latestMs);
    else if (reservation.state === 'confirmed') this.#check.confirmed(request.of);
    else if (reservation.state !== 'reserved') this.#check.gaveUp(request.of, reservation.state);
  }

  #askForEnd(of: KnownReservation, dice: Dice): void {
    const kind = dice.chance(0.65) ? 'confirm' : 'cancel';
    if (kind === 'cancel') of.mayHaveEnded = true;
    this.#waiting.push({ kind, of });
  }

  #refused(request: GaplessRequest, code: string): void {
    this.#common.coverage.countOf('refused', code);
    // A refusal says how the reservation ended; who gets it acts on that as on an answer.
    if ('of' in request && code === 'SEQ_RESERVATION_EXPIRED') this.#check.gaveUp(request.of, 'expired');
    else if ('of' in request && code === 'SEQ_RESERVATION_CANCELLED') this.#check.gaveUp(request.of, 'cancelled');
    else if ('of' in request && code === 'SEQ_RESERVATION_CONFIRMED') this.#check.confirmed(request.of);
    else assert(['SEQ_GRANT_AWAITED', 'SEQ_UNKNOWN_RESERVATION'].includes(code), `a caller was refused with ${code}`);
  }
}

/** The same key always asks for the same. */
function requestOf(key: number): GaplessRequest {
  const ttlMs = TTLS_MS[key % TTLS_MS.length] as number;
  return { kind: key % 5 === 4 ? 'issue' : 'reserve', key: `k${key}`, count: 1 + (key % 3), ttlMs };
}
