/**
 * What an allocator remembers of a stream between decisions: what its pool reported last, what the forecast says, what was
 * ordered last. About 300 bytes beside the forecast message itself; `bench/streams` measures it.
 */
import type { Generation } from '../core/ledger/ranges.ts';
import type { StreamLedger } from '../core/ledger/shards-state.ts';
import type { DecisionInput } from '../core/sizing/decision.ts';
import type { BurstDeclared, Forecast, RefillOrder } from '../schemas/messages.ts';

export interface StreamPlan {
  readonly stream: string;
  pool: string;
  incarnation: string;
  stock: number;
  waiting: number;
  seenOffset: number;
  fastRate: number;
  forecast: Forecast | undefined;
  declared: BurstDeclared | undefined;
  lastOrderSize: number;
  lastOrderAtMs: number;
  lastReturnAtMs: number;
  /** Order number proposed last and when: not proposed twice while it may still be read back. */
  proposedOrder: number;
  proposedAtMs: number;
  /** Last decision that ended in nothing but wanting ordinals. */
  starved: boolean;
}

/** Everything `decide` needs to know of a stream, gathered from report, forecast, announcement and ledger. */
export function decisionInput(
  plan: StreamPlan,
  ledger: StreamLedger | undefined,
  generation: Generation,
  nowMs: number,
  trigger: 'order' | 'forecast',
): DecisionInput {
  const { definition } = generation;
  const { forecast, declared } = plan;
  return {
    trigger,
    nowMs,
    stock: plan.stock,
    waiting: plan.waiting,
    onOrder: onOrderOf(plan, ledger),
    fastRate: plan.fastRate,
    rate: forecast?.rate ?? 0,
    meanSqrtRate: forecast?.meanSqrtRate ?? 0,
    leadTimeMs: forecast?.leadTimeMs ?? 0,
    horizons: forecast?.horizons ?? [],
    forecastAtMs: forecast?.cutoffMs ?? 0,
    declaredRate: declared !== undefined && nowMs >= declared.fromMs && nowMs < declared.untilMs ? declared.rate : 0,
    rideThroughMs: definition.rideThroughMs,
    rideThroughClass: definition.rideThroughClass,
    targetStallsPpm: definition.targetStallsPpm,
    lastOrderSize: plan.lastOrderSize,
    lastOrderAtMs: plan.lastOrderAtMs,
    lastReturnAtMs: plan.lastReturnAtMs,
  };
}

/** Values accepted for this life of the pool since its report: on their way, or loaded and not reported yet. */
function onOrderOf(plan: StreamPlan, ledger: StreamLedger | undefined): number {
  let total = 0;
  for (const shard of ledger?.open ?? []) {
    if (shard.id > plan.seenOffset && shard.incarnation === plan.incarnation && !shard.recalled) total += shard.end - shard.start;
  }
  return total;
}

/** Takes over what a pool says of its stock. */
export function reported(plan: StreamPlan, report: RefillOrder | Forecast): void {
  // Reports overtake each other where topics differ; the one that saw more of the ledger is the newer one.
  if (report.incarnation === plan.incarnation && report.seenOffset < plan.seenOffset) return;
  plan.pool = report.pool;
  plan.incarnation = report.incarnation;
  plan.stock = report.stock;
  plan.waiting = report.waiting;
  plan.seenOffset = report.seenOffset;
}

/** A stream is looked at for a minute before anything of it goes back: a young forecast knows no demand yet. */
export function newPlan(stream: string, nowMs: number): StreamPlan {
  return {
    stream,
    pool: '',
    incarnation: '',
    stock: 0,
    waiting: 0,
    seenOffset: -1,
    fastRate: 0,
    forecast: undefined,
    declared: undefined,
    lastOrderSize: 0,
    lastOrderAtMs: Number.NEGATIVE_INFINITY,
    lastReturnAtMs: nowMs,
    proposedOrder: 0,
    proposedAtMs: Number.NEGATIVE_INFINITY,
    starved: false,
  };
}

