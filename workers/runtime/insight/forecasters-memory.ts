/**
 * What forecasters remember of a stream, for a process that makes no forecasts itself: their newest snapshot of the stream's partition, and
 * what was reported since. Read when somebody asks, of that one stream, and kept by nobody.
 */
import { partitionOf } from '../../../core/stream.ts';
import { StreamForecast } from '../../../models/stream-forecast.ts';
import { isFirstSeen, type SeenEvents } from '../../../pipelines/consumption.ts';
import { emptyForecast, type ForecastStream } from '../../../pipelines/forecast.ts';
import { FORECAST_STATE_SCHEMA, forecastStateFromBytes } from '../../../pipelines/forecast-state.ts';
import { noteLeadTime, plannedLeadTimeMs } from '../../../pipelines/lead-times.ts';
import type { EventLog, LogEntry, SnapshotStore } from '../../../pipelines/ports.ts';
import type { ConsumptionEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { FORECAST_STAGE } from '../forecasting/forecasts.ts';
import { readable } from '../ledger/dead-letters.ts';
import { type RememberedDemand, rememberedBy } from './remembered-demand.ts';

/** A partition of some four hundred busy streams. It is in memory three times while it is put together, and gone a moment later. */
const SNAPSHOT_BYTES_MAX = 64_000_000;
/** Five minutes, the time between snapshots, of a thousand busy streams: a few seconds of reading. */
const EVENTS_READ_MAX = 300_000;
const READ_LIMIT = 4_096;

const { name: TOPIC } = TOPICS.consumption;

export interface ForecastersMemoryOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
}

interface Known {
  readonly kept: ForecastStream & { readonly model: StreamForecast };
  readonly seen: SeenEvents;
  /** The first event that it does not have. */
  readonly from: number;
}

export class ForecastersMemory {
  readonly #options: ForecastersMemoryOptions;

  constructor(options: ForecastersMemoryOptions) {
    this.#options = options;
  }

  /** Undefined where neither a snapshot nor the newest events know the stream. */
  async of(stream: string): Promise<RememberedDemand | undefined> {
    const { log, partitionCount } = this.#options;
    const partition = partitionOf(stream, partitionCount);
    const end = await log.endOffset(TOPIC, partition);
    const oldest = Math.max(await log.startOffset(TOPIC, partition), end - EVENTS_READ_MAX);
    const saved = await this.#saved(stream, partition, end);
    // Between a snapshot of long ago and the oldest event that is read there would be a hole.
    const known = saved !== undefined && saved.from >= oldest ? saved : { kept: nothingKnown(), seen: new Map(), from: oldest };
    const { kept } = known;
    const { model } = kept;
    // Nobody asks it for forecasts.
    model.watch([]);
    for (let next = known.from; next < end; ) {
      const entries = await log.read(TOPIC, partition, next, READ_LIMIT);
      if (entries.length === 0) break;
      for (const event of eventsOf(stream, entries)) note(known, event);
      next = (entries.at(-1)?.offset ?? next) + 1;
    }
    if (model.knownMs === 0) return undefined;
    const requestSize = Math.max(1, Math.ceil(kept.requestSize));
    return rememberedBy({ stream: () => ({ model, leadTimeMs: plannedLeadTimeMs(kept.leadTimes), requestSize }) }, stream);
  }

  async #saved(stream: string, partition: number, end: number): Promise<Known | undefined> {
    const { log, snapshots } = this.#options;
    const room = { newest: 1, bytesMax: SNAPSHOT_BYTES_MAX };
    for (const { header, bytes } of await snapshots.load(FORECAST_STAGE, partition, room)) {
      const from = header.offsets[TOPIC] ?? 0;
      if (header.logId !== log.logId || header.stateSchema !== FORECAST_STATE_SCHEMA || from > end) continue;
      const state = emptyForecast({ newModel: () => new StreamForecast(), rideThroughMsOf: () => 0 });
      const models: StreamForecast[] = [];
      const restored = (saved: Uint8Array): StreamForecast => {
        const model = StreamForecast.restored(saved);
        models.push(model);
        return model;
      };
      forecastStateFromBytes(state, bytes, restored, (each) => each === stream);
      const kept = state.streams.get(stream);
      const [model] = models;
      return { kept: kept === undefined || model === undefined ? nothingKnown() : { ...kept, model }, seen: state.seen, from };
    }
    return undefined;
  }
}

function nothingKnown(): Known['kept'] {
  return { model: new StreamForecast(), leadTimes: [], requestSize: 0, requestSizeAtMs: 0 };
}

/** As the forecast stage does it, but for the forecast. */
function note({ kept, seen }: Known, event: ConsumptionEvent): void {
  if (!isFirstSeen(seen, event)) return;
  kept.model.consume(event);
  if (event.leadTimeMs > 0) noteLeadTime(kept.leadTimes, event.leadTimeMs);
  kept.requestSize = Math.max(kept.requestSize, event.largestRequest);
}

/** Most records are of other streams: they are not decoded. */
function eventsOf(stream: string, entries: readonly LogEntry[]): ConsumptionEvent[] {
  const own = entries.filter(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(stream));
  const messages = readable(TOPICS.consumption, own, () => undefined);
  return messages.filter((message) => message.kind === 'ConsumptionEvent' && message.stream === stream) as ConsumptionEvent[];
}
