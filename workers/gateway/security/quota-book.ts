/** The meters of all keys that have a quota: what a call for values is counted against, and given back to when it fails. */
import { covers } from '../../../core/access/scope.ts';
import type { RouteTable } from '../../../pipelines/ports.ts';
import type { Principal } from './principal.ts';
import { QuotaMeter } from './quota-meter.ts';

export class QuotaBook {
  readonly #routes: RouteTable;
  readonly #nowMs: () => number;
  /** By key, as they were when the key was last seen: another principal of the same key has other quotas. */
  readonly #meters = new Map<string, { readonly of: Principal; readonly meters: readonly QuotaMeter[] }>();

  constructor(routes: RouteTable, nowMs: () => number) {
    this.#routes = routes;
    this.#nowMs = nowMs;
  }

  /** Runs `act` once the values are counted against every quota of the key that covers the sequence; gives them back when it fails. */
  counted<T>(principal: Principal, sequence: string, count: number, act: () => T | Promise<T>): T | Promise<T> {
    const { keyId, quotas } = principal;
    if (keyId === undefined || quotas.length === 0) return act();
    const meters = this.#metersOf(principal, keyId).filter((_, at) => covers(quotas[at]?.pattern ?? '', sequence));
    const taken: (() => void)[] = [];
    const failed = (error: unknown): never => {
      for (const putBack of taken) putBack();
      throw error;
    };
    const note = (meter: QuotaMeter): void => {
      const { period } = meter;
      taken.push(() => meter.putBack(count, period));
    };
    try {
      for (const [at, meter] of meters.entries()) {
        const waits = meter.take(count);
        if (waits !== undefined)
          return rest(waits, meter, meters.slice(at + 1))
            .then(act)
            .catch(failed);
        note(meter);
      }
      const done = act();
      return done instanceof Promise ? done.catch(failed) : done;
    } catch (error) {
      return failed(error);
    }

    async function rest(waits: Promise<void>, meter: QuotaMeter, others: readonly QuotaMeter[]): Promise<void> {
      await waits;
      note(meter);
      for (const other of others) {
        await other.take(count);
        note(other);
      }
    }
  }

  async close(): Promise<void> {
    const all = [...this.#meters.values()].flatMap(({ meters }) => meters);
    this.#meters.clear();
    await Promise.all(all.map((meter) => meter.close()));
  }

  #metersOf(principal: Principal, keyId: string): readonly QuotaMeter[] {
    const known = this.#meters.get(keyId);
    if (known?.of === principal) return known.meters;
    const meters = principal.quotas.map((quota) => new QuotaMeter({ routes: this.#routes, nowMs: this.#nowMs, keyId, quota }));
    this.#meters.set(keyId, { of: principal, meters });
    return meters;
  }
}
