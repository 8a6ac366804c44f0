/** Demand from a file: its name says what it is, or `--format` does. */
import { readCountLines } from '../../backtest/sources/count-lines.ts';
import { readCsvDemand } from '../../backtest/sources/csv-demand.ts';
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { readTableDemand } from '../../backtest/sources/demand-table.ts';
import { SequenceError } from '../../core/errors.ts';
import { DEMAND_FORMATS, type DemandFormat, type DemandSettings, SPREAD_SEED } from './demand-options.ts';

const SECOND_MS = 1_000;
/** Where rows are events or counts, the file itself shows which. */
const BY_ENDING: Readonly<Record<string, DemandFormat | 'table'>> = { csv: 'table', tsv: 'table', txt: 'lines', parquet: 'parquet' };

export async function openFile(path: string, settings: DemandSettings): Promise<DemandSet> {
  const ending =
    path
      .replace(/[.]gz$/i, '')
      .match(/[.](\w+)$/)?.[1]
      ?.toLowerCase() ?? '';
  const format = settings.format ?? BY_ENDING[ending];
  if (format === undefined) {
    const known = DEMAND_FORMATS.join(', ');
    throw new SequenceError('SEQ_CONFIG_INVALID', `${path}: its name does not say what it holds; --format does: ${known}`);
  }
  const seed = settings.seed ?? SPREAD_SEED;
  if (format === 'lines') return readCountLines(path, { ...settings, seed, binMs: settings.binMs ?? SECOND_MS });
  const rows = format === 'events' || format === 'counts' ? format : undefined;
  if (format === 'parquet' || ending === 'parquet') {
    const { withParquetTable } = await import('../../adapters/duckdb/parquet-table.ts');
    return readTableDemand(path, (work) => withParquetTable(path, work), { ...settings, seed, rows });
  }
  return readCsvDemand(path, { ...settings, seed, rows });
}
