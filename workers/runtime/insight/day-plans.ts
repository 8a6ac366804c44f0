/**
 * What the sizing rule would have known in each second of a day: the forecasts that the live models make when they are told of the same
 * demand, bin by bin, and the reorder point that follows. None of it depends on the cost ratio, so it is made once for all runs.
 */
import { type HorizonDemand, type ReserveInput, reserve } from '../../../core/sizing/reserve.ts';
import { BIN_MS } from '../../../models/forecaster.ts';
import { FIVE_S } from '../../../models/history/five-seconds.ts';
import { CAP_FACTOR, raisedBySeen } from '../../../models/history/seen-demand.ts';
import { StreamForecast } from '../../../models/stream-forecast.ts';

const BIN_S = BIN_MS / 1_000;

export interface DayPlan {
  /** Values per second over the last minute, and the long-run mean of its square root. */
  readonly rate: number;
  readonly meanSqrtRate: number;
  readonly horizons: readonly HorizonDemand[];
  readonly reorderPoint: number;
}

export type Reserving = Omit<ReserveInput, 'horizons' | 'declaredRate' | 'fastRate'>;

/** The plan from that second on, until the next one. */
export interface PlannedFrom {
  readonly second: number;
  readonly plan: DayPlan;
}

export interface Seconds {
  readonly startMs: number;
  readonly counts: Float64Array;
}

/** Plans from the second `fromS` on; the seconds before it only teach the models. */
export function dayPlans({ startMs, counts }: Seconds, fromS: number, reserving: Reserving): PlannedFrom[] {
  const { leadTimeMs, rideThroughMs } = reserving;
  const stream = new StreamForecast();
  stream.watch(rideThroughMs > 0 ? [leadTimeMs, rideThroughMs + 2 * leadTimeMs] : [leadTimeMs]);
  const plans: PlannedFrom[] = [];
  for (let second = 0; second + BIN_S <= counts.length; second += BIN_S) {
    const said = plans.at(-1);
    if (second >= fromS && said !== undefined) raiseWithin(plans, said.plan, counts, second, reserving);
    const { demand, peak, five } = binOf(counts, second);
    stream.observe(startMs + second * 1_000, demand, peak, five);
    const next = second + BIN_S;
    if (next >= fromS) plans.push({ second: next, plan: planOf(stream, stream.forecasts(), reserving) });
  }
  return plans;
}

function planOf({ rate, meanSqrtRate }: Pick<DayPlan, 'rate' | 'meanSqrtRate'>, horizons: readonly HorizonDemand[], reserving: Reserving) {
  const { reorderPoint } = reserve({ ...reserving, horizons, declaredRate: 0, fastRate: rate });
  return { rate, meanSqrtRate, horizons, reorderPoint };
}

/** A burst is seen before its bin is over, and raises what was said at its start. */
function raiseWithin(plans: PlannedFrom[], said: DayPlan, counts: Float64Array, from: number, reserving: Reserving): void {
  const lead = said.horizons[0];
  if (lead === undefined || lead.horizonMs > BIN_MS) return;
  let peak = 0;
  let insured = lead.insured;
  for (let second = from; second < from + BIN_S - 1; second++) {
    peak = Math.max(peak, counts[second] ?? 0);
    // Nothing is raised to more than its cap: most seconds need no more than this.
    if ((CAP_FACTOR * peak * lead.horizonMs) / 1_000 <= insured) continue;
    const horizons = said.horizons.map((each) => raisedBySeen(each, peak, mostInFive(counts, from, second + 1)));
    if ((horizons[0]?.insured ?? 0) <= insured) continue;
    insured = horizons[0]?.insured ?? insured;
    plans.push({ second: second + 1, plan: planOf(said, horizons, reserving) });
  }
}

function binOf(counts: Float64Array, from: number): { readonly demand: number; readonly peak: number; readonly five: number } {
  let demand = 0;
  let peak = 0;
  for (let second = from; second < from + BIN_S; second++) {
    const count = counts[second] ?? 0;
    demand += count;
    if (count > peak) peak = count;
  }
  return { demand, peak, five: mostInFive(counts, from, from + BIN_S) };
}

/** The most that five seconds asked for which end in that part. */
function mostInFive(counts: Float64Array, from: number, until: number): number {
  const start = Math.max(0, from - FIVE_S + 1);
  let sum = 0;
  let most = 0;
  for (let second = start; second < until; second++) {
    sum += counts[second] ?? 0;
    if (second - FIVE_S >= start) sum -= counts[second - FIVE_S] ?? 0;
    if (second >= from && sum > most) most = sum;
  }
  return most;
}
