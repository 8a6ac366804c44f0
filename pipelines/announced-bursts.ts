/**
 * The announced bursts of one stream: a fold that the forecast stage, the allocation stage and whoever lists them share. Bursts are told
 * apart by when they begin; said again, the later word holds, and a rate of 0 takes a burst back.
 */
import { ANNOUNCEMENTS_PER_STREAM_MAX, DECLARED_RATE_MAX } from '../core/limits.ts';
import type { BurstDeclared } from '../schemas/messages.ts';

export type AnnouncedBursts = readonly BurstDeclared[];

export const NO_BURSTS: AnnouncedBursts = [];

/** Without those that are over. */
export function notOver(bursts: AnnouncedBursts, nowMs: number): AnnouncedBursts {
  if (bursts.every((each) => each.untilMs > nowMs)) return bursts;
  const left = bursts.filter((each) => each.untilMs > nowMs);
  return left.length === 0 ? NO_BURSTS : left;
}

/** The bursts after one more word about them, by when they begin. Those that were over by `nowMs` are dropped. */
export function withBurst(bursts: AnnouncedBursts, declared: BurstDeclared, nowMs: number): AnnouncedBursts {
  const others = notOver(bursts, nowMs).filter((each) => each.fromMs !== declared.fromMs);
  // Whoever wrote it: what cannot be a burst is none.
  const isBurst = declared.rate > 0 && declared.rate <= DECLARED_RATE_MAX && declared.untilMs > Math.max(declared.fromMs, nowMs);
  if (!isBurst) return others.length === 0 ? NO_BURSTS : others;
  // The newest word is kept where there are too many; a gateway accepts no more.
  return [...others.slice(-(ANNOUNCEMENTS_PER_STREAM_MAX - 1)), declared].sort((a, b) => a.fromMs - b.fromMs);
}

/** Values per second of all bursts that are on at that time. */
export function burstRate(bursts: AnnouncedBursts, atMs: number): number {
  let rate = 0;
  for (const burst of bursts) if (burst.fromMs <= atMs && atMs < burst.untilMs) rate += burst.rate;
  return rate;
}

/** The most values per second that bursts ask for at a time within `[fromMs, untilMs]`. */
export function peakBurstRate(bursts: AnnouncedBursts, fromMs: number, untilMs: number): number {
  let peak = burstRate(bursts, fromMs);
  // The sum grows only where a burst begins.
  for (const burst of bursts) if (burst.fromMs > fromMs && burst.fromMs <= untilMs) peak = Math.max(peak, burstRate(bursts, burst.fromMs));
  return peak;
}

/** Values that the bursts ask for within `[fromMs, untilMs)`. */
export function burstDemand(bursts: AnnouncedBursts, fromMs: number, untilMs: number): number {
  let values = 0;
  for (const burst of bursts) {
    values += (burst.rate * Math.max(0, Math.min(untilMs, burst.untilMs) - Math.max(fromMs, burst.fromMs))) / 1_000;
  }
  return values;
}
