/**
 * What a gateway shows of streams whose stock is elsewhere: the last consumption event and forecast of each, as the topics say. Not on
 * the way to any value.
 */
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import type { EventLog, LogEntry, Subscription } from '../../../pipelines/ports.ts';
import type { ConsumptionEvent, ExpertWeight, Forecast } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';
import type { StreamStatus } from '../service/service.ts';

/** Messages of each partition that are read at the start: the last minutes of a busy one. */
const READ_BACK = 2_048;
/** Streams that are remembered; the ones heard of longest ago are forgotten. */
const STREAMS_MAX = 100_000;

const NOTHING_YET = { requests: 0, stalls: 0, issued: 0, returned: 0 };

interface Seen {
  event: ConsumptionEvent | undefined;
  forecast: Forecast | undefined;
  experts: readonly ExpertWeight[];
  requests: number;
  stalls: number;
  issued: number;
  returned: number;
}

export interface StreamInsightOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly shards: readonly ShardsState[];
  /** Hears every event that was read. */
  readonly onConsumption?: (event: ConsumptionEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

export class StreamInsight {
  readonly #options: StreamInsightOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #subscriptions: Subscription[] = [];

  constructor(options: StreamInsightOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { log, partitionCount, onFailure } = this.#options;
    for (const topic of [TOPICS.consumption, TOPICS.forecasts]) {
      for (let partition = 0; partition < partitionCount; partition++) {
        const { name } = topic;
        const from = Math.max(await log.startOffset(name, partition), (await log.endOffset(name, partition)) - READ_BACK);
        const handler = (entries: readonly LogEntry[]): void => {
          for (const message of readable(topic, entries, () => undefined)) {
            if (message.kind === 'ConsumptionEvent' || message.kind === 'Forecast') this.#note(message);
          }
        };
        this.#subscriptions.push(log.subscribe({ topic: name, partition, from, handler, onError: onFailure }));
      }
    }
  }

  streams(): StreamStatus[] {
    return [...this.#seen].map(([stream, seen]) => this.#statusOf(stream, seen));
  }

  /** Whom the forecaster of the stream trusted when it said so last. */
  trust(stream: string): readonly ExpertWeight[] {
    return this.#seen.get(stream)?.experts ?? [];
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
  }

  #note(message: ConsumptionEvent | Forecast): void {
    const { stream } = message;
    const seen = this.#seen.get(stream) ?? { event: undefined, forecast: undefined, experts: [], ...NOTHING_YET };
    this.#seen.delete(stream);
    this.#seen.set(stream, seen);
    if (message.kind === 'Forecast') {
      seen.forecast = message;
      if (message.experts.length > 0) seen.experts = message.experts;
    } else {
      seen.event = message;
      this.#options.onConsumption?.(message);
      seen.requests += message.requests;
      seen.stalls += message.stalls;
      seen.issued += message.issued;
      seen.returned += message.returned;
    }
    if (this.#seen.size <= STREAMS_MAX) return;
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      break;
    }
  }

  #statusOf(stream: string, { event, forecast, requests, stalls, issued, returned }: Seen): StreamStatus {
    const { shards } = this.#options;
    const ledger = shards.map((each) => each.streams.get(stream)).find((each) => each !== undefined);
    const decision = ledger?.open.at(-1)?.decision;
    const lead = forecast?.horizons[0];
    return {
      stream,
      pool: ledger?.pool ?? event?.pool ?? '',
      demandPerSecond: forecast?.rate ?? 0,
      forecastMedian: lead?.median ?? 0,
      forecastUpper: lead?.upper ?? 0,
      stock: event?.stock ?? 0,
      waiting: event?.waiting ?? 0,
      reorderPoint: decision?.reorderPoint ?? 0,
      orderUpTo: decision?.orderUpTo ?? 0,
      leadTimeMs: forecast?.leadTimeMs ?? event?.leadTimeMs ?? 0,
      requestsTotal: requests,
      stallsTotal: stalls,
      issuedTotal: issued,
      allocationsTotal: ledger?.lastOrder ?? 0,
      returnedTotal: returned,
    };
  }
}
