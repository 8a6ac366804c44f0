/** A bulk issue as rows of the archive: who, when, how many, into which file, and each range of values. */
import type { ValueRun } from '../../../adapters/duckdb/bulk-files.ts';
import type { ArchiveBatch, ArchiveRow } from '../../../pipelines/ports.ts';
import { type BulkOrder, targetOf } from './bulk-order.ts';
import type { Begun } from './checkpoint.ts';

export interface IssueMade {
  readonly job: string;
  readonly order: BulkOrder;
  readonly begun: Begun;
  readonly stream: string;
  readonly runs: readonly ValueRun[];
}

/** Named after the job: written again, it replaces itself. */
export function issueBatches(made: IssueMade): ArchiveBatch[] {
  const { job, order, begun, runs } = made;
  const day = new Date(begun.atMs).toISOString().slice(0, '2026-11-25'.length);
  const rows = runs.map((run, range) => rowOf(made, run, range));
  return rows.length === 0 ? [] : [{ table: 'issues', sequence: order.sequence, day, batch: job, rows }];
}

function rowOf({ job, order, begun, stream }: IssueMade, { start, count, increment }: ValueRun, range: number): ArchiveRow {
  return {
    at_ms: Math.round(begun.atMs),
    job,
    kind: order.kind,
    stream,
    client_type: order.clientType,
    service: order.service,
    file: targetOf(order),
    format: order.format,
    total: begun.count,
    range,
    generation: begun.generation,
    first_value: start,
    last_value: start + BigInt(count - 1) * increment,
    increment,
    count,
  };
}
