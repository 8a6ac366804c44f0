/** Why a stream's callers wait in vain, where they do: its sequence has given out everything. */
import { SequenceError } from '../../../core/errors.ts';
import { isExhausted } from '../../../core/ledger/exhaustion.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { ServedStream } from './served-stream.ts';

export interface ExhaustionOptions {
  readonly reader: LedgerReader;
  readonly partitionCount: number;
  readonly nowMs: number;
}

/** Undefined while something may still come. */
export function exhaustion(served: ServedStream, { reader, partitionCount, nowMs }: ExhaustionOptions): (() => SequenceError) | undefined {
  const ranges = reader.ranges[served.rangesPartition(partitionCount)];
  const shards = reader.shards[served.partition];
  const generation = ranges?.live.get(served.sequence);
  if (ranges === undefined || shards === undefined || generation === undefined) return undefined;
  if (!isExhausted(ranges, shards, generation, served.id, nowMs)) return undefined;
  const message = `sequence ${served.sequence} has given out all of its ${generation.capacity} values`;
  return () => new SequenceError('SEQ_EXHAUSTED', message, { sequence: served.sequence, stock: served.stock.available });
}
