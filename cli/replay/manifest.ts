/**
 * What a replay was made from: who has the same version, demand and settings gets the same answer, byte for byte. How long it took is no
 * part of it.
 */
import type { ReplayReport } from '../../pipelines/replay.ts';
import type { ReplaySettings } from './replay-options.ts';

export interface Manifest {
  readonly version: string;
  readonly from: string;
  /** SHA-256 of the demand: of the topic's records in their order, or of names, starts and seconds of a file's streams. */
  readonly sha256: string;
  readonly events: number;
  /** First and one past the last offset of each partition that was read. */
  readonly offsets: Readonly<Record<string, readonly [number, number]>>;
  /** The stage's own model, and the fitted ones whose forecasts were heard; their names carry their hashes. */
  readonly models: readonly string[];
  readonly settings: ReplaySettings & { readonly eventS?: number };
}

export interface DemandReplay {
  readonly manifest: Manifest;
  readonly streams: readonly ReplayReport[];
  /** Forecasts of fitted models that were not heard, by why: `trained-later` and `origin-ahead` knew what nobody knew then. */
  readonly refused: Readonly<Record<string, number>>;
  /** What had to be mended to read the demand. */
  readonly repairs: readonly string[];
}
