/**
 * The port of the model store: trained models by family and version, each whole and unchanged or not there, and what an interrupted
 * training goes on from. The store knows of a model's card what it needs to tell damage from a model; the rest is the registry's.
 */

/** What the store itself reads of a card; a card holds more. */
export interface ModelFacts {
  /** Slot in the mixture, e.g. `lstm`. */
  readonly family: string;
  /** The first eight hexadecimal digits of `sha256`. */
  readonly version: string;
  /** Of the weights. */
  readonly sha256: string;
  readonly weightBytes: number;
}

export interface StoredModel {
  readonly card: ModelFacts;
  readonly weights: Uint8Array;
}

export interface ModelToStore extends StoredModel {
  /** The card as a person reads it. */
  readonly page: string;
}

export interface ListedModel {
  readonly family: string;
  readonly version: string;
  /** Undefined where it cannot be read; `problem` says why then. */
  readonly card: ModelFacts | undefined;
  readonly problem: string | undefined;
}

/** How far a training is, for people. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean over the last steps; NaN before the first. */
  readonly loss: number;
  /** Real time that the steps from here to the end will take. */
  readonly etaMs: number;
}

export interface Checkpoint {
  readonly job: string;
  readonly progress: TrainingProgress;
  readonly bytes: Uint8Array;
}

export interface ModelStore {
  /** Durable and atomic. False where that version is there already, whole. Throws `SEQ_INVALID_REQUEST` where the card belies the weights. */
  put(model: ModelToStore): Promise<boolean>;
  /** Throws `SEQ_UNKNOWN_MODEL`, or `SEQ_MODEL_INVALID` where the weights are not those of the card any more. */
  get(family: string, version: string): Promise<StoredModel>;
  /** By family, then by version. */
  list(): Promise<ListedModel[]>;
  /** Resolves as well where there is none. */
  remove(family: string, version: string): Promise<void>;
  /** Durable and atomic; replaces the job's checkpoint before it. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Undefined where there is none that is whole. */
  loadCheckpoint(job: string): Promise<Checkpoint | undefined>;
  /** Of all jobs, without their bytes. */
  checkpoints(): Promise<Omit<Checkpoint, 'bytes'>[]>;
  dropCheckpoint(job: string): Promise<void>;
}
