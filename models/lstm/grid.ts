/**
 * From the leads and levels that a network was made for to those that are asked for: between two leads and two levels in proportion,
 * and never beyond the outermost.
 */
import type { LeadGrid } from '../contract.ts';
import type { LstmSpec } from './spec.ts';

/** Where a value lies between two neighbours: `share` of the upper one. A lower neighbour of -1 is zero. */
interface Between {
  readonly lower: number;
  readonly upper: number;
  readonly share: number;
}

export interface GridProjection {
  readonly leads: readonly Between[];
  readonly levels: readonly Between[];
}

/** How to answer the grid, or why that cannot be. */
export function projection(spec: LstmSpec, grid: LeadGrid): GridProjection | string {
  if (grid.of !== spec.of) return `it says the demand of each ${spec.of}, not of each ${grid.of}`;
  const leads: Between[] = [];
  for (const leadMs of grid.leadsMs) {
    const place = between(spec.leadsBins, leadMs / spec.binMs);
    // Totals begin at nothing; what a single bin holds has no such beginning.
    if (place === undefined || (place.lower < 0 && spec.of === 'bin')) return `it was not made for a lead of ${leadMs} ms`;
    leads.push(place);
  }
  const scores = spec.levels.map(logit);
  const levels: Between[] = [];
  for (const level of grid.levels) {
    const place = between(scores, logit(level));
    if (place === undefined || place.lower < 0) return `it was not made for the level ${level}`;
    levels.push(place);
  }
  return { leads, levels };
}

/** Quantiles of the grid out of the network's, both lead by lead and level by level within. */
export function projected(demands: Float64Array, spec: LstmSpec, { leads, levels }: GridProjection): Float64Array {
  const width = spec.levels.length;
  const quantiles = new Float64Array(leads.length * levels.length);
  const atLead = (lead: number, { lower, upper, share }: Between): number =>
    lead < 0 ? 0 : mix(demands[lead * width + lower] as number, demands[lead * width + upper] as number, share);
  for (const [i, lead] of leads.entries()) {
    for (const [j, level] of levels.entries()) {
      quantiles[i * levels.length + j] = mix(atLead(lead.lower, level), atLead(lead.upper, level), lead.share);
    }
  }
  return quantiles;
}

/** Mean of a distribution from some of its quantiles; nothing is made up beyond the outermost. */
export function meanOf(levels: readonly number[], quantiles: Float64Array): number {
  const last = levels.length - 1;
  let mean = (quantiles[0] as number) * (levels[0] as number) + (quantiles[last] as number) * (1 - (levels[last] as number));
  for (let i = 0; i < last; i++) {
    const share = (levels[i + 1] as number) - (levels[i] as number);
    mean += (share * ((quantiles[i] as number) + (quantiles[i + 1] as number))) / 2;
  }
  return mean;
}

function between(ascending: readonly number[], value: number): Between | undefined {
  const upper = ascending.findIndex((one) => one >= value - Math.abs(value) * ROUNDING);
  if (upper < 0) return undefined;
  const above = ascending[upper] as number;
  if (above <= value + Math.abs(value) * ROUNDING) return { lower: upper, upper, share: 1 };
  const lower = upper - 1;
  const below = lower < 0 ? 0 : (ascending[lower] as number);
  return { lower, upper, share: (value - below) / (above - below) };
}

/** The same lead or level, but for how it was computed. */
const ROUNDING = 1e-9;

function mix(lower: number, upper: number, share: number): number {
  return lower + (upper - lower) * share;
}

function logit(level: number): number {
  return Math.log(level / (1 - level));
}
