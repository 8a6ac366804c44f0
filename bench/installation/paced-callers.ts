/**
 * Callers of several streams that ask at the pace of recorded demand, whatever the answers take: each minute of the NASA trace is played
 * in so many real seconds. They know several gateways, and go on with the next one when theirs does not answer.
 */
import { loadNasaTrace } from '../../backtest/traces/nasa.ts';
import { IssuedNumbers } from './issued-numbers.ts';

export interface CallersOptions {
  readonly sequence: string;
  readonly gateways: readonly string[];
  readonly streams: readonly { readonly service: string; readonly perSecond: number }[];
  /** Values a request asks for. */
  readonly count: number;
}

/** How often requests are sent: a caller cannot be slower by more than this. */
const SLICE_MS = 20;
/** Seconds of real time in which a minute of the trace is played. */
const MINUTE_S = 2;
/** Longer than any wait for an allocation that the server allows itself. */
const REQUEST_MS_MAX = 35_000;
const ATTEMPTS_MAX = 200;
const RETRY_MS = 50;

export class PacedCallers {
  readonly #options: CallersOptions;
  readonly #shape: readonly number[];
  readonly issued = new IssuedNumbers();
  readonly latenciesMs: number[] = [];
  readonly #open = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #owed: number[];
  #gateway = 0;
  requests = 0;
  failures = 0;
  retries = 0;
  gateways: readonly string[];

  constructor(options: CallersOptions) {
    this.#options = options;
    this.gateways = options.gateways;
    this.#owed = options.streams.map(() => 0);
    // A busy afternoon, relative to its mean.
    const counts = [...loadNasaTrace().counts].slice(13 * 60, 13 * 60 + 600);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    this.#shape = counts.map((count) => count / mean);
  }

  start(): void {
    const startMs = performance.now();
    let lastMs = startMs;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const minute = Math.floor((nowMs - startMs) / 1_000 / MINUTE_S) % this.#shape.length;
      const pace = (this.#shape[minute] ?? 1) * ((nowMs - lastMs) / 1_000);
      lastMs = nowMs;
      for (const [index, { service, perSecond }] of this.#options.streams.entries()) {
        this.#owed[index] = (this.#owed[index] ?? 0) + perSecond * pace;
        for (; (this.#owed[index] ?? 0) >= 1; this.#owed[index] = (this.#owed[index] ?? 0) - 1) this.#send(service);
      }
    }, SLICE_MS);
  }

  /** Sends nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#open]);
  }

  #send(service: string): void {
    this.requests++;
    const asking = this.#ask(service).finally(() => this.#open.delete(asking));
    this.#open.add(asking);
  }

  async #ask(service: string): Promise<void> {
    const { sequence, count } = this.#options;
    const startMs = performance.now();
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const gateway = this.gateways[this.#gateway++ % this.gateways.length] ?? '';
      try {
        const response = await fetch(`${gateway}/v1/sequences/${sequence}/next`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ count, service, as: 'blocks' }),
          signal: AbortSignal.timeout(REQUEST_MS_MAX),
        });
        const body = (await response.json()) as { readonly blocks?: readonly { readonly start: string; readonly count: number }[] };
        if (response.ok && body.blocks !== undefined) {
          for (const block of body.blocks) this.issued.add(Number(block.start), block.count);
          this.latenciesMs.push(performance.now() - startMs);
          return;
        }
      } catch {
        // The gateway is gone, or went while it answered: what it took for us is burnt, and we ask the next one.
      }
      this.retries++;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.failures++;
  }
}
