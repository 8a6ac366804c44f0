/**
 * Numbers without a gap: reserved under a key, then confirmed or cancelled. Whatever is lost on the way is asked again: the same key gives
 * the same numbers, and an end that is said twice changes nothing.
 */
import { SeqcastClientError } from './client-error.ts';
import { orAborted, type Patience, patiently } from './retry.ts';
import type { HeldNumbers, Reserving, Transport } from './transport.ts';
import type { WaitOptions } from './waiting-line.ts';

export interface ReserveOptions extends WaitOptions {
  /** How many numbers, 1 to 10,000; one where it is left out. */
  readonly count?: number;
  /**
   * Your own name for this, such as the id of an order: the same key gives the same numbers, after a crash of yours too. Where it is left
   * out one is made up, and only this call's own retries find the numbers again.
   */
  readonly key?: string;
  /** How long the numbers are held when you neither confirm nor cancel: a second to 30 days; a minute where it is left out. */
  readonly ttlMs?: number;
  /** For people who read a void report. */
  readonly owner?: string;
}

export interface Reservation {
  /** By which another process can confirm or cancel it. */
  readonly id: string;
  /** Under a key that was used before, it may have ended. */
  readonly state: HeldNumbers['state'];
  readonly values: readonly bigint[];
  /** As the sequence prints them; empty where it has no format. */
  readonly formatted: readonly string[];
  readonly expiresAtMs: number | undefined;
  /** From now on the numbers are in use. Said twice it changes nothing; rejects with `SEQ_RESERVATION_EXPIRED` when it is too late. */
  confirm(by?: string): Promise<void>;
  /** The numbers are the next to be reserved, by anybody. */
  cancel(because: string, by?: string): Promise<void>;
}

const COUNT_DEFAULT = 1;
const TTL_MS_DEFAULT = 60_000;

export async function reserve(
  transport: Transport,
  name: string,
  options: ReserveOptions,
  patience: (signal?: AbortSignal) => Patience,
): Promise<Reservation> {
  const { reservations } = transport;
  if (reservations === undefined) {
    throw new SeqcastClientError('SEQ_UNSUPPORTED', `${name} is reached by a way that reserves no numbers`, {
      whatToDo: 'Connect over HTTP, or open it in this process.',
    });
  }
  const { count = COUNT_DEFAULT, key, ttlMs = TTL_MS_DEFAULT, owner = '', signal } = options;
  signal?.throwIfAborted();
  const request = { count, key: key ?? crypto.randomUUID(), ttlMs, owner };
  const work = patiently(() => reservations.reserve(request), patience(signal));
  const held = await orAborted(work, signal, ({ id }) => {
    // Under a key of its own the caller finds them again; under ours nobody would, and they would be held for their time.
    if (key === undefined) void reservations.cancel(id, 'the caller gave up', owner).catch(() => undefined);
  });
  return reservationOf(held, reservations, patience);
}

function reservationOf(held: HeldNumbers, reservations: Reserving, patience: () => Patience): Reservation {
  const { id, state, values, formatted, expiresAtMs } = held;
  return {
    id,
    state,
    values,
    formatted,
    expiresAtMs,
    confirm: (by = '') => patiently(() => reservations.confirm(id, by), patience()),
    cancel: (because, by = '') => patiently(() => reservations.cancel(id, because, by), patience()),
  };
}
