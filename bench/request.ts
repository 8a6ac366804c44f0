/** What a benchmark is asked for: where to write, and the options of those that have some. */
export interface BenchRequest {
  readonly json: boolean;
  /** Lines of the result. */
  readonly out: (line: string) => void;
  /** Lines that say how far it is. */
  readonly progress: (line: string) => void;
  readonly accuracy?: AccuracyOptions;
  /** Of `bench peers`: just enough to see that all of it works. */
  readonly isQuick?: boolean;
  readonly seed?: number;
  /** File that all results are kept in. */
  readonly save?: string;
}

export interface AccuracyOptions {
  readonly data?: string;
  readonly tasks?: readonly string[];
  readonly models?: readonly string[];
  /** Series of each task. */
  readonly limit?: number;
  /** Seeds of each model that chance plays a part in. */
  readonly seeds?: number;
  readonly trainMinutes?: number;
  /** Folder that reports are written to. */
  readonly results?: string;
  /** Folder that forecasts are kept in. */
  readonly forecasts?: string;
}
