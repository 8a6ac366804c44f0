/**
 * When a model has to leave service: where the forecasts that it has a say in go wrong for so long that it is not a burst. Two signs, each
 * over the streams that it is in, weighed by their demand: the calibration has to push the quantile up by more than five standard
 * deviations, or the mixture would have lost less without it.
 *
 * Source: forecasting study, section 8. A pure fold over what is observed once in a while.
 */

/** Standard deviations that the quantile tracker adds. Only upwards: it sinks by itself on streams that nobody asks. */
const THETA_MAX = 5;
export const THETA_FOR_MS = 2 * 3_600_000;
/** Longer than the worst hours of a day, so that a model is not judged by a single evening. */
export const LOSS_FOR_MS = 24 * 3_600_000;
/** Each expert makes the mixture a little worse at times; what is learnt by weights needs no roll-back. */
const LOSS_WORSE_MAX = 0.05;
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
}

export interface RollbackState {
  /** Since when a sign shows without a break, by the model that was in service then. */
  readonly model: string;
  readonly thetaSinceMs: number | undefined;
  readonly lossSinceMs: number | undefined;
}

export interface RollbackStep {
  readonly state: RollbackState;
  /** Why to roll back, or undefined. */
  readonly because: string | undefined;
}

export function watched(before: RollbackState | undefined, model: string, standings: readonly LiveStanding[], nowMs: number): RollbackStep {
  const state = before?.model === model ? before : { model, thetaSinceMs: undefined, lossSinceMs: undefined };
  const concerned = standings.filter(({ weight }) => weight >= WEIGHT_MIN);
  const demand = sum(concerned, (each) => each.demand);
  const pushed = sum(concerned, (each) => (each.theta > THETA_MAX ? each.demand : 0));
  const thetaShows = demand > 0 && pushed >= DEMAND_SHARE_MIN * demand;
  const known = concerned.filter(({ loss, lossWithout }) => Number.isFinite(loss) && Number.isFinite(lossWithout));
  const loss = sum(known, (each) => each.loss);
  const lossWithout = sum(known, (each) => each.lossWithout);
  const lossShows = known.length > 0 && loss > lossWithout * (1 + LOSS_WORSE_MAX);
  const after: RollbackState = {
    model,
    thetaSinceMs: thetaShows ? (state.thetaSinceMs ?? nowMs) : undefined,
    lossSinceMs: lossShows ? (state.lossSinceMs ?? nowMs) : undefined,
  };
  return { state: after, because: reasonOf(after, nowMs, loss, lossWithout) };
}

function reasonOf({ thetaSinceMs, lossSinceMs }: RollbackState, nowMs: number, loss: number, lossWithout: number): string | undefined {
  if (thetaSinceMs !== undefined && nowMs - thetaSinceMs >= THETA_FOR_MS) {
    return `its quantiles have been more than ${THETA_MAX} standard deviations too low for ${hours(nowMs - thetaSinceMs)}`;
  }
  if (lossSinceMs !== undefined && nowMs - lossSinceMs >= LOSS_FOR_MS) {
    const worse = ((loss / lossWithout - 1) * 100).toFixed(0);
    return `the mixture has lost more with it than without it for ${hours(nowMs - lossSinceMs)}, ${worse} % now`;
  }
  return undefined;
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

function sum(standings: readonly LiveStanding[], read: (standing: LiveStanding) => number): number {
  return standings.reduce((total, each) => total + read(each), 0);
}
