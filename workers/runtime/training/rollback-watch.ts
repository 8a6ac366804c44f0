/**
 * Watches how the champion does on live streams, and takes it out of service where the rule says so: loudly, because a model that passed
 * the gate and fails is something that a person should look at. Every forecaster watches the streams it owns; rolling back twice does no
 * more than once.
 */

import { SequenceError } from '../../../core/errors.ts';
import { type LiveStanding, type RollbackState, watched } from '../../../models/registry/rollback.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import type { Logger } from '../process/logging.ts';
import type { ModelDirectory } from './model-directory.ts';

const LOOK_MS = 60_000;
/** A sped-up clock is looked at no more often than this, in real time. */
const LOOK_WALL_MS_MIN = 250;
/** Families whose models are trained; others are fitted anew every day, and have nothing to fall back to. */
const FAMILIES = ['lstm'];

export interface RollbackWatchOptions {
  readonly families?: readonly string[];
  readonly directory: Pick<ModelDirectory, 'champion' | 'say'>;
  /** How the mixture stands on the streams of this process, as far as that family has a say in it. */
  readonly standings: (family: string) => readonly LiveStanding[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
  /** How many milliseconds of `clock` pass in a real one. */
  readonly speedUp?: number;
  readonly onFailure: (error: unknown) => void;
}

export function watchChampions(options: RollbackWatchOptions): RollbackWatch {
  const watch = new RollbackWatch(options);
  watch.start();
  return watch;
}

export class RollbackWatch {
  readonly #options: RollbackWatchOptions;
  readonly #states = new Map<string, RollbackState>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: RollbackWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { speedUp = 1, onFailure } = this.#options;
    const lookMs = Math.max(LOOK_WALL_MS_MIN, LOOK_MS / speedUp);
    this.#timer = setInterval(() => {
      this.#looking = this.#looking
        .then(() => this.look())
        .catch((error: unknown) => {
          // It is looked again in a minute.
          if (!(error instanceof SequenceError && error.retriable)) onFailure(error);
        });
    }, lookMs);
  }

  async look(): Promise<void> {
    const { families = FAMILIES, directory, standings, clock, logger } = this.#options;
    for (const family of families) {
      const champion = directory.champion(family);
      if (champion === undefined) continue;
      const { model, trainedUntilMs } = champion;
      const { state, because } = watched(this.#states.get(family), model, standings(family), clock.nowMs());
      this.#states.set(family, state);
      if (because === undefined) continue;
      logger.error({ model, because }, 'a model is rolled back');
      await directory.say({ family, event: 'rolled-back', model, trainedUntilMs, because });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
