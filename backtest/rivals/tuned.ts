/**
 * The honest opponents: the plain rules with constants that somebody has fitted to the past by hand, on the training part and nothing
 * else. No generator does this for its users, and none of its users can know the constants before; but whoever claims that a forecast
 * pays has to beat them.
 */
import { thinned } from '../../core/sizing/reserve.ts';
import type { LeadTimes, Policy } from '../harness/policy.ts';
import { feed } from '../harness/replay.ts';
import { operationsPerHour, type StreamResult, survivedPercent } from '../harness/result.ts';
import { StreamRun } from '../harness/stream-run.ts';
import { leaf } from './leaf.ts';
import { orderQuantity } from './reorder-point.ts';
import { staticStep } from './static-step.ts';

const HOUR_S = 3_600;
/** An order a minute is what all rules are allowed. */
const ORDERS_PER_HOUR_MAX = 60;
const ORDER_S = HOUR_S / ORDERS_PER_HOUR_MAX;
/** Short of this in one of a thousand busiest seconds: the largest that training would have seen of them. */
const THINNING_PPM = 10;
/** The cold start says nothing about a step; of a short training an eighth is as much as can be spared. */
const COLD_S_MAX = HOUR_S;
const COLD_SHARE = 1 / 8;
/** How often it is seen whether a step stalls too much already. */
const PIECE_S = 6 * HOUR_S;
/** Steps are tried in geometric progression: the one found is at most so much larger than the smallest that does. */
const STEP_GROWTH = 1.02;
/** No step can be larger than a thousand hours of mean demand, or the training part holds no second block. */
const STEP_HOURS_MAX = 1_000;
/** Survival that a static step is tuned to: one that survives the worst of all outages is a matter of luck. */
const SURVIVED_PERCENT = 99.9;

export interface Training {
  /** Seconds of demand up to the split. */
  readonly training: Uint32Array;
  readonly leadTimes: LeadTimes;
  readonly rideThroughS: number;
}

/** s: the largest demand of training within a lead time, or a ride-through and two lead times. Q: a minute of its mean demand. */
export function tunedOrderQuantity({ training, leadTimes, rideThroughS }: Training): Policy {
  const leadTimeS = leadTimes.plannedS;
  const horizonS = rideThroughS > 0 ? rideThroughS + 2 * leadTimeS : leadTimeS;
  const reorderAt = Math.ceil(largestDemand(training, horizonS));
  const quantity = Math.max(1, Math.round(meanDemand(training) * ORDER_S));
  return orderQuantity(`tuned (s,Q) ${reorderAt}, ${quantity}`, reorderAt, quantity);
}

/** The largest demand of any so many seconds; of a part of one, what falls into it of the busiest second. */
export function largestDemand(counts: Uint32Array, horizonS: number): number {
  const seconds = Math.floor(horizonS);
  return largestSum(counts, seconds) + thinned(largestSum(counts, 1), horizonS - seconds, THINNING_PPM);
}

function largestSum(counts: Uint32Array, seconds: number): number {
  let sum = 0;
  let largest = 0;
  for (let second = 0; second < counts.length; second++) {
    sum += (counts[second] ?? 0) - (second >= seconds ? (counts[second - seconds] ?? 0) : 0);
    if (sum > largest) largest = sum;
  }
  return largest;
}

/**
 * The smallest step with a prefetch at a fifth that stalls no more values than Leaf and orders no more than once a minute; with a
 * ride-through it also survives 99.9 % of outages.
 */
export function tunedStaticStep(given: Training): Policy {
  const allowed = stalledLater(replayed(leaf(), given, Number.POSITIVE_INFINITY));
  const isEnough = (step: number): boolean => {
    const result = replayed(staticStep(step), given, allowed);
    const [outage] = result.outages;
    if (outage !== undefined && survivedPercent(outage) < SURVIVED_PERCENT) return false;
    return stalledLater(result) <= allowed && operationsPerHour(result) <= ORDERS_PER_HOUR_MAX;
  };
  const step = smallestStep(Math.max(1, meanDemand(given.training) * ORDER_S), isEnough);
  const rule = staticStep(step);
  return Object.defineProperty(rule, 'name', { value: `tuned ${rule.name}` });
}

/** Over the training part, or as much of it as it takes to stall more values than are allowed. */
function replayed(policy: Policy, { training, leadTimes, rideThroughS }: Training, allowed: number): StreamResult {
  const countFromS = Math.floor(Math.min(COLD_S_MAX, training.length * COLD_SHARE));
  const outagesS = rideThroughS > 0 ? [rideThroughS] : [];
  const run = new StreamRun('training', policy, { leadTimes, rideThroughS, outagesS, countFromS });
  for (let from = 0; from < training.length; from += PIECE_S) {
    feed([run], training.subarray(from, from + PIECE_S));
    if (stalledLater(run.result()) > allowed) break;
  }
  return run.result();
}

/** What stalls before the first delivery stalls under any rule. */
function stalledLater({ stalled, stalledAtFirst }: StreamResult): number {
  return stalled - stalledAtFirst;
}

/** Doubles until it is enough, then halves the interval: more is taken to be no worse. */
function smallestStep(least: number, isEnough: (step: number) => boolean): number {
  const most = least * STEP_HOURS_MAX * ORDERS_PER_HOUR_MAX;
  let tooSmall = least / 2;
  let enough = least;
  while (enough < most && !isEnough(Math.ceil(enough))) {
    tooSmall = enough;
    enough *= 2;
  }
  while (enough / tooSmall > STEP_GROWTH) {
    const middle = Math.sqrt(enough * tooSmall);
    if (isEnough(Math.ceil(middle))) enough = middle;
    else tooSmall = middle;
  }
  return Math.ceil(enough);
}

function meanDemand(counts: Uint32Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum / Math.max(1, counts.length);
}
