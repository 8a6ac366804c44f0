/**
 * Recorded demand from a directory of public data sets that is not shipped: NASA's web server per second, and the mentions of
 * companies on Twitter per five minutes (Numenta Anomaly Benchmark), multiplied. Without the directory NASA's seconds are drawn
 * from the minutes that are bundled, and the others are left out.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SequenceError } from '../../core/errors.ts';
import { seededRng } from '../../core/rng.ts';
import { spreadDemand } from '../demand.ts';
import { type DemandSeconds, poisson } from './demand-seconds.ts';
import { loadNasaTrace } from './nasa.ts';

/** The server's local midnight, read as if it were UTC. */
const NASA_START_MS = Date.UTC(1995, 6, 1);
const SPREAD_SEED = 7;
const NAB_BIN_S = 300;
const NAB_SEED = 8;
/** Bins of ten seconds start at multiples of it. */
const START_STEP_MS = 10_000;

export function nasa(dataDir: string, factor = 1): DemandSeconds {
  const name = factor === 1 ? 'nasa' : `nasa${factor}`;
  const file = join(dataDir, 'nasa/http_requests_per_second_1995-07.txt.gz');
  if (!existsSync(file)) {
    const { counts } = spreadDemand(loadNasaTrace(), { factor, sliceMs: 1_000, seed: SPREAD_SEED });
    return { name: `${name} (minutes)`, startMs: NASA_START_MS, counts, seasonal: true };
  }
  const counts = Uint32Array.from(linesOf(file), (line) => wholeNumber(line, file) * factor);
  return { name, startMs: NASA_START_MS, counts, seasonal: true };
}

/** Mentions of a ticker times `factor`, as independent arrivals within each five minutes; nothing where the file is missing. */
export function twitter(dataDir: string, ticker: string, factor: number): DemandSeconds | undefined {
  const file = join(dataDir, `nab/Twitter_volume_${ticker}.csv.gz`);
  if (!existsSync(file)) return undefined;
  const rng = seededRng(NAB_SEED);
  const [, ...lines] = linesOf(file);
  const counts = new Uint32Array(lines.length * NAB_BIN_S);
  lines.forEach((line, bin) => {
    const mean = (wholeNumber(line.split(',')[1] ?? '', file) * factor) / NAB_BIN_S;
    for (let second = bin * NAB_BIN_S; second < (bin + 1) * NAB_BIN_S; second++) counts[second] = poisson(mean, rng);
  });
  const firstMs = Date.parse(`${lines[0]?.split(',')[0]?.replace(' ', 'T')}Z`);
  const startMs = firstMs - (firstMs % START_STEP_MS);
  return { name: `${ticker.toLowerCase()}${factor}`, startMs, counts, seasonal: false };
}

function linesOf(file: string): string[] {
  return gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
}

function wholeNumber(text: string, file: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new SequenceError('SEQ_DATA_CORRUPT', `${file}: "${text}" is no count`);
  return value;
}
