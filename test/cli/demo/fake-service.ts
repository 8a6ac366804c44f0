/**
 * As much of a service as the demo touches, on a clock that only moves in `pause`: one block of stock per stream, reordered at a
 * fixed point, usable one lead time later. Faults that a test wants are switched on from outside.
 */
import type { SequenceAttributes } from '../../../core/sequence.ts';
import { defineSequence } from '../../../core/sequence.ts';
import { streamId } from '../../../core/stream.ts';
import type {
  NextAnswer,
  NextRequest,
  SeqcastService,
  SequenceDescription,
  StreamStatus,
} from '../../../workers/runtime/service/service.ts';

const REORDER_AT = 150_000;
const ORDER_SIZE = 400_000;

interface FakeStream {
  stock: { start: number; left: number }[];
  order: { atMs: number; size: number } | undefined;
  waiting: { count: number; resolve: (answer: NextAnswer) => void }[];
  allocations: number;
  requests: number;
  stalls: number;
  issued: number;
}

export class FakeService {
  readonly leadTimeMs: number;
  readonly speedUp: number;
  nowMs = Date.UTC(2024, 0, 1);
  generation = 1;
  nextOrdinal = 0;
  /** Gives every later block from the start of the sequence again. */
  repeats = false;
  description: SequenceDescription | undefined;
  readonly streams = new Map<string, FakeStream>();

  constructor(options: { readonly leadTimeMs: number; readonly speedUp: number }) {
    this.leadTimeMs = options.leadTimeMs;
    this.speedUp = options.speedUp;
  }

  readonly clock = { nowMs: () => this.nowMs };

  /** Real milliseconds become demo time, and orders that are due by then arrive. */
  readonly pause = async (ms: number): Promise<void> => {
    const untilMs = this.nowMs + ms * this.speedUp;
    for (const stream of this.streams.values()) {
      while (stream.order !== undefined && stream.order.atMs <= untilMs) {
        this.nowMs = Math.max(this.nowMs, stream.order.atMs);
        this.#deliver(stream);
        // Callers that were answered come again before time goes on.
        for (let turn = 0; turn < 8; turn++) await Promise.resolve();
      }
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  };

  asService(): SeqcastService {
    return this as unknown as SeqcastService;
  }

  async create(name: string, attributes: SequenceAttributes): Promise<SequenceDescription> {
    this.description = {
      name,
      definition: defineSequence(attributes),
      generation: this.generation,
      claimed: 0,
      capacity: Number.MAX_SAFE_INTEGER,
      streams: 0,
    };
    return this.description;
  }

  list(): readonly SequenceDescription[] {
    return this.description === undefined ? [] : [this.description];
  }

  describe(): SequenceDescription {
    if (this.description === undefined) throw new Error('the demo asks before it creates');
    return { ...this.description, generation: this.generation };
  }

  next(request: NextRequest): NextAnswer | Promise<NextAnswer> {
    const id = streamId({ sequence: request.sequence, clientType: request.clientType ?? '', service: request.service ?? '' });
    const stream = this.streams.get(id) ?? { stock: [], order: undefined, waiting: [], allocations: 0, requests: 0, stalls: 0, issued: 0 };
    this.streams.set(id, stream);
    stream.requests += 1;
    try {
      if (stockOf(stream) >= request.count && stream.waiting.length === 0) return this.#take(stream, request.count, false);
      stream.stalls += 1;
      return new Promise((resolve) => stream.waiting.push({ count: request.count, resolve }));
    } finally {
      this.#reorder(stream);
    }
  }

  status(): { streams: StreamStatus[] } {
    return { streams: [...this.streams].map(([id, stream]) => this.#statusOf(id, stream)) };
  }

  #take(stream: FakeStream, count: number, stalled: boolean): NextAnswer {
    const blocks: { start: bigint; count: number; increment: bigint }[] = [];
    for (let left = count; left > 0; ) {
      const first = stream.stock[0];
      if (first === undefined) throw new Error('the stock was checked before');
      const taken = Math.min(left, first.left);
      blocks.push({ start: BigInt(first.start + 1), count: taken, increment: 1n });
      first.start += taken;
      first.left -= taken;
      left -= taken;
      if (first.left === 0) stream.stock.shift();
    }
    stream.issued += count;
    return { sequence: 'nasa-demo', order: 'none', blocks, stalled };
  }

  #deliver(stream: FakeStream): void {
    if (stream.order === undefined) return;
    stream.stock.push({ start: this.repeats ? 0 : this.nextOrdinal, left: stream.order.size });
    this.nextOrdinal += stream.order.size;
    stream.order = undefined;
    for (let first = stream.waiting[0]; first !== undefined && stockOf(stream) >= first.count; first = stream.waiting[0]) {
      stream.waiting.shift();
      first.resolve(this.#take(stream, first.count, true));
    }
    this.#reorder(stream);
  }

  #reorder(stream: FakeStream): void {
    if (stockOf(stream) > REORDER_AT || stream.order !== undefined) return;
    stream.allocations += 1;
    stream.order = { atMs: this.nowMs + this.leadTimeMs, size: ORDER_SIZE };
  }

  #statusOf(stream: string, s: FakeStream): StreamStatus {
    return {
      stream,
      pool: 'pool',
      demandPerSecond: 12.3,
      forecastMedian: 400,
      forecastUpper: 650,
      stock: stockOf(s),
      waiting: s.waiting.length,
      reorderPoint: REORDER_AT,
      orderUpTo: REORDER_AT + ORDER_SIZE,
      leadTimeMs: this.leadTimeMs,
      requestsTotal: s.requests,
      stallsTotal: s.stalls,
      issuedTotal: s.issued,
      allocationsTotal: s.allocations,
      returnedTotal: 0,
    };
  }
}

function stockOf(stream: FakeStream): number {
  return stream.stock.reduce((sum, block) => sum + block.left, 0);
}
