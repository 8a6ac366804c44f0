/**
 * Ten million values into a Parquet file, from the order of the job to its end, against DuckDB alone writing the same column with the same
 * settings: what knowing who got each value costs.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { loadDuckDB } from '../adapters/duckdb/engine.ts';
import { open } from '../workers/embedded.ts';
import type { Seqcast } from '../workers/runtime/service/seqcast.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const VALUES = 10_000_000;
const ROUNDS = 5;
const RATIO_MIN = 0.7;
const SECONDS_MAX = 10;
/** Each look costs the storage thread a read. */
const LOOK_MS = 5;
const MS_PER_S = 1_000;

export async function run(): Promise<BenchResult[]> {
  const directory = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const onProblem = (error: unknown): never => {
    throw error;
  };
  const dir = join(directory, 'bulk');
  const seqcast = await open({ dataDir: join(directory, 'data'), bulk: { dir, onProblem } });
  try {
    await seqcast.create('orders', {});
    return await rounds(seqcast, dir, directory);
  } finally {
    await seqcast.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function rounds(seqcast: Seqcast, dir: string, directory: string): Promise<BenchResult[]> {
  const ours: number[] = [];
  const alone: number[] = [];
  let bytes = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const first = VALUES * round + 1;
    const aloneMs = await elapsed(() => writtenAlone(join(directory, `alone-${round}.parquet`), first));
    const ourMs = await elapsed(() => issued(seqcast, `ids-${round}.parquet`));
    bytes = (await stat(join(dir, `ids-${round}.parquet`))).size;
    // The first round warms both up.
    if (round === 0) continue;
    ours.push(ourMs);
    alone.push(aloneMs);
  }
  const ratio = median(ours.map((ms, index) => (alone[index] as number) / ms));
  const seconds = median(ours) / MS_PER_S;
  return [
    {
      name: 'bulk',
      value: VALUES / seconds,
      unit: 'values/s into Parquet, from the order to the end of the job',
      baseline: (VALUES / median(alone)) * MS_PER_S,
      ratio,
      target: `>= ${RATIO_MIN} x`,
      kept: ratio >= RATIO_MIN,
      note: `baseline: DuckDB alone, one thread, the same compression; ${bytes} bytes a file`,
    },
    {
      name: 'bulk-10m',
      value: seconds,
      unit: 's for 10 M values',
      baseline: 0,
      ratio: 0,
      target: `<= ${SECONDS_MAX} s`,
      kept: seconds <= SECONDS_MAX,
    },
  ];
}

async function issued(seqcast: Seqcast, file: string): Promise<void> {
  const { job } = await seqcast.issue({ sequence: 'orders', count: VALUES, file });
  for (;;) {
    const { state, error } = await seqcast.job(job);
    if (state === 'done') return;
    if (state === 'dead') throw new Error(error);
    await pause(LOOK_MS);
  }
}

async function writtenAlone(file: string, first: number): Promise<void> {
  const { DuckDBInstance } = await loadDuckDB();
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '256MB', threads: '1' });
  const connection = await instance.connect();
  const values = `SELECT range AS value FROM range(${first}, ${first + VALUES})`;
  await connection.run(`COPY (${values}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
  connection.closeSync();
  instance.closeSync();
}

async function elapsed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
