/** How long and how fast to train: measured once, on training data only, and then left alone. */
export interface TrainingPlan {
  readonly seed: number;
  readonly steps: number;
  /** Windows a step learns from. */
  readonly windows: number;
  readonly highestRate: number;
  readonly lowestRate: number;
}

export const FULL_PLAN: TrainingPlan = { seed: 1, steps: 2_000, windows: 128, highestRate: 2e-3, lowestRate: 1e-5 };
/** Goes on from weights that are good already: short, and gently. */
export const FINE_TUNE_PLAN: TrainingPlan = { seed: 1, steps: 150, windows: 128, highestRate: 3e-4, lowestRate: 1e-5 };
