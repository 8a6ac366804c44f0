/**
 * Demand from the archive of a data directory: what every stream was asked for, minute by minute. Within a minute values fall on seconds by
 * chance, as independent arrivals would: the archive does not know more.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { archiveMinutes } from '../../adapters/duckdb/archive-minutes.ts';
import { collectDemand, type RowSink } from '../../backtest/sources/collected-demand.ts';
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { type DemandSettings, SPREAD_SEED } from './demand-options.ts';

const MINUTE_MS = 60_000;
/** A minute that lies in two hours of the log is in both of their files. */
const SORT_WINDOW_MS = 10 * MINUTE_MS;

export async function openArchiveDemand(spec: string, directory: string, settings: DemandSettings): Promise<DemandSet> {
  const inside = join(directory, 'archive');
  const root = existsSync(inside) ? inside : directory;
  const source = {
    from: spec,
    rowWord: 'row',
    async read(sink: RowSink) {
      let row = 0;
      for await (const { stream, minuteMs, demanded } of archiveMinutes(root)) sink.add(stream, minuteMs, demanded, ++row);
      return ['the archive counts minutes: their values were spread over seconds by chance'];
    },
  };
  const { seed = SPREAD_SEED, maxStreams, onRows } = settings;
  const options = { cellMs: MINUTE_MS, originMs: 0, sortWindowMs: SORT_WINDOW_MS, maxStreams, seed, gapsAreUsual: true, onRows };
  return collectDemand(source, options);
}
