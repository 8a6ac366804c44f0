/** The LSTM as it runs live, trained for a backtest: on the part of the demand that rules may be tuned on, and nothing later. */
import type { LeadGrid, SeriesHistory } from '../../models/contract.ts';
import { type FittedLstm, LstmForecaster } from '../../models/lstm/lstm-forecaster.ts';
import { FULL_PLAN } from '../../models/lstm/plan.ts';
import { LIVE_SPEC } from '../../models/lstm/spec.ts';
import type { SpeakingModel } from './minute-histories.ts';

const GRID: LeadGrid = { leadsMs: LIVE_SPEC.leadsBins.map((bins) => bins * LIVE_SPEC.binMs), levels: LIVE_SPEC.levels, of: 'total' };
const SEASONS_BINS = [1_440, 10_080];
/** A few minutes on a core; what more steps gain is less than what another seed does. */
export const LIVE_STEPS = 800;

export interface LiveTraining {
  readonly seed: number;
  readonly nowMs: () => number;
  readonly onStep: (step: { readonly step: number; readonly steps: number; readonly ms: number }) => void;
}

/** The model, or why there is none, in words. */
export async function trainedLiveLstm(
  histories: readonly SeriesHistory[],
  { seed, nowMs, onStep }: LiveTraining,
): Promise<FittedLstm | string> {
  const forecaster = new LstmForecaster({ spec: LIVE_SPEC, plan: { ...FULL_PLAN, steps: LIVE_STEPS }, watch: { nowMs, onStep } });
  const fitted = await forecaster.fit(histories, { seasonsBins: SEASONS_BINS, seed, grid: GRID });
  return 'refused' in fitted ? fitted.detail : (fitted as FittedLstm);
}

/** Throws `SEQ_MODEL_INVALID` for bytes that are no such model. */
export function loadedLiveLstm(bytes: Uint8Array): FittedLstm {
  return new LstmForecaster({ spec: LIVE_SPEC }).load(bytes);
}

export function speakingLstmOf(fitted: FittedLstm): SpeakingModel {
  return { family: 'lstm', fitted, grid: GRID };
}
