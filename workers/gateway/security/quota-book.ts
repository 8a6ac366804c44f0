/** The meters of all keys that have a quota: what a call for values is counted against, and given back to when it fails. */
import { covers } from '../../../core/access/scope.ts';
import type { RouteTable } from '../../../pipelines/ports.ts';
import type { Principal } from './principal.ts';
import { QuotaMeter } from './quota-meter.ts';

interface KeyMeters {
  readonly of: Principal;
  readonly meters: readonly QuotaMeter[];
  /** Those whose quota covers a sequence, by its name. */
  readonly covering: Map<string, readonly QuotaMeter[]>;
}

/** Names that a key asks about; beyond it the memory begins anew. */
const NAMES_KEPT = 4_096;

export class QuotaBook {
  readonly #routes: RouteTable;
  readonly #nowMs: () => number;
  /** By key, as they were when the key was last seen: another principal of the same key has other quotas. */
  readonly #meters = new Map<string, KeyMeters>();

  constructor(routes: RouteTable, nowMs: () => number) {
    this.#routes = routes;
    this.#nowMs = nowMs;
  }

  /** Runs `act` once the values are counted against every quota of the key that covers the sequence; gives them back when it fails. */
  counted<T>(principal: Principal, sequence: string, count: number, act: () => T | Promise<T>): T | Promise<T> {
    const { keyId, quotas } = principal;
    if (keyId === undefined || quotas.length === 0) return act();
    const meters = this.#metersOf(principal, keyId, sequence);
    const only = meters.length === 1 ? meters[0] : undefined;
    if (only?.takeAtOnce(count) === true) return orPutBack(only, count, act);
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

  /** Counts the values, for who learns later how the call ended: resolves to what gives them back. */
  async take(principal: Principal, sequence: string, count: number): Promise<() => void> {
    const { keyId } = principal;
    const taken: (() => void)[] = [];
    const putBack = (): void => {
      for (const each of taken.splice(0)) each();
    };
    if (keyId === undefined) return putBack;
    try {
      for (const meter of this.#metersOf(principal, keyId, sequence)) {
        await meter.take(count);
        const { period } = meter;
        taken.push(() => meter.putBack(count, period));
      }
    } catch (error) {
      putBack();
      throw error;
    }
    return putBack;
  }

  async close(): Promise<void> {
    const all = [...this.#meters.values()].flatMap(({ meters }) => meters);
    this.#meters.clear();
    await Promise.all(all.map((meter) => meter.close()));
  }

  #metersOf(principal: Principal, keyId: string, sequence: string): readonly QuotaMeter[] {
    const { meters, covering } = this.#ofKey(principal, keyId);
    const known = covering.get(sequence);
    if (known !== undefined) return known;
    if (covering.size >= NAMES_KEPT) covering.clear();
    const found = meters.filter((_, at) => covers(principal.quotas[at]?.pattern ?? '', sequence));
    covering.set(sequence, found);
    return found;
  }

  #ofKey(principal: Principal, keyId: string): KeyMeters {
    const known = this.#meters.get(keyId);
    if (known?.of === principal) return known;
    const meters = principal.quotas.map((quota) => new QuotaMeter({ routes: this.#routes, nowMs: this.#nowMs, keyId, quota }));
    const made = { of: principal, meters, covering: new Map<string, readonly QuotaMeter[]>() };
    this.#meters.set(keyId, made);
    return made;
  }
}

/** What is counted already, by one meter out of its slice: nothing is made for it unless the call fails. */
function orPutBack<T>(meter: QuotaMeter, count: number, act: () => T | Promise<T>): T | Promise<T> {
  const { period } = meter;
  try {
    const done = act();
    if (!(done instanceof Promise)) return done;
    return done.catch((error: unknown) => {
      meter.putBack(count, period);
      throw error;
    });
  } catch (error) {
    meter.putBack(count, period);
    throw error;
  }
}
