/** What the demo knows of the model that its server trained, for the screen, `--json` and the summary. */
export interface ModelProgress {
  /** `training` may still be so when the demo ends; `refused` by the gate, and `failed` where nothing was trained. */
  readonly state: 'waiting' | 'training' | 'promoted' | 'refused' | 'failed';
  /** It is trained on as many first days, a part of which is kept back for the gate. */
  readonly afterDays: number;
  /** How far it is, or the gate's reason. */
  readonly note: string;
  /** Demo days at which the training was asked for and had ended, and the real time it took. */
  readonly askedDay?: number;
  readonly endedDay?: number;
  readonly tookMs?: number;
  /** Since it was trained. */
  readonly model?: string;
  readonly gate?: GateScores;
  /** Share of trained models in the mixture of each stream. */
  readonly weights: readonly ModelWeight[];
}

/** On the days kept back: mean pinball losses in units of what a naive forecast misses by. */
export interface GateScores {
  readonly days: number;
  readonly loss: number;
  /** The champion before it, or the best plain baseline. */
  readonly rival: string;
  readonly rivalLoss: number;
  /** How much of the rival's loss it saves, and the 90 % interval of that. */
  readonly saved: number;
  readonly savedLow: number;
  readonly savedHigh: number;
  /** Share of outcomes that its .95 quantile covered. */
  readonly covered: number;
}

export interface ModelWeight {
  readonly stream: string;
  readonly now: number;
  /** Over demo time since the model came into service. */
  readonly mean: number;
}
