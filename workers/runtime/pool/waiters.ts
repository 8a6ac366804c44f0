/**
 * Callers that wait for stock: first come, first served, bounded in number and time. A burst far above the forecast lands here
 * and is served late, never refused while the sequence has values.
 */
import { SequenceError } from '../../../core/errors.ts';
import { WAIT_MS_MAX, WAITING_MAX } from '../../../core/limits.ts';
import type { Taken } from '../../../core/stock/take.ts';

export interface Waiter {
  readonly count: number;
  readonly numbered: boolean;
  /** By the process's own monotonic time, in milliseconds. */
  readonly deadlineMs: number;
  readonly resolve: (taken: readonly Taken[]) => void;
  readonly reject: (error: SequenceError) => void;
}

export class Waiters {
  readonly #queue: Waiter[] = [];
  #head = 0;
  /** Values all of them wait for. */
  values = 0;

  get size(): number {
    return this.#queue.length - this.#head;
  }

  wait(stream: string, count: number, numbered: boolean, nowMs: number): Promise<readonly Taken[]> {
    if (this.size >= WAITING_MAX) {
      return Promise.reject(
        new SequenceError('SEQ_TOO_MANY_WAITING', `${WAITING_MAX} callers wait for stream ${stream} already`, { stream }),
      );
    }
    this.values += count;
    return new Promise((resolve, reject) => this.#queue.push({ count, numbered, deadlineMs: nowMs + WAIT_MS_MAX, resolve, reject }));
  }

  /** Serves from the front while `take` can; stops at the first it cannot, so that nobody is overtaken. */
  serve(take: (waiter: Waiter) => readonly Taken[] | undefined): number {
    let served = 0;
    for (let first = this.#queue[this.#head]; first !== undefined; first = this.#queue[this.#head]) {
      const taken = take(first);
      if (taken === undefined) break;
      this.#shift(first);
      first.resolve(taken);
      served++;
    }
    return served;
  }

  /** Rejects the callers at the front whose time is over. */
  expire(stream: string, nowMs: number): void {
    for (let first = this.#queue[this.#head]; first !== undefined && first.deadlineMs <= nowMs; first = this.#queue[this.#head]) {
      this.#shift(first);
      first.reject(new SequenceError('SEQ_WAIT_TIMEOUT', `no allocation for stream ${stream} within ${WAIT_MS_MAX / 1_000} s`, { stream }));
    }
  }

  rejectAll(error: () => SequenceError): void {
    for (let first = this.#queue[this.#head]; first !== undefined; first = this.#queue[this.#head]) {
      this.#shift(first);
      first.reject(error());
    }
  }

  #shift(first: Waiter): void {
    this.values -= first.count;
    this.#head++;
    // Compacted now and then, so that a long queue costs its length once.
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
