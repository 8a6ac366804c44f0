/** A clock that runs faster than the wall's: what a demo lives on. Whole milliseconds, monotonic, from a given start. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../../core/clock.ts';

export function spedUpClock(startMs: number, speedUp: number): Clock {
  const origin = performance.now();
  return { nowMs: () => startMs + Math.floor((performance.now() - origin) * speedUp) };
}
