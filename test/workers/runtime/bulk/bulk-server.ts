/** A seqcast with bulk jobs on a directory of its own, and the files that they write, read back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import type { JobView } from '../../../../pipelines/ports.ts';
import { type OpenOptions, open } from '../../../../workers/embedded.ts';
import type { Seqcast } from '../../../../workers/runtime/service/seqcast.ts';
import { scratchDirectory } from '../../embedded/scratch-directory.ts';

export interface BulkServer {
  readonly seqcast: Seqcast;
  readonly dataDir: string;
  readonly bulkDir: string;
}

export async function bulkServer(dataDir: string = scratchDirectory(), more: Partial<OpenOptions> = {}): Promise<BulkServer> {
  const bulkDir = join(dataDir, 'bulk');
  const onProblem = (error: unknown): never => {
    throw error;
  };
  const analytics = { archiveDir: join(dataDir, 'archive'), onProblem };
  const seqcast = await open({ dataDir, bulk: { dir: bulkDir, onProblem }, analytics, ...more });
  onTestFinished(() => seqcast.close());
  return { seqcast, dataDir, bulkDir };
}

export async function ended(seqcast: Seqcast, job: string): Promise<JobView> {
  for (;;) {
    const view = await seqcast.job(job);
    if (view.state === 'done' || view.state === 'dead') return view;
    await pause(20);
  }
}

/** Rows of a query by DuckDB itself, not by what wrote the file. */
export async function rowsOf(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}
