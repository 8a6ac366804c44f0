/**
 * How a stream is used, remembered in a few numbers: how large its calls are, how many there are, how evenly values are asked for. All of
 * it fades, so that a stream that is used otherwise today is judged by today.
 */
import type { Usage } from './pool-kind.ts';

/** What is older than this counts a third: long enough to see a job that runs once an hour more than a few times. */
const MEMORY_MS = 12 * 3_600_000;
/** Sizes are counted by powers of two: enough for the limit of a call, and a quantile that is off by less than a factor of two. */
const SIZE_BINS = 32;
/** Three of four calls are at least as large. */
const USUAL_SHARE = 0.75;
/** In quiet, memory fades in steps of so long: often enough that no call counts as old as the quiet before it, at next to no cost. */
const QUIET_STEP_MS = 60_000;
/** Less of a call than this is remembered no more. */
const FORGOTTEN = 0.5;

export interface UsageMemory {
  /** Calls by the power of two of their size. */
  readonly sizes: Float64Array;
  /** Values asked for since the last span, and before it, fading. */
  asked: number;
  values: number;
  /** Most values per second of any span, fading. */
  peak: number;
  readonly sinceMs: number;
  /** Up to when all of it has faded. */
  fadedMs: number;
}

export function newUsage(nowMs: number): UsageMemory {
  return { sizes: new Float64Array(SIZE_BINS), asked: 0, values: 0, peak: 0, sinceMs: nowMs, fadedMs: nowMs };
}

/** On the hot path, so it only counts. */
export function countCall(memory: UsageMemory, count: number): void {
  const bin = 31 - Math.clz32(count);
  memory.sizes[bin] = (memory.sizes[bin] ?? 0) + 1;
  memory.asked += count;
  // A call is asked for in an instant: the second that it falls in has at least this, however coarse the spans are.
  if (count > memory.peak) memory.peak = count;
}

/** A span is over, of about a second. True where something was asked for in it. */
export function endSpan(memory: UsageMemory, nowMs: number, secondMs: number): boolean {
  const { asked } = memory;
  if (asked > 0 || nowMs - memory.fadedMs >= QUIET_STEP_MS) fade(memory, nowMs);
  if (asked === 0) return false;
  memory.asked = 0;
  memory.values += asked;
  // However late it is ended: that must not thin a peak.
  memory.peak = Math.max(memory.peak, (asked * 1_000) / secondMs);
  return true;
}

export function usageOf(memory: UsageMemory, nowMs: number): Usage {
  fade(memory, nowMs);
  const { sizes, values, peak, sinceMs } = memory;
  const calls = sizes.reduce((sum, each) => sum + each, 0);
  // What fades at this pace is as much as this span holds at the pace of now.
  const spanS = Math.max(1, (MEMORY_MS * (1 - Math.exp((sinceMs - nowMs) / MEMORY_MS))) / 1_000);
  const valuesPerSecond = values / spanS;
  return {
    calls,
    callsPerSecond: calls / spanS,
    valuesPerSecond,
    burstiness: valuesPerSecond === 0 ? 0 : peak / valuesPerSecond,
    usualRequest: usualRequest(sizes, calls),
  };
}

/** True where no call as large is remembered: it may stay the only one. */
export function isLone({ sizes }: UsageMemory, count: number): boolean {
  let asLarge = 0;
  for (let bin = 31 - Math.clz32(count); bin < SIZE_BINS; bin++) asLarge += sizes[bin] ?? 0;
  return asLarge < FORGOTTEN;
}

function usualRequest(sizes: Float64Array, calls: number): number {
  let larger = 0;
  for (let bin = SIZE_BINS - 1; bin >= 0; bin--) {
    larger += sizes[bin] ?? 0;
    if (calls > 0 && larger >= USUAL_SHARE * calls) return 2 ** bin;
  }
  return 0;
}

function fade(memory: UsageMemory, nowMs: number): void {
  const spanMs = nowMs - memory.fadedMs;
  if (spanMs <= 0) return;
  const kept = Math.exp(-spanMs / MEMORY_MS);
  memory.fadedMs = nowMs;
  memory.values *= kept;
  memory.peak *= kept;
  for (let bin = 0; bin < SIZE_BINS; bin++) memory.sizes[bin] = (memory.sizes[bin] ?? 0) * kept;
}
