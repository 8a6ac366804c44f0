/**
 * What the rule promises against others on the same demand, each as a bound that a measured cell keeps or misses. Where it is missed the
 * verdict says by how much and what is known of the reason.
 */
import { operationsPerHour, type StreamResult, survivedPercent } from '../harness/result.ts';

/** All that was measured of one trace at one lead time and ride-through, by the policy's name in the bench. */
export interface Cell {
  readonly trace: string;
  readonly leadTimeS: number;
  readonly rideThroughS: number;
  readonly results: Readonly<Record<string, StreamResult>>;
  /** Largest demand of one lead time anywhere in the trace. */
  readonly leadDemandMax: number;
}

export interface Verdict {
  readonly figure: string;
  readonly trace: string;
  readonly leadTimeS: number;
  readonly rideThroughS: number;
  /** What was seen, in the figure's unit, and the bound it was held to. */
  readonly seen: number;
  readonly bound: number;
  readonly unit: string;
  readonly kept: boolean;
  readonly why?: string;
}

/** Below it a stream holds next to nothing, and ratios say nothing: the floor of the rule is 32 values. */
const FLOOR_VALUES = 40;
const FORESIGHT_FACTOR = 1.25;
const OPERATIONS_PER_HOUR_MAX = 60;
const LEAF_SHARE_SHORT = 1 / 15;
const LEAF_SHARE_LONG = 1 / 2;
const LONG_LEAD_S = 5;
const LEAF_SHARE_AT_ITS_OPERATIONS = 1 / 2.5;
const TUNED_FACTOR_MAX = 1.1;
const FIRST_BURST_LEADS = 2.5;

/** No stalls after the first order, whatever burst was seen before. */
export function noStalls(cell: Cell): Verdict | undefined {
  const ours = cell.results.seqcast;
  if (ours === undefined) return undefined;
  return verdict(cell, 'no stalls after the first order', ours.stalled - ours.stalledAtFirst, 0, 'values');
}

/** A burst that nothing announced and nothing resembled. */
export function firstBurst(cell: Cell, burstRate: number): Verdict | undefined {
  const ours = cell.results.seqcast;
  if (ours === undefined) return undefined;
  return verdict(cell, 'stalls of a first-ever burst', ours.stalled, FIRST_BURST_LEADS * burstRate * cell.leadTimeS, 'values');
}

export function nearForesight(cell: Cell): Verdict[] {
  const ours = cell.results['seqcast without returns'];
  const foresight = cell.results.foresight;
  if (ours === undefined || foresight === undefined) return [];
  const bound = FORESIGHT_FACTOR * (foresight.meanIdle + cell.leadDemandMax) + FLOOR_VALUES;
  return [
    verdict(cell, 'idle stock near foresight, without returns', ours.meanIdle, bound, 'values'),
    verdict(cell, 'operations an hour', operationsPerHour(ours), OPERATIONS_PER_HOUR_MAX, 'an hour'),
  ];
}

export function againstLeaf(cell: Cell): Verdict[] {
  const { seqcast: ours, leaf, 'seqcast at the operations of leaf': slow } = cell.results;
  if (ours === undefined || leaf === undefined) return [];
  const share = cell.leadTimeS < LONG_LEAD_S ? LEAF_SHARE_SHORT : LEAF_SHARE_LONG;
  const found = [verdict(cell, "share of Leaf's idle stock", ours.meanIdle / Math.max(1, leaf.meanIdle), share, 'x')];
  if (slow !== undefined) {
    const ratio = slow.meanIdle / Math.max(1, leaf.meanIdle);
    found.push(verdict(cell, "share of Leaf's idle stock at its operations an hour", ratio, LEAF_SHARE_AT_ITS_OPERATIONS, 'x'));
  }
  return found;
}

/** The opponents that were tuned on the same training part; one that stalls more than a hundredth of the rest fails, whatever it holds. */
export function againstTuned(cell: Cell): Verdict[] {
  const ours = cell.results.seqcast;
  if (ours === undefined) return [];
  return (['tuned (s, Q)', 'tuned static'] as const).flatMap((name) => {
    const tuned = cell.results[name];
    if (tuned === undefined) return [];
    const tunedPpm = (tuned.stalled * 1e6) / Math.max(1, tuned.demanded);
    if (tunedPpm > COLLAPSED_PPM) return [];
    const figure = `idle stock against ${name}`;
    const found = verdict(cell, figure, ours.meanIdle, Math.max(TUNED_FACTOR_MAX * tuned.meanIdle, FLOOR_VALUES), 'values');
    return found.kept || tuned.stalled <= ours.stalled ? [found] : [{ ...found, why: `it stalls ${tunedPpm.toFixed(0)} ppm there` }];
  });
}

const COLLAPSED_PPM = 10_000;

export interface SurvivalBounds {
  readonly figure: string;
  /** The policy that is judged. */
  readonly policy: 'expected' | 'insured';
  readonly survivedPercentMin?: number;
  /** Survives at least as often as this policy does. */
  readonly survivesLike?: string;
  /** Mean idle stock of another policy, and the most that ours may be of it. */
  readonly idleOf?: { readonly policy: string; readonly factor: number };
  readonly noStalls?: boolean;
}

/** Outages survived and what is held for it: R1 to R6. */
export function survival(cell: Cell, bounds: SurvivalBounds): Verdict[] {
  const ours = cell.results[bounds.policy];
  const [outage] = ours?.outages ?? [];
  if (ours === undefined) return [];
  const { figure, survivedPercentMin, survivesLike, idleOf } = bounds;
  const found: Verdict[] = [];
  const like = survivesLike === undefined ? undefined : cell.results[survivesLike]?.outages[0];
  const least = survivedPercentMin ?? (like === undefined ? undefined : survivedPercent(like));
  if (outage !== undefined && least !== undefined) {
    const seen = survivedPercent(outage);
    found.push({ ...verdict(cell, `${figure}: outages survived`, seen, least, '%'), kept: seen >= least });
  }
  const other = idleOf === undefined ? undefined : cell.results[idleOf.policy];
  if (idleOf !== undefined && other !== undefined) {
    found.push(verdict(cell, `${figure}: idle stock of ${idleOf.policy}`, ours.meanIdle / Math.max(1, other.meanIdle), idleOf.factor, 'x'));
  }
  if (bounds.noStalls === true) found.push(verdict(cell, `${figure}: stalls`, ours.stalled - ours.stalledAtFirst, 0, 'values'));
  return found;
}

/** Idle stock in values, where a figure promises a number of them. */
export function idleAtMost(cell: Cell, figure: string, bound: number): Verdict | undefined {
  const ours = cell.results.seqcast;
  return ours === undefined ? undefined : verdict(cell, figure, ours.meanIdle, bound, 'values');
}

function verdict({ trace, leadTimeS, rideThroughS }: Cell, figure: string, seen: number, bound: number, unit: string): Verdict {
  return { figure, trace, leadTimeS, rideThroughS, seen, bound, unit, kept: seen <= bound };
}
