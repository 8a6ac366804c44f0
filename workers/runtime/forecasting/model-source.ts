/** Where a forecaster has its trained models from; `training/model-directory.ts` is one. */

export interface ServedModel {
  /** First digits of the checksum of its weights. */
  readonly version: string;
  readonly bytes: Uint8Array;
}

export interface ModelSource {
  /** The model of a family that is in service; undefined where there is none, or none that can be used. */
  current(family: string): ServedModel | undefined;
  /** Calls back with the family whose model in service is another one now, or none. */
  onChange(listener: (family: string) => void): void;
}
