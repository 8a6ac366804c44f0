/**
 * The forecaster of this process: folds the consumption topic with the forecast stage, from the newest snapshot that fits, and
 * appends a forecast for every new event. While it catches up it only folds: what it would have said then is of no use now.
 */

import { SequenceError } from '../../../core/errors.ts';
import { EXPERT_FAMILIES } from '../../../models/mixture/expert-voices.ts';
import { type ExpertStanding, StreamForecast } from '../../../models/stream-forecast.ts';
import { type AnnouncedBursts, NO_BURSTS } from '../../../pipelines/announced-bursts.ts';
import { type Expectations, onBurstDeclared, onProfileSet } from '../../../pipelines/expectations.ts';
import { emptyForecast, type ForecastState, onConsumption, onExpertForecast } from '../../../pipelines/forecast.ts';
import { FORECAST_STATE_SCHEMA, forecastStateFromBytes, forecastStateToBytes } from '../../../pipelines/forecast-state.ts';
import { plannedLeadTimeMs } from '../../../pipelines/lead-times.ts';
import type { EventLog, LogEntry, SnapshotStore, Subscription } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { ExpertForecast, ExpertWeight } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { type OnPoisonOf, readable } from '../ledger/dead-letters.ts';
import { patiently } from '../process/patience.ts';
import { PendingAppends } from '../process/pending-appends.ts';

export const FORECAST_STAGE = 'forecast';
const READ_LIMIT = 4_096;

export interface ForecastsOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  readonly rideThroughMsOf: (sequence: string) => number;
  readonly onFailure: (error: unknown) => void;
  /** Hears of records that cannot be read; they are passed over. */
  readonly onPoison?: OnPoisonOf;
  /** Hears of a log that is away while a partition is caught up with: that is tried until it is back. */
  readonly onDelay?: (error: SequenceError) => void;
}

export interface ModelledStream {
  readonly partition: number;
  readonly stream: string;
  readonly model: StreamForecast;
  readonly bursts: AnnouncedBursts;
}

export interface ModelStanding extends ExpertStanding {
  readonly stream: string;
}

interface Partition {
  readonly partition: number;
  readonly state: ForecastState;
  nextOffset: number;
  saved: number;
  subscription: Subscription | undefined;
  isReleased: boolean;
}

export class Forecasts {
  readonly #options: ForecastsOptions;
  readonly #partitions = new Map<number, Partition>();
  readonly #appends: PendingAppends;
  #isClosed = false;
  made = 0;
  /** Forecasts of fitted models that were folded since the start, by family, and those that were turned away, by reason. */
  readonly heard = new Map<string, number>();
  readonly dropped = new Map<string, number>();

  constructor(options: ForecastsOptions) {
    this.#options = options;
    this.#appends = new PendingAppends(options.onFailure);
  }

  /** Streams that have a model. */
  get streams(): number {
    let streams = 0;
    for (const each of this.#partitions.values()) streams += each.state.streams.size;
    return streams;
  }

  /** Partitions that are caught up and followed, with what their fold expects of streams. */
  *followed(): Generator<{ readonly partition: number; readonly nextOffset: number; readonly expectations: Expectations }> {
    for (const { partition, nextOffset, state, subscription } of this.#partitions.values()) {
      if (subscription !== undefined) yield { partition, nextOffset, expectations: state.expectations };
    }
  }

  /** Every stream of the partitions that are followed, with all that is known of its demand. */
  *models(): Generator<ModelledStream> {
    for (const { partition, state, subscription } of this.#partitions.values()) {
      if (subscription === undefined) continue;
      for (const [stream, { model }] of state.streams) {
        // Its state was made with `StreamForecast`s only, above.
        yield { partition, stream, model: model as StreamForecast, bursts: state.expectations.bursts.get(stream) ?? NO_BURSTS };
      }
    }
  }

  /** Whom the mixture of a stream trusts; empty for one that is forecast elsewhere. */
  trust(stream: string): readonly ExpertWeight[] {
    for (const { state } of this.#partitions.values()) {
      const trust = state.streams.get(stream)?.model.trust;
      if (trust !== undefined) return trust;
    }
    return [];
  }

  /** One stream with what is known of its orders and requests; undefined for one that is forecast elsewhere. */
  stream(stream: string): { readonly model: StreamForecast; readonly leadTimeMs: number; readonly requestSize: number } | undefined {
    for (const { state } of this.#partitions.values()) {
      const found = state.streams.get(stream);
      if (found === undefined) continue;
      const { model, leadTimes, requestSize } = found;
      return { model: model as StreamForecast, leadTimeMs: plannedLeadTimeMs(leadTimes), requestSize: Math.max(1, Math.ceil(requestSize)) };
    }
    return undefined;
  }

  isFollowed(partition: number): boolean {
    return this.#partitions.get(partition)?.subscription !== undefined;
  }

  /** How the mixture stands on the streams that a family has a say in. */
  standings(family: string): ModelStanding[] {
    const standings: ModelStanding[] = [];
    for (const { stream, model } of this.models()) {
      const standing = model.standing(family);
      if (standing !== undefined) standings.push({ stream, ...standing });
    }
    return standings;
  }

  /** Weight of each family in the mixtures at their longest horizons, mean over the streams that it speaks of. */
  familyWeights(): Map<string, number> {
    const sums = new Map<string, { weight: number; streams: number }>();
    for (const { model } of this.models()) {
      for (const { expert, weight } of model.trust) {
        if (weight === 0) continue;
        const family = expert.slice(0, expert.indexOf('@'));
        const sum = sums.get(family) ?? { weight: 0, streams: 0 };
        sums.set(family, { weight: sum.weight + weight, streams: sum.streams + 1 });
      }
    }
    return new Map([...sums].map(([family, { weight, streams }]) => [family, weight / streams]));
  }

  /** Restores, catches up and follows every partition. */
  start(): Promise<void> {
    return this.own(Array.from({ length: this.#options.partitionCount }, (_, partition) => partition));
  }

  /** Forecasts these partitions from now on and no others: new ones are restored and caught up, former ones saved and let go. */
  async own(partitions: readonly number[]): Promise<void> {
    const former = [...this.#partitions.values()].filter((each) => !partitions.includes(each.partition));
    for (const each of former) {
      each.isReleased = true;
      this.#partitions.delete(each.partition);
    }
    const { rideThroughMsOf, onDelay = () => undefined } = this.#options;
    const fresh: Partition[] = [];
    for (const partition of partitions) {
      if (this.#partitions.has(partition)) continue;
      const state = emptyForecast({ newModel: () => new StreamForecast(), rideThroughMsOf });
      const each = { partition, state, nextOffset: 0, saved: 0, subscription: undefined, isReleased: false };
      this.#partitions.set(partition, each);
      fresh.push(each);
    }
    const closing = former.map(async (each) => each.subscription?.close());
    await Promise.all([...closing, ...fresh.map((each) => this.#startPartition(each))]);
    // A snapshot only spares the next owner a longer replay: where the log is away, there is none.
    const leaveOut = (error: unknown): void => {
      if (!(error instanceof SequenceError && error.retriable)) throw error;
      onDelay(error);
    };
    await Promise.all(former.map((each) => this.#saveOne(each).catch(leaveOut)));
  }

  /** Writes a snapshot of every partition that moved since its last one. */
  async save(): Promise<void> {
    for (const each of this.#partitions.values()) await this.#saveOne(each);
  }

  /** Nothing is waited for from now on: a partition whose log is away stays behind. */
  endWaiting(): void {
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    this.endWaiting();
    await Promise.all([...this.#partitions.values()].map(async (each) => each.subscription?.close()));
    await this.#appends.settle();
    await this.save();
  }

  async #saveOne(each: Partition): Promise<void> {
    const { log, snapshots } = this.#options;
    if (each.nextOffset === each.saved) return;
    const { partition, nextOffset } = each;
    const header = {
      stage: FORECAST_STAGE,
      partition,
      logId: log.logId,
      offsets: { [TOPICS.consumption.name]: nextOffset },
      lastRecordHashes: {},
      level: 1,
      stateSchema: FORECAST_STATE_SCHEMA,
    };
    each.saved = nextOffset;
    await snapshots.save({ header, bytes: forecastStateToBytes(each.state) });
  }

  /** Begun again where it broke off while the log is away: what is folded already stays. */
  async #startPartition(each: Partition): Promise<void> {
    const { onDelay = () => undefined } = this.#options;
    await patiently(() => this.#catchUp(each), { isWanted: () => !each.isReleased && !this.#isClosed, onDelay });
  }

  async #catchUp(each: Partition): Promise<void> {
    const { log, onFailure } = this.#options;
    const { partition } = each;
    const topic = TOPICS.consumption.name;
    if (each.nextOffset === 0) await this.#restore(each);
    each.nextOffset = Math.max(each.nextOffset, await log.startOffset(topic, partition));
    for (;;) {
      const entries = await log.read(topic, partition, each.nextOffset, READ_LIMIT);
      if (entries.length === 0) break;
      this.#fold(each, entries);
    }
    // Another process may own it by now.
    if (each.isReleased || this.#isClosed) return;
    const handler = (entries: readonly LogEntry[]): void => this.#follow(each, entries);
    each.subscription = log.subscribe({ topic, partition, from: each.nextOffset, handler, onError: onFailure });
  }

  /** A forecast's snapshot that does not fit is no danger, only useless: it is passed over. */
  async #restore(each: Partition): Promise<void> {
    const { log, snapshots } = this.#options;
    const topic = TOPICS.consumption.name;
    const end = await log.endOffset(topic, each.partition);
    for (const { header, bytes } of await snapshots.load(FORECAST_STAGE, each.partition)) {
      const offset = header.offsets[topic] ?? 0;
      if (header.logId !== log.logId || header.stateSchema !== FORECAST_STATE_SCHEMA || offset > end) continue;
      forecastStateFromBytes(each.state, bytes, (saved) => StreamForecast.restored(saved));
      each.nextOffset = offset;
      each.saved = offset;
      return;
    }
  }

  #fold(each: Partition, entries: readonly LogEntry[]): Uint8Array[] {
    const forecasts: Uint8Array[] = [];
    const { onPoison } = this.#options;
    const topic = TOPICS.consumption;
    for (const message of readable(topic, entries, (entry, error) => onPoison?.(topic.name, each.partition, entry, error))) {
      if (message.kind === 'ExpertForecast') this.#hear(each.state, message);
      if (message.kind === 'ProfileSet') onProfileSet(each.state.expectations, message);
      else if (message.kind === 'BurstDeclared') onBurstDeclared(each.state.expectations, message);
      if (message.kind !== 'ConsumptionEvent') continue;
      const forecast = onConsumption(each.state, message);
      if (forecast !== undefined) forecasts.push(encode(forecast));
    }
    each.nextOffset = (entries.at(-1)?.offset ?? each.nextOffset - 1) + 1;
    return forecasts;
  }

  #hear(state: ForecastState, forecast: ExpertForecast): void {
    const dropped = onExpertForecast(state, forecast);
    // Families have a label each; whatever else is made up shares one.
    const family = EXPERT_FAMILIES.find((known) => known === forecast.family) ?? 'other';
    if (dropped === undefined) this.heard.set(family, (this.heard.get(family) ?? 0) + 1);
    else this.dropped.set(dropped, (this.dropped.get(dropped) ?? 0) + 1);
  }

  #follow(each: Partition, entries: readonly LogEntry[]): void {
    const records = this.#fold(each, entries);
    if (records.length === 0) return;
    this.made += records.length;
    this.#appends.add(this.#options.log.append({ topic: TOPICS.forecasts.name, partition: each.partition, records }));
  }
}
