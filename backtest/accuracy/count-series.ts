/**
 * Reads a count series: a CSV of `timestamp,value`, one row a bin, as NAB's. The length of a bin is the commonest distance of two
 * rows; times are moved back to where their bin begins. A bin without a row is an outage: nobody knows what was asked for in it.
 */
import type { SeriesHistory } from '../../models/contract.ts';
import { commonestDistance } from '../sources/regular-step.ts';
import { type DataFile, dataError } from './data-file.ts';

/** Two million points is the longest history that forecasters have to bear. */
const BINS_MAX = 2_100_000;
const HEADER = /^timestamp,value\s*$/i;
const TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:[.]\d+)?)?)(Z)?$/;

export function parseCountSeries(file: Pick<DataFile, 'name' | 'text'>): SeriesHistory {
  const { times, values } = parsedRows(file);
  const binMs = commonestDistance(times);
  if (binMs === undefined) throw dataError(file.name, 'all rows have the same time');
  const startMs = Math.floor((times[0] as number) / binMs) * binMs;
  const bins = Math.floor(((times.at(-1) as number) - startMs) / binMs) + 1;
  if (bins > BINS_MAX) throw dataError(file.name, `its rows span ${bins} bins of ${binMs} ms; at most ${BINS_MAX} are read`);
  const demand = new Float64Array(bins);
  const outages = new Uint8Array(bins).fill(1);
  times.forEach((time, row) => {
    const bin = Math.floor((time - startMs) / binMs);
    // Two rows of one bin, as where a clock was put right, are one demand.
    demand[bin] = (demand[bin] ?? 0) + (values[row] ?? 0);
    outages[bin] = 0;
  });
  const key = file.name.replace(/[.]gz$/, '').replace(/[.]csv$/, '');
  return { key, binMs, startMs, demand, ...(outages.includes(1) ? { outages } : {}) };
}

function parsedRows({ name, text }: Pick<DataFile, 'name' | 'text'>): { times: number[]; values: number[] } {
  const times: number[] = [];
  const values: number[] = [];
  const lines = text.split('\n');
  if (!HEADER.test(lines[0] ?? '')) throw dataError(name, 'the header timestamp,value is expected', 1);
  for (let line = 1; line < lines.length; line++) {
    const row = (lines[line] ?? '').trim();
    if (row === '') continue;
    const comma = row.indexOf(',');
    const time = timeOf(row.slice(0, comma));
    const value = comma === -1 || row.slice(comma + 1).trim() === '' ? NaN : Number(row.slice(comma + 1));
    if (Number.isNaN(time)) throw dataError(name, `"${row}": a time such as 2015-02-26 21:42:53 is expected first`, line + 1);
    if (!Number.isFinite(value) || value < 0) throw dataError(name, `"${row}": a number from 0 is expected second`, line + 1);
    if (time < (times.at(-1) ?? -Infinity)) throw dataError(name, 'times must not go back', line + 1);
    if (times.length >= BINS_MAX) throw dataError(name, `more than ${BINS_MAX} rows`, line + 1);
    times.push(time);
    values.push(value);
  }
  if (times.length < 2) throw dataError(name, 'at least two rows are needed to know the length of a bin');
  return { times, values };
}

/** Times without a zone are read as if they were UTC: hours of the day stay those of whoever wrote them down. */
function timeOf(text: string): number {
  const parts = TIME.exec(text.trim());
  return parts === null ? NaN : Date.parse(`${parts[1]}T${parts[2]}Z`);
}
