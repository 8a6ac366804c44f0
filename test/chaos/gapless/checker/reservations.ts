/**
 * What the callers of one file were told of each reservation, and whether it could all be true: one answer for a key, whenever it is asked
 * again; an end that stays; nothing acknowledged and then unknown.
 */
import type { ClientLine, EndAsked, Refused, Told, Violation } from './lines.ts';

/** A reservation as its caller knows it. */
export interface Held {
  readonly id: string;
  readonly key: string;
  readonly sequence: string;
  readonly generation: number;
  readonly values: readonly string[];
  /** When an answer first said so, by the caller's clock. */
  readonly heldFrom: number;
  /** From when and until when it holds, by the server's clock; it never expires where there is no end. */
  readonly from: number;
  readonly until: number;
  /** When its cancellation was first asked for: from then on its numbers may be somebody else's. */
  cancelAsked: number;
  isConfirmAsked: boolean;
  /** Confirmed, cancelled or expired, once an answer said so. */
  end: string;
}

interface AskedKey {
  readonly sequence: string;
  readonly count: number;
  isAnswered: boolean;
}

export interface Counts {
  attempts: number;
  reservations: number;
  confirmed: number;
  cancelled: number;
  expired: number;
  lostAnswers: number;
  keysAskedAgain: number;
  refusedForNow: number;
}

export const NO_COUNTS: Counts = {
  attempts: 0,
  reservations: 0,
  confirmed: 0,
  cancelled: 0,
  expired: 0,
  lostAnswers: 0,
  keysAskedAgain: 0,
  refusedForNow: 0,
};

/** What a server that starts, or waits for a grant, may answer: the same may be asked again. */
const FOR_NOW_STATUS_MIN = 500;
const TOO_MANY_STATUS = 429;

export class DeskHistory {
  readonly held = new Map<string, Held>();
  readonly counts: Counts = { ...NO_COUNTS };
  readonly #asked = new Map<string, AskedKey>();
  readonly #byKey = new Map<string, Held>();
  /** Ends that were asked for and not answered. */
  readonly #openEnds = new Map<string, string>();
  readonly #report: (violation: Violation) => void;

  constructor(report: (violation: Violation) => void) {
    this.#report = report;
  }

  read(line: ClientLine): void {
    switch (line.do) {
      case 'reserve':
        this.counts.attempts++;
        if (!this.#asked.has(line.key)) this.#asked.set(line.key, { sequence: line.sequence, count: line.count, isAnswered: false });
        break;
      case 'confirm':
      case 'cancel':
        this.#endAsked(line);
        break;
      case 'got':
        if (line.key !== undefined) this.#reserved(line.key, line);
        else this.#ended(line);
        break;
      case 'refused':
        this.#refused(line);
        break;
      case 'lost':
        this.counts.lostAnswers++;
        break;
    }
  }

  /** After the last line. */
  close(): void {
    for (const [key, { isAnswered }] of this.#asked) {
      if (!isAnswered) this.#report({ kind: 'unanswered', message: `key ${key} was never answered` });
    }
    for (const [id, what] of this.#openEnds) this.#report({ kind: 'unanswered', message: `${what} of ${id} was never answered` });
    this.counts.reservations = this.held.size;
    for (const { end } of this.held.values()) {
      if (end === 'confirmed') this.counts.confirmed++;
      else if (end === 'cancelled') this.counts.cancelled++;
      else this.counts.expired++;
    }
  }

  #endAsked({ do: what, at, id }: EndAsked): void {
    this.counts.attempts++;
    this.#openEnds.set(id, what);
    const held = this.held.get(id);
    if (held === undefined) return;
    if (what === 'confirm') held.isConfirmAsked = true;
    else held.cancelAsked = Math.min(held.cancelAsked, at);
  }

  #reserved(key: string, told: Told): void {
    const asked = this.#asked.get(key);
    if (asked === undefined) {
      this.#report({ kind: 'idempotency', message: `key ${key} was answered and never asked` });
      return;
    }
    asked.isAnswered = true;
    const before = this.#byKey.get(key);
    if (before === undefined) {
      this.#held(key, asked, told);
      return;
    }
    this.counts.keysAskedAgain++;
    if (before.id === told.id) this.#again(before, told);
    else
      this.#report({ kind: 'idempotency', message: `key ${key} got ${before.id} (${before.values}) and then ${told.id} (${told.values})` });
  }

  #held(key: string, { sequence, count }: AskedKey, { at, id, generation, state, values, from, until }: Told): void {
    const same = this.held.get(id);
    if (same !== undefined) this.#report({ kind: 'held-twice', message: `reservation ${id} is the answer to ${same.key} and to ${key}` });
    if (values.length !== count || new Set(values).size !== count)
      this.#report({ kind: 'idempotency', message: `key ${key} asked for ${count} numbers and got ${values.join(' ')}` });
    const held: Held = {
      ...{ id, key, sequence, generation, values, from, heldFrom: at },
      ...{ until: until ?? Infinity, cancelAsked: Infinity, isConfirmAsked: false, end: '' },
    };
    this.held.set(id, held);
    this.#byKey.set(key, held);
    this.#stays(held, state);
  }

  #ended(told: Told): void {
    this.#openEnds.delete(told.id);
    const held = this.held.get(told.id);
    if (held !== undefined) this.#again(held, told);
  }

  /** Whatever is said of it later says the same numbers. */
  #again(held: Held, { id, generation, values, state }: Told): void {
    if (generation !== held.generation || values.join() !== held.values.join()) {
      const message = `reservation ${id} held ${held.values} of ${held.generation}, and later ${values} of ${generation}`;
      this.#report({ kind: 'idempotency', message });
    }
    this.#stays(held, state);
  }

  /** An end that was told stays, and nobody else ends a reservation but its caller and the sweeper. */
  #stays(held: Held, state: string): void {
    if (held.end !== '' && state !== held.end)
      this.#report({ kind: 'forgotten', message: `reservation ${held.id} was ${held.end}, and later ${state}` });
    if (state === 'confirmed' && !held.isConfirmAsked)
      this.#report({ kind: 'forgotten', message: `reservation ${held.id} is confirmed, and nobody asked for it` });
    if (state === 'cancelled' && held.cancelAsked === Infinity)
      this.#report({ kind: 'forgotten', message: `reservation ${held.id} is cancelled, and nobody asked for it` });
    if (state !== 'reserved') held.end = state;
  }

  #refused({ key, id, status, code }: Refused): void {
    if (status >= FOR_NOW_STATUS_MIN || status === TOO_MANY_STATUS) {
      this.counts.refusedForNow++;
      return;
    }
    const held = this.held.get(id ?? '');
    if (code === 'SEQ_RESERVATION_EXPIRED' && held !== undefined) {
      this.#openEnds.delete(held.id);
      this.#stays(held, 'expired');
    } else if (code === 'SEQ_UNKNOWN_RESERVATION') {
      this.#report({ kind: 'forgotten', message: `reservation ${id} was told, and later unknown` });
    } else if (code === 'SEQ_REQUEST_CONFLICT') {
      this.#report({ kind: 'idempotency', message: `key ${key} asked for the same again, and was refused as another request` });
    } else this.#report({ kind: 'refused', message: `${key ?? id} was refused with ${status} ${code}` });
  }
}
