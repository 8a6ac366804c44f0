/**
 * What an allocator may have known of a stream when it decided. The logs hold every forecast and order, but not in which order it heard
 * them: so each history that they allow is folded by the live reducers, and those that explain what was decided next are kept.
 */
import type { Forecast, RefillOrder } from '../schemas/messages.ts';
import { type AllocationState, onForecast, onOrder } from './allocation.ts';
import type { StreamPlan } from './stream-plan.ts';

/** A message with its place in its own log, and when that log took it. */
export interface Heard<Message> {
  readonly offset: number;
  readonly atMs: number;
  readonly message: Message;
}

/** One possible past: the plan after it, and the next order that is not part of it. */
export interface PossiblePlan {
  readonly plan: StreamPlan;
  readonly nextOrder: number;
  /** The last message of it, where that was a forecast. */
  readonly lastForecast: Forecast | undefined;
  /** When the last order of it was sent: it was read at some time after that. */
  readonly orderedAtMs: number | undefined;
}

export interface Hearing {
  readonly forecasts: readonly Heard<Forecast>[];
  readonly orders: readonly Heard<RefillOrder>[];
  readonly decidedAtMs: number;
}

/** Orders before a decision that may not have been read yet: so many of the newest are tried. */
const UNREAD_ORDERS_MAX = 16;
/** Possible pasts kept from one decision to the next: after a few equal numbers there is one left, or two that say the same. */
const POSSIBLE_MAX = 8;

/** All plans that one possible plan may have become; the likeliest, in the order in which the logs took the messages, first. */
export function hearings(state: AllocationState, from: PossiblePlan, hearing: Hearing): PossiblePlan[] {
  const orders = hearing.orders.filter(({ offset }) => offset >= from.nextOrder);
  const found: PossiblePlan[] = [];
  for (let read = orders.length; read >= Math.max(0, orders.length - UNREAD_ORDERS_MAX); read--) {
    for (const history of histories(hearing.forecasts, orders.slice(0, read))) found.push(afterwards(state, from, history, hearing));
  }
  return distinct(found);
}

/** Plans that differ in what a decision can depend on; the first of those that do not. */
function distinct(plans: readonly PossiblePlan[]): PossiblePlan[] {
  const seen = new Map<string, PossiblePlan>();
  for (const each of plans) {
    const { stock, waiting, seenOffset, incarnation, reportedAtMs, fastRate, forecast } = each.plan;
    const last = each.lastForecast?.cutoffMs;
    const key = [stock, waiting, seenOffset, incarnation, reportedAtMs, fastRate, forecast?.cutoffMs, each.nextOrder, last].join(' ');
    if (!seen.has(key)) seen.set(key, each);
  }
  return [...seen.values()];
}

/** The likeliest of them: more cannot be told apart by what follows anyway. */
export function likeliest(plans: readonly PossiblePlan[]): PossiblePlan[] {
  return distinct(plans).slice(0, POSSIBLE_MAX);
}

type AnyHeard = Heard<Forecast> | Heard<RefillOrder>;

/**
 * Reports replace each other by what they have seen, whatever comes first; only the rate of the moment depends on what was heard last.
 * So it is enough to move the newest order to and fro, back to the first forecast behind which its rate is forgotten.
 */
function* histories(forecasts: readonly Heard<Forecast>[], orders: readonly Heard<RefillOrder>[]): Generator<readonly AnyHeard[]> {
  yield merged(forecasts, orders);
  const last = orders.at(-1);
  if (last === undefined) return;
  const before = orders.slice(0, -1);
  for (let at = forecasts.length; at >= 0; at--) {
    yield [...merged(forecasts.slice(0, at), before), last, ...forecasts.slice(at)];
    if (forecasts[at]?.message.waiting === 0) return;
  }
}

function merged(forecasts: readonly Heard<Forecast>[], orders: readonly Heard<RefillOrder>[]): AnyHeard[] {
  const both: AnyHeard[] = [];
  let next = 0;
  for (const forecast of forecasts) {
    for (let order = orders[next]; order !== undefined && order.atMs <= forecast.atMs; order = orders[++next]) both.push(order);
    both.push(forecast);
  }
  return [...both, ...orders.slice(next)];
}

/** Folds a history with the reducers that run live, which decide nothing for what they do not own. */
function afterwards(state: AllocationState, from: PossiblePlan, history: readonly AnyHeard[], { decidedAtMs }: Hearing): PossiblePlan {
  const plan = { ...from.plan };
  state.isOwned = false;
  state.plans.set(plan.stream, plan);
  let { nextOrder, lastForecast, orderedAtMs } = from;
  for (const { message, offset } of history) {
    if (message.kind === 'Forecast') {
      onForecast(state, message, decidedAtMs);
      lastForecast = message;
    } else {
      onOrder(state, message, decidedAtMs);
      nextOrder = offset + 1;
      lastForecast = undefined;
      orderedAtMs = message.atMs;
    }
  }
  state.unanswered.clear();
  return { plan, nextOrder, lastForecast, orderedAtMs };
}
