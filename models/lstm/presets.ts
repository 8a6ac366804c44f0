/**
 * What a network for live streams is trained as from nothing. `live` is the one to serve with. `demo` is small enough to be done within the
 * minutes of a demo, beside everything else that two cores have to do. It knows of no week: in twelve days each weekday is seen once or twice
 * and would be learnt by heart, and then a training passes the gate or not as its seed has it.
 */
import { FULL_PLAN, type TrainingPlan } from './plan.ts';
import { LIVE_SPEC, type LstmSpec } from './spec.ts';

interface TrainingPreset {
  readonly spec: LstmSpec;
  readonly plan: TrainingPlan;
}

export type PresetName = 'live' | 'demo';

export const PRESETS: Readonly<Record<PresetName, TrainingPreset>> = {
  live: { spec: LIVE_SPEC, plan: FULL_PLAN },
  demo: {
    spec: { ...LIVE_SPEC, contextBins: 12, seasonsBins: { day: 1_440 }, units: 16 },
    plan: { ...FULL_PLAN, steps: 300, windows: 64, highestRate: 5e-3 },
  },
};
