/**
 * One stream of the demo as its callers: asks for values in order, one call in flight, and measures who had to wait.
 *
 * A call is *stalled* when its answer waited for an allocation, or when it came due while an earlier one of the stream was
 * waiting so: no call is made behind a stalled one, and to its caller that is a wait like any other. A call that waits for
 * nothing but a round trip (over HTTP) is not stalled, and neither are those behind it.
 */
import type { Clock } from '../../core/clock.ts';
import { SequenceError } from '../../core/errors.ts';
import type { NextAnswer, NextRequest } from '../../workers/runtime/service/service.ts';

export type Answer = Pick<NextAnswer, 'blocks' | 'stalled'>;

/** What an asker calls: the service in process, or the same over HTTP. */
export interface Caller {
  next(request: NextRequest): Answer | Promise<Answer>;
}

export interface AskerOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly request: Omit<NextRequest, 'count'>;
  readonly onAnswer: (answer: Answer) => void;
  /** Waits that many real milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Between two tries of a call that failed for the moment; a failing server is not helped by haste. */
const RETRY_PAUSE_MS = 50;

interface Call {
  readonly count: number;
  readonly sinceMs: number;
  stalled: boolean;
  retried: boolean;
}

export class Asker {
  readonly #options: AskerOptions;
  readonly #queue: Call[] = [];
  #inFlight: Promise<void> | undefined;
  #fault: unknown;
  #stopped = false;
  /** The latest wait for an allocation. */
  #stall = { fromMs: 0, untilMs: 0 };
  #requests = 0;
  #stalled = 0;
  #values = 0;
  #retries = 0;
  #waitMsTotal = 0;
  #waitMsMax = 0;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /**
   * Queues calls that came due at `dueAtMs` and makes them as far as answers come at once. A driver a moment late asks after a
   * stall for what came due during it: to its caller that was a wait, so it counts as one.
   */
  ask(counts: readonly number[], dueAtMs: number): void {
    const stalled = dueAtMs >= this.#stall.fromMs && dueAtMs < this.#stall.untilMs;
    const sinceMs = stalled ? dueAtMs : this.#options.clock.nowMs();
    for (const count of counts) this.#queue.push({ count, sinceMs, stalled, retried: false });
    if (this.#inFlight === undefined) this.#answerQueue();
  }

  /** Calls due and not answered, the one in flight among them. */
  get outstanding(): number {
    return this.#queue.length;
  }

  /** What no retry can mend; the demo ends with it. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Waits are those of stalled calls, in the clock's milliseconds. */
  get figures(): { requests: number; stalled: number; values: number; retries: number; waitMsMean: number; waitMsMax: number } {
    const waitMsMean = this.#stalled === 0 ? 0 : this.#waitMsTotal / this.#stalled;
    return {
      requests: this.#requests,
      stalled: this.#stalled,
      values: this.#values,
      retries: this.#retries,
      waitMsMean,
      waitMsMax: this.#waitMsMax,
    };
  }

  /** Resolves when every call due so far was answered, or the asker stopped. */
  async settled(): Promise<void> {
    while (this.#inFlight !== undefined && !this.#stopped) await this.#inFlight;
  }

  /** Drops what is queued. An answer that still comes is counted, an error is not: the server may be closing. */
  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
  }

  #answerQueue(): void {
    for (let call = this.#queue[0]; call !== undefined && !this.#stopped; call = this.#queue[0]) {
      const answer = this.#call(call);
      if (answer instanceof Promise) {
        // `#wait` handles its own failures, so nothing is lost by not awaiting it here.
        this.#inFlight = this.#wait(call, answer);
        return;
      }
      this.#settle(call, answer);
    }
  }

  #call(call: Call): Answer | Promise<Answer> {
    try {
      return this.#options.caller.next({ ...this.#options.request, count: call.count });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #wait(call: Call, answer: Promise<Answer>): Promise<void> {
    try {
      this.#settle(call, await answer);
    } catch (error) {
      await this.#failed(call, error);
    }
    this.#inFlight = undefined;
    this.#answerQueue();
  }

  async #failed(call: Call, error: unknown): Promise<void> {
    if (this.#stopped) return;
    if (!(error instanceof SequenceError) || !error.retriable) {
      this.#fault = error;
      this.stop();
      return;
    }
    // The call stays at the head of the queue and is made again: demand is late, never dropped.
    call.retried = true;
    this.#retries += 1;
    await this.#options.pause(RETRY_PAUSE_MS);
  }

  #settle(call: Call, answer: Answer): void {
    this.#queue.shift();
    this.#requests += 1;
    this.#values += call.count;
    if (answer.stalled || call.stalled || call.retried) {
      const waitMs = this.#options.clock.nowMs() - call.sinceMs;
      this.#stalled += 1;
      this.#waitMsTotal += waitMs;
      this.#waitMsMax = Math.max(this.#waitMsMax, waitMs);
    }
    if (answer.stalled || call.retried) {
      this.#stall = { fromMs: call.sinceMs, untilMs: this.#options.clock.nowMs() };
      // Whatever came due during this wait waited with it.
      for (const behind of this.#queue) behind.stalled = true;
    }
    this.#options.onAnswer(answer);
  }
}
