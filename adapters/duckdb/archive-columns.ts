/**
 * The tables of the archive: their columns, what each holds, and the order that rows are read in. A file that was written before a column
 * existed reads as null there; a column may be added, never renamed or given another kind.
 *
 * `sequence` and `day` belong to every row and are no columns of the files: they are the names of the directories.
 */
import { SequenceError } from '../../core/errors.ts';
import { VALUE_MAX, VALUE_MIN } from '../../core/limits.ts';
import type { ArchiveRow, ArchiveTable, ArchiveValue } from '../../pipelines/ports.ts';

/**
 * `whole`: a safe integer (counts, ordinals, milliseconds), read back as a number. `value`: a value of a sequence, any 64-bit integer, read
 * back as a bigint. Both are BIGINT in the files, which holds every one of them exactly.
 */
export type ColumnKind = 'text' | 'whole' | 'value' | 'real';

interface TableShape {
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Time first; the rest makes the order the same every time. */
  readonly order: readonly string[];
}

// biome-ignore format: one row a group of columns reads as the table it is.
export const ARCHIVE_TABLES: Readonly<Record<ArchiveTable, TableShape>> = {
  consumption: {
    order: ['minute_ms', 'sequence', 'stream', 'day', 'to_ms'],
    columns: {
      minute_ms: 'whole', stream: 'text', pool: 'text', incarnation: 'text', from_ms: 'whole', to_ms: 'whole', events: 'whole',
      issued: 'whole', returned: 'whole', requests: 'whole', stalls: 'whole', demanded: 'whole',
      peak_per_second: 'real', largest_request: 'whole', lead_time_ms: 'real', stock: 'whole', waiting: 'whole',
    },
  },
  shards: {
    order: ['at_ms', 'sequence', 'log_partition', 'record_offset', 'shard'],
    columns: {
      at_ms: 'whole', event: 'text', stream: 'text', pool: 'text', incarnation: 'text',
      log_partition: 'whole', record_offset: 'whole', shard: 'whole', generation: 'whole',
      start_ordinal: 'whole', end_ordinal: 'whole', size: 'whole', first_value: 'value', last_value: 'value', because: 'text',
      order_number: 'whole', trigger: 'text', stock_position: 'whole', reorder_point: 'whole', order_up_to: 'whole', rate: 'real',
      reserve: 'text', forecast_at_ms: 'whole', decided_at_ms: 'whole',
    },
  },
  forecasts: {
    order: ['minute_ms', 'sequence', 'stream', 'day', 'cutoff_ms'],
    columns: {
      minute_ms: 'whole', cutoff_ms: 'whole', stream: 'text', pool: 'text', model: 'text', rate: 'real', mean_sqrt_rate: 'real',
      request_size: 'whole', lead_time_ms: 'real', stock: 'whole', waiting: 'whole', shard_size: 'whole',
      horizon_ms: 'real', median: 'real', upper: 'real', cap: 'real', insured: 'real',
      ride_through_ms: 'real', ride_through_median: 'real', ride_through_upper: 'real', ride_through_cap: 'real', ride_through_insured: 'real',
    },
  },
  issues: {
    order: ['at_ms', 'sequence', 'job', 'range'],
    columns: {
      at_ms: 'whole', job: 'text', kind: 'text', stream: 'text', client_type: 'text', service: 'text', file: 'text', format: 'text',
      total: 'whole', range: 'whole', generation: 'whole', first_value: 'value', last_value: 'value', increment: 'value', count: 'whole',
    },
  },
};

export const TABLE_NAMES = Object.keys(ARCHIVE_TABLES) as readonly ArchiveTable[];

/** What DuckDB calls each kind. */
export const SQL_TYPES: Readonly<Record<ColumnKind, string>> = { text: 'VARCHAR', whole: 'BIGINT', value: 'BIGINT', real: 'DOUBLE' };

/** Throws `SEQ_INVALID_REQUEST` naming the row and the column where rows do not fit their table; `first` is the number of the first row. */
export function checkRows(table: ArchiveTable, rows: readonly ArchiveRow[], first: number): void {
  const { columns } = ARCHIVE_TABLES[table];
  for (const [index, row] of rows.entries()) {
    for (const [column, value] of Object.entries(row)) {
      const kind = Object.hasOwn(columns, column) ? columns[column] : undefined;
      if (kind === undefined) throw misfit(table, first + index, column, 'is no column of the table');
      if (value !== null && !fits(kind, value)) throw misfit(table, first + index, column, `is no ${kind}: ${String(value).slice(0, 80)}`);
    }
  }
}

function fits(kind: ColumnKind, value: NonNullable<ArchiveValue>): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'real':
      return typeof value === 'number';
    case 'whole':
      return Number.isSafeInteger(value);
    case 'value':
      return typeof value === 'bigint' && value >= VALUE_MIN && value <= VALUE_MAX;
  }
}

function misfit(table: ArchiveTable, row: number, column: string, how: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', `row ${row} for the archive's ${table}: ${column} ${how}`, { table, row, column });
}
