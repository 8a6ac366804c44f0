/**
 * The forecaster of this process: folds the consumption topic with the forecast stage, from the newest snapshot that fits, and
 * appends a forecast for every new event. While it catches up it only folds: what it would have said then is of no use now.
 */

import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyForecast, type ForecastState, onConsumption } from '../../pipelines/forecast.ts';
import { FORECAST_STATE_SCHEMA, forecastStateFromBytes, forecastStateToBytes } from '../../pipelines/forecast-state.ts';
import type { EventLog, LogEntry, SnapshotStore, Subscription } from '../../pipelines/ports.ts';
import { decode, encode } from '../../schemas/codec.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { PendingAppends } from './pending-appends.ts';

const STAGE = 'forecast';
const READ_LIMIT = 4_096;

export interface ForecastsOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  readonly rideThroughMsOf: (sequence: string) => number;
  readonly onFailure: (error: unknown) => void;
}

interface Partition {
  readonly partition: number;
  readonly state: ForecastState;
  nextOffset: number;
  saved: number;
}

export class Forecasts {
  readonly #options: ForecastsOptions;
  readonly #partitions: Partition[];
  readonly #subscriptions: Subscription[] = [];
  readonly #appends: PendingAppends;
  made = 0;

  constructor(options: ForecastsOptions) {
    this.#options = options;
    this.#appends = new PendingAppends(options.onFailure);
    const { rideThroughMsOf } = options;
    this.#partitions = Array.from({ length: options.partitionCount }, (_, partition) => ({
      partition,
      state: emptyForecast({ newModel: () => new StreamForecast(), rideThroughMsOf }),
      nextOffset: 0,
      saved: 0,
    }));
  }

  /** Streams that have a model. */
  get streams(): number {
    return this.#partitions.reduce((sum, each) => sum + each.state.streams.size, 0);
  }

  /** Restores, catches up and follows. */
  async start(): Promise<void> {
    await Promise.all(this.#partitions.map((each) => this.#startPartition(each)));
  }

  /** Writes a snapshot of every partition that moved since its last one. */
  async save(): Promise<void> {
    const { log, snapshots } = this.#options;
    for (const each of this.#partitions) {
      if (each.nextOffset === each.saved) continue;
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
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#appends.settle();
    await this.save();
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
    const handler = (entries: readonly LogEntry[]): void => this.#follow(each, entries);
    this.#subscriptions.push(log.subscribe({ topic, partition, from: each.nextOffset, handler, onError: onFailure }));
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
    for (const entry of entries) {
      const forecast = onConsumption(each.state, decode(entry.bytes) as ConsumptionEvent);
      if (forecast !== undefined) forecasts.push(encode(forecast));
      each.nextOffset = entry.offset + 1;
    }
    return forecasts;
  }

  #follow(each: Partition, entries: readonly LogEntry[]): void {
    const records = this.#fold(each, entries);
    if (records.length === 0) return;
    this.made += records.length;
    this.#appends.add(this.#options.log.append({ topic: TOPICS.forecasts.name, partition: each.partition, records }));
  }
}
