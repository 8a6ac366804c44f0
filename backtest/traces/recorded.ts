/**
 * Recorded demand from a directory of public data sets that is not shipped: NASA's web server per second, and the mentions of
 * companies on Twitter per five minutes (Numenta Anomaly Benchmark), multiplied. Without the directory NASA's seconds are drawn
 * from the minutes that are bundled, and the others are left out.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { seededRng } from '../../core/rng.ts';
import { dataError, readDataFile } from '../accuracy/data-file.ts';
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
  const counts = Uint32Array.from(linesOf(file), (text, at) => wholeNumber(text, file, at + 1) * factor);
  return { name, startMs: NASA_START_MS, counts, seasonal: true };
}

const SMOOTHED_FACTOR = 1_000;
const SMOOTHED_S = 60;
const SMOOTHED_SEED = 16;

/**
 * A thousand servers such as NASA's, each visited by others: independent arrivals around a thousand times the mean of the minute around
 * each second. Multiplied alone, seconds would be as rough as one server's.
 */
export function nasaSmoothed(dataDir: string, seed = SMOOTHED_SEED): DemandSeconds {
  const { startMs, counts, seasonal } = nasa(dataDir);
  const rng = seededRng(seed);
  const smoothed = new Uint32Array(counts.length);
  let sum = 0;
  for (let ahead = 0; ahead < SMOOTHED_S / 2; ahead++) sum += counts[ahead] ?? 0;
  for (let second = 0; second < counts.length; second++) {
    const [from, until] = [Math.max(0, second - SMOOTHED_S / 2), Math.min(counts.length, second + SMOOTHED_S / 2)];
    smoothed[second] = poisson((SMOOTHED_FACTOR * sum) / (until - from), rng);
    sum += (counts[second + SMOOTHED_S / 2] ?? 0) - (counts[second - SMOOTHED_S / 2] ?? 0);
  }
  return { name: 'nasa1000s', startMs, counts: smoothed, seasonal };
}

/** Mentions of a ticker times `factor`, as independent arrivals within each five minutes; nothing where the file is missing. */
export function twitter(dataDir: string, ticker: string, factor: number): DemandSeconds | undefined {
  const file = join(dataDir, `nab/Twitter_volume_${ticker}.csv.gz`);
  if (!existsSync(file)) return undefined;
  const rng = seededRng(NAB_SEED);
  const [, ...lines] = linesOf(file);
  const counts = new Uint32Array(lines.length * NAB_BIN_S);
  lines.forEach((line, bin) => {
    const mean = (wholeNumber(line.split(',')[1] ?? '', file, bin + 2) * factor) / NAB_BIN_S;
    for (let second = bin * NAB_BIN_S; second < (bin + 1) * NAB_BIN_S; second++) counts[second] = poisson(mean, rng);
  });
  const firstMs = Date.parse(`${lines[0]?.split(',')[0]?.replace(' ', 'T')}Z`);
  const startMs = firstMs - (firstMs % START_STEP_MS);
  return { name: `${ticker.toLowerCase()}${factor}`, startMs, counts, seasonal: false };
}

function linesOf(file: string): string[] {
  return readDataFile(file).text.trim().split('\n');
}

function wholeNumber(text: string, file: string, line: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0) throw dataError(file, `"${text}" is no count`, line);
  return value;
}
