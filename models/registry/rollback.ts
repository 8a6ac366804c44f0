/**
 * When a model has to leave service: where the forecasts that it has a say in go wrong for so long that it is not a burst. Three signs,
 * over the streams that it is in: the calibration has to push the quantile up by more than five standard deviations; the mixture would
 * have lost less without it; or what it says loses several times what the others say. The first two are of a model that is listened to,
 * the third of one that the weights have silenced: it does no harm any more, and its predecessor might do good in its place.
 *
 * Source: forecasting study, section 8, for the first. A pure fold over what is observed once in a while.
 */

/** Standard deviations that the quantile tracker adds. Only upwards: it sinks by itself on streams that nobody asks. */
const THETA_MAX = 5;
export const THETA_FOR_MS = 2 * 3_600_000;
/** Longer than the worst hours of a day, so that a model is not judged by a single evening. */
export const LOSS_FOR_MS = 24 * 3_600_000;
/** Each expert makes the mixture a little worse at times; what is learnt by weights needs no roll-back. */
const LOSS_WORSE_MAX = 0.05;
/** A model that passed the gate comes nowhere near: the best single expert loses a third more than the mixture, the worst twice as much. */
const ALONE_WORSE_MAX = 3;
export const ALONE_FOR_MS = 6 * 3_600_000;
/** Share of the demand on which a sign must show. */
const DEMAND_SHARE_MIN = 0.25;
/** A model with less weight than this has no part in what goes wrong. */
const WEIGHT_MIN = 0.05;

export interface LiveStanding {
  readonly stream: string;
  /** Any unit that is the same for all streams. */
  readonly demand: number;
  /** Of the model in the mixture. */
  readonly weight: number;
  /** Shift of the quantile tracker in standard deviations. */
  readonly theta: number;
  /** Recent mean loss of the mixture, and of the mixture as it would be without the model; NaN where that is not known. */
  readonly loss: number;
  readonly lossWithout: number;
  /** What the model would have lost with nobody else. */
  readonly lossAlone: number;
}

export interface RollbackState {
  /** Since when a sign shows without a break, by the model that was in service then. */
  readonly model: string;
  readonly thetaSinceMs: number | undefined;
  readonly lossSinceMs: number | undefined;
  readonly aloneSinceMs: number | undefined;
}

export interface RollbackStep {
  readonly state: RollbackState;
  /** Why to roll back, or undefined. */
  readonly because: string | undefined;
}

export function watched(before: RollbackState | undefined, model: string, standings: readonly LiveStanding[], nowMs: number): RollbackStep {
  const state = before?.model === model ? before : { model, thetaSinceMs: undefined, lossSinceMs: undefined, aloneSinceMs: undefined };
  const concerned = standings.filter(({ weight }) => weight >= WEIGHT_MIN);
  const demand = sum(concerned, (each) => each.demand);
  const pushed = sum(concerned, (each) => (each.theta > THETA_MAX ? each.demand : 0));
  const thetaShows = demand > 0 && pushed >= DEMAND_SHARE_MIN * demand;
  const known = concerned.filter(({ loss, lossWithout }) => Number.isFinite(loss) && Number.isFinite(lossWithout));
  const loss = sum(known, (each) => each.loss);
  const lossWithout = sum(known, (each) => each.lossWithout);
  const lossShows = known.length > 0 && loss > lossWithout * (1 + LOSS_WORSE_MAX);
  const alone = aloneOf(standings);
  const after: RollbackState = {
    model,
    thetaSinceMs: thetaShows ? (state.thetaSinceMs ?? nowMs) : undefined,
    lossSinceMs: lossShows ? (state.lossSinceMs ?? nowMs) : undefined,
    // Silence is no recovery: what a silenced model says may be turned away for hours.
    aloneSinceMs: Number.isNaN(alone) ? state.aloneSinceMs : alone > ALONE_WORSE_MAX ? (state.aloneSinceMs ?? nowMs) : undefined,
  };
  return { state: after, because: reasonOf(after, nowMs, { loss: loss / lossWithout, alone }) };
}

/** How many times what the mixture loses without it, whatever weight it has left; NaN where nobody knows, or nobody asks any more. */
function aloneOf(standings: readonly LiveStanding[]): number {
  // Callers that went away are no fault of whoever expects them.
  const known = standings.filter(({ demand, lossWithout, lossAlone }) => demand > 0 && Number.isFinite(lossWithout + lossAlone));
  return sum(known, (each) => each.lossAlone) / sum(known, (each) => each.lossWithout);
}

function reasonOf(
  { thetaSinceMs, lossSinceMs, aloneSinceMs }: RollbackState,
  nowMs: number,
  worse: { readonly loss: number; readonly alone: number },
): string | undefined {
  if (thetaSinceMs !== undefined && nowMs - thetaSinceMs >= THETA_FOR_MS) {
    return `its quantiles have been more than ${THETA_MAX} standard deviations too low for ${hours(nowMs - thetaSinceMs)}`;
  }
  if (lossSinceMs !== undefined && nowMs - lossSinceMs >= LOSS_FOR_MS) {
    const share = ((worse.loss - 1) * 100).toFixed(0);
    return `the mixture has lost more with it than without it for ${hours(nowMs - lossSinceMs)}, ${share} % now`;
  }
  if (worse.alone > ALONE_WORSE_MAX && aloneSinceMs !== undefined && nowMs - aloneSinceMs >= ALONE_FOR_MS) {
    return `what it says has lost more than ${ALONE_WORSE_MAX} times what the others say for ${hours(nowMs - aloneSinceMs)}, ${worse.alone.toFixed(1)} times now`;
  }
  return undefined;
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

function sum(standings: readonly LiveStanding[], read: (standing: LiveStanding) => number): number {
  return standings.reduce((total, each) => total + read(each), 0);
}
