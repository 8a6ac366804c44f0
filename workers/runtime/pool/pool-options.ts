/** What the throughput pool of a process is made of. */
import type { EmbeddedStock } from '../../../adapters/embedded/stock.ts';
import type { SequenceDefinition } from '../../../core/sequence.ts';
import type { MeterOptions } from '../../../pipelines/consumption.ts';
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';

export interface PoolOptions {
  readonly name: string;
  readonly stock: EmbeddedStock;
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly partitionCount: number;
  readonly meter: MeterOptions;
  readonly reportIntervalMs: number;
  /** Undefined for a sequence that there is none of. */
  readonly definitionOf: (sequence: string) => SequenceDefinition | undefined;
  readonly idleReturnMs: number;
  readonly onFailure: (error: unknown) => void;
}
