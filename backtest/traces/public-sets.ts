/** Public data sets that are not shipped, read as anybody's own files are: New York's taxis, Azure's language model, the M4 competition. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readDataFile } from '../accuracy/data-file.ts';
import { parseM4Rows } from '../accuracy/m4-layout.ts';
import { collectDemand } from '../sources/collected-demand.ts';
import { CountReader } from '../sources/count-reader.ts';
import { readCsvDemand } from '../sources/csv-demand.ts';
import type { DemandSet } from '../sources/demand-source.ts';
import { START_MS } from './demand-seconds.ts';

interface SetOptions {
  readonly dataDir: string;
  readonly factor: number;
  readonly seed: number | undefined;
}

const HOUR_MS = 3_600_000;
/** The whole competition has 100,000 series. */
const STREAMS_MAX = 100_000;
const SPREAD_SEED = 1;

export async function taxi(options: SetOptions): Promise<DemandSet | undefined> {
  return csv(options, 'nab/nyc_taxi.csv.gz', 'counts');
}

export async function azure(options: SetOptions): Promise<DemandSet | undefined> {
  return csv(options, 'azure-llm/AzureLLMInferenceTrace_code.csv.gz', 'events');
}

/** One stream a series. Nobody says when they began: all begin on the same Monday. */
export async function m4({ dataDir, factor, seed = SPREAD_SEED }: SetOptions): Promise<DemandSet | undefined> {
  const path = join(dataDir, 'm4/Hourly-train.csv.gz');
  if (!existsSync(path)) return undefined;
  const series = parseM4Rows(readDataFile(path));
  const source = {
    from: path,
    async read(sink: { add(stream: string, timeMs: number, count: number, row: number): void }) {
      const counts = new CountReader();
      for (const [row, { id, values }] of series.entries()) {
        values.forEach((value, hour) => {
          sink.add(id, START_MS + hour * HOUR_MS, counts.whole(value), row + 1);
        });
      }
      return counts.repairs();
    },
  };
  return collectDemand(source, { cellMs: HOUR_MS, originMs: START_MS, sortWindowMs: 0, maxStreams: STREAMS_MAX, seed, factor });
}

/** Both were written down without a zone: hours of the day stay those of the clock beside the machine. */
async function csv(
  { dataDir, factor, seed = SPREAD_SEED }: SetOptions,
  file: string,
  rows: 'events' | 'counts',
): Promise<DemandSet | undefined> {
  const path = join(dataDir, file);
  if (!existsSync(path)) return undefined;
  const options = { rows, columns: {}, timeZone: 'UTC', dropRepeatedLines: false, sortWindowMs: 0, maxStreams: 1, seed, factor };
  return readCsvDemand(path, options);
}
