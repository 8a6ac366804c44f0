/**
 * The forecaster of this process: folds the consumption topic with the forecast stage, from the newest snapshot that fits, and
 * appends a forecast for every new event. While it catches up it only folds: what it would have said then is of no use now.
 */

import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyForecast, type ForecastState, onConsumption } from '../../pipelines/forecast.ts';
import { FORECAST_STATE_SCHEMA, forecastStateFromBytes, forecastStateToBytes } from '../../pipelines/forecast-state.ts';
import type { EventLog, LogEntry, SnapshotStore, Subscription } from '../../pipelines/ports.ts';
import { encode } from '../../schemas/codec.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { type OnPoisonOf, readable } from './dead-letters.ts';
import { PendingAppends } from './pending-appends.ts';

const STAGE = 'forecast';
const READ_LIMIT = 4_096;

export interface ForecastsOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  readonly rideThroughMsOf: (sequence: string) => number;
  readonly onFailure: (error: unknown) => void;
  /** Hears of records that cannot be read; they are passed over. */
  readonly onPoison?: OnPoisonOf;
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
  made = 0;

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
    const { rideThroughMsOf } = this.#options;
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
    await Promise.all(former.map((each) => this.#saveOne(each)));
  }

  /** Writes a snapshot of every partition that moved since its last one. */
  async save(): Promise<void> {
    for (const each of this.#partitions.values()) await this.#saveOne(each);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#partitions.values()].map(async (each) => each.subscription?.close()));
    await this.#appends.settle();
    await this.save();
  }

  async #saveOne(each: Partition): Promise<void> {
    const { log, snapshots } = this.#options;
    if (each.nextOffset === each.saved) return;
    const { partition, nextOffset } = each;
    const header = {
      stage: STAGE,
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

  async #startPartition(each: Partition): Promise<void> {
    const { log, onFailure } = this.#options;
    const { partition } = each;
    const topic = TOPICS.consumption.name;
    await this.#restore(each);
    each.nextOffset = Math.max(each.nextOffset, await log.startOffset(topic, partition));
    for (;;) {
      const entries = await log.read(topic, partition, each.nextOffset, READ_LIMIT);
      if (entries.length === 0) break;
      this.#fold(each, entries);
    }
    // Another process may own it by now.
    if (each.isReleased) return;
    const handler = (entries: readonly LogEntry[]): void => this.#follow(each, entries);
    each.subscription = log.subscribe({ topic, partition, from: each.nextOffset, handler, onError: onFailure });
  }

  /** A forecast's snapshot that does not fit is no danger, only useless: it is passed over. */
  async #restore(each: Partition): Promise<void> {
    const { log, snapshots } = this.#options;
    const topic = TOPICS.consumption.name;
    const end = await log.endOffset(topic, each.partition);
    for (const { header, bytes } of await snapshots.load(STAGE, each.partition)) {
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
      const forecast = onConsumption(each.state, message as ConsumptionEvent);
      if (forecast !== undefined) forecasts.push(encode(forecast));
    }
    each.nextOffset = (entries.at(-1)?.offset ?? each.nextOffset - 1) + 1;
    return forecasts;
  }

  #follow(each: Partition, entries: readonly LogEntry[]): void {
    const records = this.#fold(each, entries);
    if (records.length === 0) return;
    this.made += records.length;
    this.#appends.add(this.#options.log.append({ topic: TOPICS.forecasts.name, partition: each.partition, records }));
  }
}
