/**
 * Which trained models are in service, with their weights at hand: follows the topic `seqcast.models`, and tells whoever forecasts when
 * one takes over. A model that cannot be used is said loudly and falls back to its predecessor, or to none; where its weights themselves
 * are poisoned it is rolled back for everybody, and where its files are missing or damaged they are looked for again.
 */
import { SequenceError } from '../../../core/errors.ts';
import { partitionOf } from '../../../core/stream.ts';
import {
  type Champion,
  type Champions,
  championOf,
  type ModelChange,
  modelsInLine,
  NO_CHAMPIONS,
  rollBackOf,
  withChange,
} from '../../../models/registry/champions.ts';
import { parseModelId } from '../../../models/registry/model-card.ts';
import type { Clock, EventLog, LogEntry, ModelStore, Subscription } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { ModelEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { batchesFrom } from '../analytics/log-span.ts';
import { type OnPoisonOf, readable } from '../ledger/dead-letters.ts';
import { inspectWeights } from './model-inspection.ts';

/** How soon missing or damaged files are looked for again: somebody may be copying them back. */
const RETRY_MS = 30_000;
const ROLLED_BACK_WAIT_MS = 10_000;

export interface ModelDirectoryOptions {
  readonly log: EventLog;
  readonly store: ModelStore;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly retryMs?: number;
  readonly onFailure: (error: unknown) => void;
  /** Hears of models that cannot be used. */
  readonly onProblem: (model: string, error: unknown) => void;
  readonly onPoison?: OnPoisonOf;
}

/** A model in service, ready to forecast. */
export interface ServingModel {
  readonly model: string;
  readonly version: string;
  readonly bytes: Uint8Array;
}

export interface ServingChampion extends Champion {
  readonly family: string;
  readonly version: string;
  readonly weights: Uint8Array;
}

export class ModelDirectory {
  readonly #options: ModelDirectoryOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #listeners: ((family: string) => void)[] = [];
  readonly #problems = new Map<string, string>();
  #champions: Champions = NO_CHAMPIONS;
  #serving: ReadonlyMap<string, ServingChampion> = new Map();
  #loading: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #waiting: { readonly holds: () => boolean; readonly met: () => void }[] = [];
  /** Roll-backs heard of since the start. */
  rollbacks = 0;

  constructor(options: ModelDirectoryOptions) {
    this.#options = options;
  }

  /** Resolves when everything said so far is known and what is in service is loaded. */
  async start(): Promise<void> {
    const { log, partitionCount, onFailure } = this.#options;
    const topic = TOPICS.models.name;
    for (let partition = 0; partition < partitionCount; partition++) {
      let from = await log.startOffset(topic, partition);
      for await (const entries of batchesFrom({ log, topic, partition }, from)) {
        this.#fold(partition, entries);
        from = (entries.at(-1)?.offset ?? from) + 1;
      }
      const handler = (entries: readonly LogEntry[]): Promise<void> => this.#follow(partition, entries);
      this.#subscriptions.push(log.subscribe({ topic, partition, from, handler, onError: onFailure }));
    }
    await this.#load();
  }

  /** Calls back with a family whose model in service is another one now, or none. */
  onChange(listener: (family: string) => void): void {
    this.#listeners.push(listener);
  }

  current(family: string): ServingModel | undefined {
    const serving = this.#serving.get(family);
    return serving === undefined ? undefined : { model: serving.model, version: serving.version, bytes: serving.weights };
  }

  /** As `current`, with since when and why. */
  champion(family: string): ServingChampion | undefined {
    return this.#serving.get(family);
  }

  serving(): ServingChampion[] {
    return [...this.#serving.values()];
  }

  /** What the topic says, whether or not it can be used here. */
  get champions(): Champions {
    return this.#champions;
  }

  rollBack(family: string, model: string): ModelChange | undefined {
    return rollBackOf(this.#champions, family, model);
  }

  /** Models that must not be forgotten. */
  inLine(): ReadonlySet<string> {
    return modelsInLine(this.#champions);
  }

  /** Why models that should be in service are not, for `/readyz` and `doctor`. */
  problems(): string[] {
    return [...this.#problems.values()];
  }

  /** Says it to everybody, and resolves when this process has heard it too. */
  async say(change: Omit<ModelChange, 'atMs'>): Promise<void> {
    const { log, clock, partitionCount } = this.#options;
    const event: ModelEvent = { kind: 'ModelEvent', ...change, atMs: clock.nowMs() };
    const partition = partitionOf(change.family, partitionCount);
    await log.append({ topic: TOPICS.models.name, partition, records: [encode(event)] });
    const isHeard = (): boolean =>
      change.event === 'promoted'
        ? championOf(this.#champions, change.family)?.model === change.model
        : this.rollBack(change.family, change.model) !== undefined;
    await this.#until(isHeard);
    await this.#loading;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await Promise.all(this.#subscriptions.map((each) => each.close()));
    await this.#loading;
  }

  async #follow(partition: number, entries: readonly LogEntry[]): Promise<void> {
    this.#fold(partition, entries);
    this.#waiting = this.#waiting.filter(({ holds, met }) => {
      if (!holds()) return true;
      met();
      return false;
    });
    await this.#load();
  }

  #fold(partition: number, entries: readonly LogEntry[]): void {
    const { onPoison } = this.#options;
    const topic = TOPICS.models;
    for (const message of readable(topic, entries, (entry, error) => onPoison?.(topic.name, partition, entry, error))) {
      const change = message as ModelEvent;
      this.#champions = withChange(this.#champions, change);
      if (change.event === 'rolled-back') this.rollbacks++;
    }
  }

  /** One after the other: what is loaded last is what was said last. */
  #load(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#loadNow()).catch((error: unknown) => this.#options.onFailure(error));
    return this.#loading;
  }

  async #loadNow(): Promise<void> {
    if (this.#closed) return;
    const before = this.#serving;
    const after = new Map<string, ServingChampion>();
    this.#problems.clear();
    for (const [family, { line }] of this.#champions) {
      // The newest first; what cannot be used makes room for its predecessor.
      for (const champion of [...line].reverse()) {
        const known = before.get(family);
        const usable = known?.model === champion.model ? { ...known, ...champion } : await this.#loaded(family, champion);
        if (usable === undefined) continue;
        after.set(family, usable);
        break;
      }
    }
    this.#serving = after;
    for (const family of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(family)?.model !== after.get(family)?.model) for (const listener of this.#listeners) listener(family);
    }
    clearTimeout(this.#retry);
    if (this.#problems.size > 0) this.#retry = setTimeout(() => void this.#load(), this.#options.retryMs ?? RETRY_MS).unref();
  }

  async #loaded(family: string, champion: Champion): Promise<ServingChampion | undefined> {
    const { store, onProblem } = this.#options;
    const version = parseModelId(champion.model)?.version ?? '';
    let weights: Uint8Array;
    try {
      ({ weights } = await store.get(family, version));
    } catch (error) {
      // Here the files are gone or damaged; elsewhere they may be well.
      this.#problems.set(champion.model, `the model ${champion.model} is not used: ${messageOf(error)}`);
      onProblem(champion.model, error);
      return undefined;
    }
    try {
      inspectWeights(family, weights);
      return { ...champion, family, version, weights };
    } catch (error) {
      this.#problems.set(champion.model, `the model ${champion.model} is not used: ${messageOf(error)}`);
      onProblem(champion.model, error);
      this.#rollBackPoisoned(family, champion, messageOf(error));
      return undefined;
    }
  }

  /** Its weights are what they always were, so they are useless everywhere. Not awaited: what is said is heard as anything else is. */
  #rollBackPoisoned(family: string, { model, trainedUntilMs }: Champion, because: string): void {
    const { log, clock, partitionCount, onFailure } = this.#options;
    const event: ModelEvent = { kind: 'ModelEvent', family, event: 'rolled-back', model, trainedUntilMs, because, atMs: clock.nowMs() };
    const partition = partitionOf(family, partitionCount);
    const said = log.append({ topic: TOPICS.models.name, partition, records: [encode(event)] });
    void said.catch((error: unknown) => {
      if (!(error instanceof SequenceError && error.retriable)) onFailure(error);
    });
  }

  #until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(new SequenceError('SEQ_APPEND_UNKNOWN', 'what was said about a model was not heard back in time'));
      }, ROLLED_BACK_WAIT_MS);
      const met = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const waiting = { holds, met };
      this.#waiting.push(waiting);
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
