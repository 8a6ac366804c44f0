/**
 * The reorder point s: with position = stock - waiting + on order, a stream orders as soon as `position <= s`.
 *
 * The reserve covers what may be asked for until an order placed now is usable, and for a ride-through until an allocator that
 * is away is back and has answered. Source: docs/how-it-works/sizing.md (measured on real and synthetic demand).
 */

/** What one horizon of the forecast says, in values; see `HorizonForecast` of the messages. */
export interface HorizonDemand {
  readonly horizonMs: number;
  readonly median: number;
  readonly upper: number;
  readonly cap: number;
  readonly insured: number;
}

export interface ReserveInput {
  readonly leadTimeMs: number;
  /** Values of the largest request lately; 1 where values are asked for one by one. */
  readonly requestSize: number;
  /** First the lead-time horizon, then the ride-through horizon where one is set; empty before the first forecast. */
  readonly horizons: readonly HorizonDemand[];
  readonly rideThroughMs: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly targetStallsPpm: number;
  /** Values per second of a burst that was announced and is on now; 0 without one. */
  readonly declaredRate: number;
  /** Values per second right now: all there is to go by before the first forecast. */
  readonly fastRate: number;
}

export type ReservePart = 'floor' | 'peak' | 'forecast' | 'ride-through' | 'declared' | 'waiting';

export interface Reserve {
  readonly reorderPoint: number;
  /** Which term of the rule was the largest. */
  readonly part: ReservePart;
}

/** Single stray requests on a quiet stream must not stall: costs 32 values a stream (sizing, section 5). */
export const RESERVE_FLOOR = 32;

/**
 * About one request in a hundred falls into the lead time of an order; only those can stall. So a target per million requests
 * allows each order to fall short a hundred times as often, at most once in a hundred.
 */
const SHORTFALL_PER_PPM = 1e-4;
const SHORTFALL_MAX = 0.01;
const SHORTFALL_MIN = 1e-6;
/** As for a remembered peak: a quarter above what was seen. */
const COLD_PEAK_FACTOR = 1.25;

export function reserve(input: ReserveInput): Reserve {
  let reorderPoint = RESERVE_FLOOR;
  let part: ReservePart = 'floor';
  const raise = (to: number, by: ReservePart): void => {
    if (to <= reorderPoint) return;
    reorderPoint = to;
    part = by;
  };
  const leadTimeS = input.leadTimeMs / 1_000;
  const size = Math.max(1, input.requestSize);
  const lead = input.horizons[0];
  if (lead !== undefined) {
    raise(thinned(lead.insured, leadTimeS, input.targetStallsPpm, size), lead.insured < lead.cap ? 'forecast' : 'peak');
  } else raise(COLD_PEAK_FACTOR * input.fastRate * leadTimeS, 'peak');
  const outage = input.horizons[1];
  if (outage !== undefined && input.rideThroughMs > 0) {
    raise(input.rideThroughClass === 'insured' ? outage.insured : outage.upper, 'ride-through');
  }
  raise(input.declaredRate * leadTimeS, 'declared');
  // A request of many values takes the stock below the reorder point by up to its size before anything is ordered.
  return { reorderPoint: Math.ceil(reorderPoint + size - 1), part };
}

/**
 * Demand of a lead time below one second out of the demand of the worst second: requests fall into the part of the second as a
 * binomial, so mean plus z standard deviations, but not more than that second had.
 */
export function thinned(perSecond: number, leadTimeS: number, targetStallsPpm: number, requestSize = 1): number {
  if (leadTimeS >= 1) return perSecond;
  const shortfall = Math.min(SHORTFALL_MAX, Math.max(SHORTFALL_MIN, targetStallsPpm * SHORTFALL_PER_PPM));
  const mean = perSecond * leadTimeS;
  return Math.min(perSecond, mean + normalQuantile(1 - shortfall) * Math.sqrt(requestSize * mean * (1 - leadTimeS)));
}

/** Upper quantile of the standard normal (Abramowitz and Stegun 26.2.23; absolute error below 4.5e-4). */
export function normalQuantile(level: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - level));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
