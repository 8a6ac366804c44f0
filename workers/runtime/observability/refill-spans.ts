/**
 * The spans of a refill, one trace over three workers: the filler's order, the allocator's shard that answers it, and its way into the
 * pool's store. Of records that no tracer sent on their way there are none: they would be traces of their own, a few a second.
 */
import { type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import type { LedgerRecord } from '../../../core/ledger/records.ts';
import type { RecordHeaders, ShardToLoad } from '../../../pipelines/ports.ts';
import type { RefillOrder } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { ATTRIBUTES } from './attributes.ts';
import { isTraced, startSpan } from './tracer.ts';

const KAFKA = { [ATTRIBUTES.messagingSystem]: 'kafka' };
/** A shard that was not loaded by then never will be: so many wait at most. */
const SHARDS_WAITING_MAX = 10_000;
const ORDERS_WAITING_MAX = 10_000;
/** What is allocated later than this after an order has another reason. */
const ANSWER_MS_MAX = 10_000;

export function orderSpan(tracer: Tracer, { stream, pool }: RefillOrder): Span {
  const place = { [ATTRIBUTES.destination]: TOPICS.orders.name, [ATTRIBUTES.stream]: stream, [ATTRIBUTES.pool]: pool };
  return startSpan(tracer, `send ${TOPICS.orders.name}`, { kind: SpanKind.PRODUCER, attributes: { ...KAFKA, ...place } });
}

interface PendingOrder {
  readonly order: RefillOrder;
  readonly headers: RecordHeaders;
  readonly readAtMs: number;
}

/** What an allocator's records have to do with orders: a shard may have to wait until the range that it is cut from is claimed and opened. */
export class AllocateSpans {
  readonly #tracer: Tracer;
  readonly #pending = new Map<string, PendingOrder>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** An order was read; without a trace of its own it ends one that was there before. */
  ordered(order: RefillOrder, headers: RecordHeaders | undefined, readAtMs: number): void {
    this.#pending.delete(order.stream);
    if (isTraced(headers)) this.#pending.set(order.stream, { order, headers, readAtMs });
    if (this.#pending.size > ORDERS_WAITING_MAX) for (const [oldest] of [...this.#pending].slice(0, 1)) this.#pending.delete(oldest);
  }

  /** The span of each record that answers an order, begun when that was read; whoever appends them ends them. */
  of(records: readonly LedgerRecord[], nowMs: number): (Span | undefined)[] {
    return records.map((record) => {
      if (record.kind !== 'ShardAllocated') return undefined;
      const pending = this.#pending.get(record.stream);
      this.#pending.delete(record.stream);
      if (pending === undefined || nowMs - pending.readAtMs > ANSWER_MS_MAX) return undefined;
      const { order, headers: after, readAtMs: startTime } = pending;
      const place = { [ATTRIBUTES.destination]: TOPICS.orders.name, [ATTRIBUTES.stream]: order.stream, [ATTRIBUTES.pool]: order.pool };
      const attributes = { ...KAFKA, ...place, [ATTRIBUTES.count]: record.end - record.start };
      return startSpan(this.#tracer, `process ${TOPICS.orders.name}`, { kind: SpanKind.CONSUMER, attributes, after, startTime });
    });
  }
}

/** Traces of shards between their record and their loading. */
export class FillSpans {
  readonly #tracer: Tracer;
  readonly #headers = new Map<string, RecordHeaders>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  allocated(partition: number, shard: number, headers: RecordHeaders | undefined): void {
    if (!isTraced(headers)) return;
    this.#headers.set(`${partition}/${shard}`, headers);
    if (this.#headers.size <= SHARDS_WAITING_MAX) return;
    for (const oldest of this.#headers.keys()) {
      this.#headers.delete(oldest);
      break;
    }
  }

  /** Undefined where the shard has no trace. */
  start({ partition, shard, stream, start, end }: ShardToLoad, pool: string): Span | undefined {
    const after = this.#headers.get(`${partition}/${shard}`);
    if (after === undefined) return undefined;
    this.#headers.delete(`${partition}/${shard}`);
    const what = { [ATTRIBUTES.stream]: stream, [ATTRIBUTES.pool]: pool, [ATTRIBUTES.count]: end - start };
    const place = { [ATTRIBUTES.destination]: TOPICS.shards.name };
    return startSpan(this.#tracer, `process ${TOPICS.shards.name}`, {
      kind: SpanKind.CONSUMER,
      attributes: { ...KAFKA, ...place, ...what },
      after,
    });
  }
}
