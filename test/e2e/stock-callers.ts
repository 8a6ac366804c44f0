/** Callers of several streams at every gateway of an installation, who remember when each call began: for changes of a sequence under load. */
import { performance } from 'node:perf_hooks';
import { GatewayCallers } from './gateway-callers.ts';

const SERVICES = ['a', 'b', 'c', 'd'];
const PAUSE_MS = 5;

export interface TimedAnswer {
  readonly beganMs: number;
  readonly endedMs: number;
  /** Undefined where the call was refused, for `code`. */
  readonly value: number | undefined;
  readonly code: string | undefined;
}

export class StockCallers extends GatewayCallers {
  readonly calls: TimedAnswer[] = [];

  async run(): Promise<void> {
    await Promise.all(this.gateways.flatMap((gateway) => SERVICES.map((service) => this.#call(gateway, service))));
  }

  /** Of calls that began after one moment and were answered before another. */
  between(fromMs: number, untilMs = Number.POSITIVE_INFINITY): TimedAnswer[] {
    return this.calls.filter(({ beganMs, endedMs }) => beganMs > fromMs && endedMs < untilMs);
  }

  async #call(gateway: string, service: string): Promise<void> {
    const body = JSON.stringify({ count: 1, clientType: 'web', service });
    const headers = { 'content-type': 'application/json' };
    while (!this.isOver) {
      const beganMs = performance.now();
      const response = await fetch(`${gateway}/v1/sequences/${this.sequence}/next`, { method: 'POST', headers, body });
      const { values, code } = (await response.json()) as { readonly values?: readonly string[]; readonly code?: string };
      const value = response.ok ? Number(values?.[0]) : undefined;
      this.calls.push({ beganMs, endedMs: performance.now(), value, code });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
