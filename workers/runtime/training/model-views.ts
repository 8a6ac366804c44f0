/** What the registry answers about models, over HTTP and on the command line. */
import type { PresetName } from '../../../models/lstm/presets.ts';
import type { ModelCard, TrainingKind } from '../../../models/registry/model-card.ts';

/** `champion`: in service; `former`: falls in when that is rolled back; `challenger`: was never promoted. */
export type ModelState = 'champion' | 'former' | 'challenger' | 'rolled-back' | 'damaged';

export interface ModelView {
  /** `lstm@3f2a90c1`. */
  readonly model: string;
  readonly family: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is in that state. */
  readonly because: string;
  readonly madeAtMs: number | undefined;
  readonly trainedUntilMs: number | undefined;
  readonly kind: TrainingKind | undefined;
  readonly steps: number | undefined;
  readonly streams: number | undefined;
  /** On the days kept back; and how much of its rival's loss it saved there. */
  readonly loss: number | undefined;
  readonly improvement: number | undefined;
}

export interface ModelDetails extends ModelView {
  readonly card: ModelCard | undefined;
  /** The card as a person reads it. */
  readonly page: string;
}

export interface RolledBack {
  readonly rolledBack: string;
  /** Undefined where the mixture goes on without a model of that family. */
  readonly inService: string | undefined;
}

export interface TrainingOrder {
  readonly kind: TrainingKind;
  /** Left out: `live`. */
  readonly preset?: PresetName;
  readonly steps?: number;
  readonly seed?: number;
  /** Learns from and is scored on the streams of these only. */
  readonly sequences?: readonly string[];
}

/** What a running seqcast can be asked about its models. */
export interface ModelService {
  /** Trained models, newest first. */
  models(): Promise<readonly ModelView[]>;
  /** By `lstm@3f2a90c1` or its digits; throws `SEQ_UNKNOWN_MODEL`. */
  model(version: string): Promise<ModelDetails>;
  /** Puts a model into service by hand; throws `SEQ_MODEL_INVALID` for one that could not forecast. */
  promoteModel(version: string): Promise<ModelView>;
  /** Takes the model in service out of it: its predecessor takes over, or none. */
  rollBackModel(family?: string): Promise<RolledBack>;
  /** Has a model trained; answers the job that does it. */
  train(order: TrainingOrder): Promise<{ readonly job: string }>;
}
