/**
 * When and what the pool orders: as soon as a stream's stock reaches its reorder point, once, and again only when nobody answered
 * or callers pile up. Measures how long orders take, which is the lead time the forecast plans for.
 */
import type { Decision } from '../../../core/ledger/records.ts';
import { fastRate, type Meter, type MeterOptions } from '../../../pipelines/consumption.ts';
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { RefillOrder } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { orderSpan } from '../observability/refill-spans.ts';
import { headersOf, registeredTracer, until } from '../observability/tracer.ts';
import type { PendingAppends } from '../process/pending-appends.ts';

/** An order that nothing answered is sent again after this much monotonic time. */
const RESEND_MS = 200;
/** What is left of a reorder point when an order was read and not answered: the allocator sees no need yet. */
const LOWERED = 0.9;

export interface RefillOrdersOptions {
  readonly name: string;
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly meter: MeterOptions;
  readonly sending: PendingAppends;
}

/** What the ordering of a stream needs to know of it, wherever its stock is. */
export interface OrderingStream {
  readonly id: string;
  readonly partition: number;
  readonly meter: Meter;
  readonly stock: { readonly available: number };
  readonly waiters: { readonly values: number };
  /** What a job will take besides; left out where none is known. */
  readonly later?: number;
  /** False where nothing is ordered that nobody waits for; left out, a stock is kept. */
  readonly keepsStock?: boolean;
  /** Offset of the shards partition up to which the stock is loaded; what is above is on order. */
  readonly seenOffset?: number;
  reorderPoint: number;
  orderUpTo: number;
  leadTimeMs: number;
  orderedAtMs: number;
  orderedWaiting: number;
  orderClockMs: number;
}

export class RefillOrders {
  readonly #options: RefillOrdersOptions;
  readonly #tracer = registeredTracer();

  constructor(options: RefillOrdersOptions) {
    this.#options = options;
  }

  /** Orders for the stream, unless an order is on its way that says the same. */
  order(served: OrderingStream, incarnation: string): void {
    const { clock, monotonicMs } = this.#options;
    const monotonic = monotonicMs();
    const waiting = served.waiters.values + (served.later ?? 0);
    const unansweredMs = monotonic - served.orderedAtMs;
    if (unansweredMs < RESEND_MS && waiting < 2 * served.orderedWaiting + 1) return;
    // Nobody waits, and the allocator let the last order pass: its reorder point has fallen since it told ours.
    if (Number.isFinite(unansweredMs) && waiting === 0) {
      served.reorderPoint = Math.floor(Math.min(served.reorderPoint, served.stock.available) * LOWERED);
      served.orderedAtMs = Number.NEGATIVE_INFINITY;
      return;
    }
    served.orderedAtMs = monotonic;
    served.orderedWaiting = waiting;
    served.orderClockMs = clock.nowMs();
    this.#send(served, incarnation, waiting);
  }

  /** Tells the allocators that the stream keeps no stock from now on: nothing is on its way that they need wait for. */
  standDown(served: OrderingStream, incarnation: string): void {
    this.#send(served, incarnation, 0);
  }

  #send(served: OrderingStream, incarnation: string, waiting: number): void {
    const { clock, log, meter, name, reader, sending } = this.#options;
    const nowMs = clock.nowMs();
    const order: RefillOrder = {
      kind: 'RefillOrder',
      stream: served.id,
      pool: name,
      incarnation,
      atMs: nowMs,
      seenOffset: served.seenOffset ?? (reader.shards[served.partition]?.nextOffset ?? 0) - 1,
      stock: served.stock.available,
      waiting,
      fastRate: fastRate(served.meter, nowMs, meter),
      exact: served.keepsStock === false,
    };
    const append = { topic: TOPICS.orders.name, partition: served.partition, records: [encode(order)] };
    const span = this.#tracer && orderSpan(this.#tracer, order);
    sending.add(span === undefined ? log.append(append) : until(span, log.append({ ...append, headers: [headersOf(span)] })));
  }

  /** A shard arrived: takes over what its decision says, and returns how long the stream waited for it. */
  answered(served: OrderingStream, decision: Decision | undefined): number {
    const nowMs = this.#options.clock.nowMs();
    served.orderedAtMs = Number.NEGATIVE_INFINITY;
    served.orderedWaiting = 0;
    if (decision === undefined) return 0;
    served.reorderPoint = decision.reorderPoint;
    served.orderUpTo = decision.orderUpTo;
    // From the order where one led to it, else from the decision itself.
    const sinceMs = decision.trigger === 'order' ? Math.min(served.orderClockMs, decision.decidedAtMs) : decision.decidedAtMs;
    served.leadTimeMs = Math.max(0, nowMs - sinceMs);
    return served.leadTimeMs;
  }
}
