/**
 * The demo's other callers, beside the three streams that live from stock: tills whose every value is on the disk before they have it,
 * invoices without a gap, and a warehouse that takes a huge block now and then. All of them ask the same service; which pool serves them
 * follows from what their sequences promise and from how they ask.
 */
import type { Clock } from '../../core/clock.ts';
import { sharedStreamId, streamId } from '../../core/stream.ts';
import type { SeqcastService, SequenceDescription } from '../../workers/runtime/service/service.ts';
import { type Answer, Asker } from './asker.ts';
import { InvoiceCaller } from './invoice-caller.ts';
import { IssuedValues } from './issued-values.ts';
import type { KindProgress } from './kind-progress.ts';

/** Not words a user would choose, so that nobody's own sequences are drawn from. */
const PAYMENTS = 'payments-demo';
const INVOICES = 'invoices-demo';
const WAREHOUSE = 'warehouse-demo';

/** Slices of ten seconds between two calls: a payment in three minutes and till, an invoice in five, a block an hour. */
const TILLS = 3;
const TILL_SLICES = 18;
const INVOICE_SLICES = 30;
const BLOCK_SLICES = 360;
/** What a call may take at most. */
const BLOCK_VALUES = 10_000;

export interface OtherKindsOptions {
  readonly service: SeqcastService;
  readonly clock: Clock;
  readonly sliceMs: number;
  readonly pause: (ms: number) => Promise<void>;
}

/** Askers of one sequence, and every value that they were given. */
interface Asked {
  readonly sequence: SequenceDescription;
  readonly issued: IssuedValues;
  readonly askers: readonly Asker[];
}

export class OtherKinds {
  readonly #options: OtherKindsOptions;
  readonly #startMs: number;
  readonly #payments: Asked;
  readonly #warehouse: Asked;
  readonly #invoices: InvoiceCaller;

  private constructor(options: OtherKindsOptions, payments: SequenceDescription, warehouse: SequenceDescription) {
    const { service, clock, pause } = options;
    this.#options = options;
    this.#startMs = clock.nowMs();
    this.#payments = this.#asked(
      payments,
      Array.from({ length: TILLS }, (_, i) => ({ clientType: 'pos', service: `till-${i + 1}` })),
    );
    this.#warehouse = this.#asked(warehouse, [{ clientType: 'warehouse', service: 'load' }]);
    this.#invoices = new InvoiceCaller(service, { sequence: INVOICES, run: `demo-${this.#startMs}`, pause });
  }

  static async begin(options: OtherKindsOptions): Promise<OtherKinds> {
    const { service } = options;
    const payments = await service.create(PAYMENTS, { durability: 'answered' });
    await service.create(INVOICES, { guarantee: 'gapless' });
    return new OtherKinds(options, payments, await service.create(WAREHOUSE, {}));
  }

  /** A slice has begun. */
  ask(slice: number): void {
    const dueAtMs = this.#startMs + slice * this.#options.sliceMs;
    for (const [i, till] of this.#payments.askers.entries()) if (slice % TILL_SLICES === i) till.ask([1], dueAtMs);
    if (slice % INVOICE_SLICES === 0) this.#invoices.ask();
    if (slice % BLOCK_SLICES === 0) for (const caller of this.#warehouse.askers) caller.ask([BLOCK_VALUES], dueAtMs);
  }

  /** Resolves when everything due was answered, and no invoice is missing. */
  async settled(): Promise<void> {
    const askers = [...this.#payments.askers, ...this.#warehouse.askers];
    await Promise.all([...askers.map((asker) => asker.settled()), this.#invoices.settled()]);
  }

  stop(): void {
    for (const asker of [...this.#payments.askers, ...this.#warehouse.askers]) asker.stop();
    this.#invoices.stop();
  }

  progress(): KindProgress[] {
    const { fault, figures } = this.#invoices;
    const warehouse = streamId({ sequence: WAREHOUSE, clientType: 'warehouse', service: 'load' });
    return [
      this.#progress(this.#payments, 'durable', sharedStreamId(PAYMENTS)),
      { sequence: INVOICES, way: 'gapless', kind: 'transaction', stock: 0, ...figures, ...(fault !== undefined && { fault }) },
      this.#progress(this.#warehouse, 'blocks', warehouse),
    ];
  }

  #progress({ sequence, issued, askers }: Asked, way: 'durable' | 'blocks', stream: string): KindProgress {
    const now = this.#options.service.status().streams.find((each) => each.stream === stream);
    const fault = askers.find((asker) => asker.fault !== undefined)?.fault;
    return {
      sequence: sequence.name,
      way,
      kind: now?.kind ?? sequence.servedBy?.[0]?.kind ?? 'throughput',
      calls: askers.reduce((sum, { figures }) => sum + figures.requests, 0),
      values: issued.count,
      duplicates: issued.duplicates,
      stock: now?.stock ?? 0,
      ...(fault !== undefined && { fault: fault instanceof Error ? fault.message : String(fault) }),
    };
  }

  #asked(sequence: SequenceDescription, callers: readonly { readonly clientType: string; readonly service: string }[]): Asked {
    const { service, clock, pause } = this.#options;
    const issued = new IssuedValues();
    const { start, increment } = sequence.definition;
    const onAnswer = (answer: Answer): void => {
      for (const block of answer.blocks) {
        const ordinal = Number((block.start - start) / increment);
        issued.add(ordinal, ordinal + block.count);
      }
    };
    const askers = callers.map(
      (caller) => new Asker({ caller: service, clock, request: { sequence: sequence.name, ...caller }, pause, onAnswer }),
    );
    return { sequence, issued, askers };
  }
}
