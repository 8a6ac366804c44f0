/**
 * The callers that wait for values: first come, first served, each for a limited time, and a limited number of them.
 *
 * A caller gets all it asked for at once or nothing; one that gives up has taken nothing. Nobody overtakes the first in line, so that
 * a large request is not starved by small ones.
 */
import { SeqcastClientError } from './client-error.ts';
import { type Announcer, STALL_MS } from './client-events.ts';
import type { Hand } from './hand.ts';

export interface WaitOptions {
  /** Ends the wait; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

interface Waiter {
  readonly count: number;
  readonly ticket: number;
  readonly deadlineMs: number;
  give(values: bigint[]): void;
  fail(error: unknown): void;
}

/** More callers than this would wait longer than anybody's patience; the next one is told so at once. */
const WAITING_MAX = 10_000;

export class WaitingLine {
  readonly #waiters = new Set<Waiter>();
  readonly #sequence: string;
  readonly #timeoutMs: number;
  /** Called when someone has given up: those behind may be served now. */
  readonly #moved: () => void;
  readonly #announcer: Announcer;
  #wanted = 0;
  #lastTicket = 0;
  #served = 0;
  #stalls = 0;
  #timer: NodeJS.Timeout | undefined;
  /** What the last attempt failed with: the best answer to "why did I wait in vain?". */
  trouble: unknown;

  constructor(sequence: string, timeoutMs: number, announcer: Announcer, moved: () => void) {
    this.#sequence = sequence;
    this.#announcer = announcer;
    this.#timeoutMs = timeoutMs;
    this.#moved = moved;
  }

  get length(): number {
    return this.#waiters.size;
  }

  /** Values that all of them want together. */
  get wanted(): number {
    return this.#wanted;
  }

  /** What the first in line wants; 0 when nobody waits. */
  get firstCount(): number {
    for (const { count } of this.#waiters) return count;
    return 0;
  }

  /** Values given to those who waited. */
  get served(): number {
    return this.#served;
  }

  /** Callers that waited long, whatever became of them. */
  get stalls(): number {
    return this.#stalls;
  }

  get lastTicket(): number {
    return this.#lastTicket;
  }

  join(count: number, signal: AbortSignal | undefined): Promise<bigint[]> {
    if (this.#waiters.size >= WAITING_MAX) {
      const message = `${WAITING_MAX} callers wait for ${this.#sequence} already`;
      return Promise.reject(new SeqcastClientError('SEQ_TOO_MANY_WAITING', message, { retriable: true, cause: this.trouble }));
    }
    this.#lastTicket += 1;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (!this.#leave(waiter)) return;
        waiter.fail(signal?.reason);
        this.#moved();
      };
      const waiter: Waiter = {
        count,
        ticket: this.#lastTicket,
        deadlineMs: performance.now() + this.#timeoutMs,
        give(values) {
          signal?.removeEventListener('abort', onAbort);
          resolve(values);
        },
        fail(error) {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#wanted += count;
      this.#watch(waiter);
    });
  }

  /** Serves whom it can, in order, as far as the ticket. */
  serve(hand: Hand, upToTicket: number): void {
    if (this.#waiters.size === 0) return;
    const served: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.count > hand.count || waiter.ticket > upToTicket) break;
      this.#give(waiter, hand);
      served.push(waiter);
    }
    this.#stopped(served);
  }

  refuseFirst(error: unknown): void {
    for (const waiter of this.#waiters) {
      this.#leave(waiter);
      waiter.fail(error);
      return;
    }
  }

  /** Nothing more will come: serves those for whom it suffices, and sends the others away. */
  dissolve(hand: Hand, error: unknown): void {
    this.#stopped([...this.#waiters]);
    for (const waiter of this.#waiters) {
      if (waiter.count <= hand.count) {
        this.#give(waiter, hand);
      } else {
        this.#leave(waiter);
        waiter.fail(error);
      }
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #give(waiter: Waiter, hand: Hand): void {
    this.#leave(waiter);
    this.#served += waiter.count;
    waiter.give(hand.takeMany(waiter.count));
  }

  #leave(waiter: Waiter): boolean {
    if (!this.#waiters.delete(waiter)) return false;
    this.#wanted -= waiter.count;
    return true;
  }

  /** All wait equally long, so one timer for the first in line is enough; it is set anew only when it fires. */
  #watch(first: Waiter): void {
    this.#timer ??= setTimeout(() => this.#sendTheLateAway(), Math.ceil(first.deadlineMs - performance.now())).unref();
  }

  /** They wait no longer: tells of those who waited long, who stand in front. */
  #stopped(waiters: readonly Waiter[]): void {
    const [first] = waiters;
    if (first === undefined) return;
    const nowMs = performance.now();
    const waitedMs = ({ deadlineMs }: Waiter): number => nowMs - (deadlineMs - this.#timeoutMs);
    if (waitedMs(first) < STALL_MS) return;
    const callers = waiters.filter((waiter) => waitedMs(waiter) >= STALL_MS).length;
    this.#stalls += callers;
    this.#announcer.event({ kind: 'stall', sequence: this.#sequence, callers, waitedMs: waitedMs(first) });
  }

  #sendTheLateAway(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    const late: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.deadlineMs > nowMs) {
        this.#watch(waiter);
        break;
      }
      this.#leave(waiter);
      late.push(waiter);
      waiter.fail(this.trouble ?? this.#waitedInVain());
    }
    this.#stopped(late);
    this.#moved();
  }

  #waitedInVain(): SeqcastClientError {
    return new SeqcastClientError('SEQ_WAIT_TIMEOUT', `no values of ${this.#sequence} arrived within ${this.#timeoutMs} ms`, {
      retriable: true,
      whatToDo: 'Retry; if it persists, check the allocator with `seqcast status`.',
    });
  }
}
