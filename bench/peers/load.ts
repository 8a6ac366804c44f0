/** Callers that ask again as soon as they are answered: how many values a second, and how long each took. */
import { setImmediate as breath } from 'node:timers/promises';
import type { PeerSession } from './peer.ts';
import { type Quantiles, quantiles } from './statistics.ts';

export interface LoadOptions {
  readonly callers: number;
  readonly ms: number;
  /** One of so many calls is timed: where a call takes nanoseconds, looking at the clock would take most of the time. */
  readonly timedEvery: number;
}

export interface Load extends Quantiles {
  readonly perSecond: number;
  readonly values: number;
}

/** Every block has its first value timed now and then: the stride shares no factor with any block. */
export const STRIDE_IN_PROCESS = 17;
/** Values that a caller takes without a wait before it lets the others and the sockets have their turn. */
const BURST = 500;

export async function load({ next }: PeerSession, { callers, ms, timedEvery }: LoadOptions): Promise<Load> {
  const waitsMs: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + ms;
  let values = 0;

  async function caller(index: number): Promise<void> {
    for (let inBurst = 1; ; inBurst++) {
      const isTimed = values % timedEvery === 0;
      const askedMs = isTimed ? performance.now() : 0;
      const value = next(index, callers);
      const hasWaited = value instanceof Promise;
      if (hasWaited) await value;
      values++;
      if (isTimed) waitsMs.push(performance.now() - askedMs);
      if (!hasWaited && inBurst % BURST !== 0) continue;
      if (performance.now() >= endMs) return;
      if (!hasWaited) await breath();
    }
  }

  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  const perSecond = (values * 1_000) / (performance.now() - startMs);
  return { perSecond, values, ...quantiles(waitsMs) };
}
