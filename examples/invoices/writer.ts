/** One of the clerks: writes orders over HTTP, hangs up at random, and asks again until it knows what became of each. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceProcess } from './service-process.ts';

export interface WriterCounts {
  /** By order: the number that an answer named. */
  readonly invoiced: Map<string, string>;
  /** Orders that were refused, withdrawn or forgotten: none of them may have an invoice. */
  readonly dropped: Set<string>;
  hungUp: number;
  rolledBack: number;
  withdrawn: number;
  forgotten: number;
}

export interface Asked {
  readonly order: string;
  readonly branch: string;
  readonly customer: number;
  readonly cents: number;
  readonly because?: string;
}

interface Answered {
  readonly status: number;
  readonly number?: string;
  readonly because?: string;
}

/** Of a hundred calls so many are hung up on. */
const HANG_UPS = 8;
const HANG_UP_MS = 12;
const RETRY_MS = 40;

export function newCounts(): WriterCounts {
  return { invoiced: new Map(), dropped: new Set(), hungUp: 0, rolledBack: 0, withdrawn: 0, forgotten: 0 };
}

export class Writer {
  readonly #service: ServiceProcess;
  readonly #counts: WriterCounts;
  /** A whole number below so much. */
  readonly #below: (end: number) => number;

  constructor(service: ServiceProcess, counts: WriterCounts, below: (end: number) => number) {
    this.#service = service;
    this.#counts = counts;
    this.#below = below;
  }

  async write(asked: Asked): Promise<void> {
    if (this.#below(100) < 60) await this.invoice(asked);
    else await this.#draft(asked);
  }

  async invoice(asked: Asked): Promise<void> {
    this.#note(asked, await this.#ask('/invoices', asked));
  }

  /** The number is shown first; then the customer accepts, or does not, or never says. */
  async #draft(asked: Asked): Promise<void> {
    const { status } = await this.#ask('/drafts', asked);
    if (status >= 400) throw new Error(`draft ${asked.order} was answered with ${status}`);
    const fate = this.#below(100);
    if (fate < 60) this.#note(asked, await this.#ask('/drafts/accept', asked));
    else {
      this.#counts.dropped.add(asked.order);
      if (fate < 85) {
        this.#counts.withdrawn++;
        await this.#ask('/drafts/withdraw', { ...asked, because: 'the customer changed his mind' });
      } else this.#counts.forgotten++;
    }
  }

  #note({ order }: Asked, { status, number = '', because }: Answered): void {
    if (status < 300) this.#counts.invoiced.set(order, number);
    else {
      this.#counts.dropped.add(order);
      if (because !== undefined) this.#counts.rolledBack++;
    }
  }

  /** Until there is an answer that says what happened: the service may be dead, or not have known itself. */
  async #ask(path: string, asked: Asked): Promise<Answered> {
    for (;;) {
      const hangsUp = this.#below(100) < HANG_UPS;
      try {
        const signal = hangsUp ? { signal: AbortSignal.timeout(this.#below(HANG_UP_MS)) } : {};
        const response = await fetch(`${this.#service.url}${path}`, { method: 'POST', body: JSON.stringify(asked), ...signal });
        const answered = (await response.json()) as Omit<Answered, 'status'>;
        if (response.status !== 503) return { ...answered, status: response.status };
      } catch {
        if (hangsUp) this.#counts.hungUp++;
      }
      await pause(RETRY_MS);
    }
  }
}
