/**
 * One who numbers invoices: reserves a number, then confirms it, or cancels where the invoice was not written. One after the other, so that
 * the demo's highest number is also how many invoices there are.
 */
import { SequenceError } from '../../core/errors.ts';
import type { SeqcastService } from '../../workers/runtime/service/service.ts';
import { IssuedValues } from './issued-values.ts';

/** So many are cancelled of so many. */
const CANCELLED_EVERY = 9;
/** By the demo's clock, which is sped up: never over while an invoice is written. */
const TTL_MS = 7 * 86_400_000;
const OWNER = 'demo';
const VOIDS_PAGE = 100;
const RETRY_PAUSE_MS = 50;

export class InvoiceCaller {
  readonly #service: SeqcastService;
  readonly #sequence: string;
  readonly #run: string;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #confirmed = new IssuedValues();
  #due = 0;
  #asked = 0;
  #running: Promise<void> | undefined;
  #stopped = false;
  #highest = 0;
  #cancelled = 0;
  #missing = 0;
  fault: string | undefined;

  constructor(
    service: SeqcastService,
    options: { readonly sequence: string; readonly run: string; readonly pause: (ms: number) => Promise<void> },
  ) {
    this.#service = service;
    this.#sequence = options.sequence;
    this.#run = options.run;
    this.#pause = options.pause;
  }

  get figures() {
    const open = this.#running === undefined ? 0 : 1;
    return {
      calls: this.#asked,
      values: this.#confirmed.count,
      duplicates: this.#confirmed.duplicates,
      highest: this.#highest,
      cancelled: this.#cancelled,
      missing: Math.max(this.#missing, open),
    };
  }

  /** Another invoice is due. */
  ask(): void {
    this.#due += 1;
    if (this.#running === undefined && !this.#stopped) this.#running = this.#work();
  }

  /** Writes what is due, and an invoice for each number that was given up: then nothing may be missing. */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#stopped) return;
    this.#running = this.#fill().catch((error: unknown) => this.#failed(error));
    await this.#running;
    this.#running = undefined;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #work(): Promise<void> {
    try {
      while (this.#due > 0 && !this.#stopped) {
        await this.#number(this.#asked % CANCELLED_EVERY === CANCELLED_EVERY - 1);
        this.#due -= 1;
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#running = undefined;
  }

  async #fill(): Promise<void> {
    for (;;) {
      const { entries } = await this.#service.reservations().voids({ sequence: this.#sequence, from: 1, limit: VOIDS_PAGE });
      this.#missing = entries.length;
      if (entries.length === 0) return;
      for (const _ of entries) await this.#number(false);
    }
  }

  async #number(isCancelled: boolean): Promise<void> {
    const reservations = this.#service.reservations();
    const sequence = this.#sequence;
    const key = `${this.#run}-${this.#asked}`;
    // The key makes a repeated call harmless: it finds what the first one reserved.
    const { id, values } = await this.#again(() => reservations.reserve({ sequence, key, count: 1, ttlMs: TTL_MS, owner: OWNER }));
    this.#asked += 1;
    if (isCancelled) {
      await this.#again(() => reservations.cancel({ sequence, id, by: OWNER, because: 'the invoice was not written' }));
      this.#cancelled += 1;
      return;
    }
    await this.#again(() => reservations.confirm({ sequence, id, by: OWNER }));
    for (const value of values) {
      this.#confirmed.add(Number(value), Number(value) + 1);
      this.#highest = Math.max(this.#highest, Number(value));
    }
  }

  async #again<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (this.#stopped || !(error instanceof SequenceError) || !error.retriable) throw error;
        await this.#pause(RETRY_PAUSE_MS);
      }
    }
  }

  #failed(error: unknown): void {
    if (!this.#stopped) this.fault = error instanceof Error ? error.message : String(error);
    this.#stopped = true;
  }
}
