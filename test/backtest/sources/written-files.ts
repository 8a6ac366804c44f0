/** Files of demand for tests, in a directory of their own, and what is read from them second by second. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type DemandSet, wholeOf } from '../../../backtest/sources/demand-source.ts';
import type { TableOptions } from '../../../backtest/sources/rowed-demand.ts';

export const PLAIN: TableOptions = { columns: {}, dropRepeatedLines: false, sortWindowMs: 60_000, maxStreams: 1_000, seed: 1 };

/** Gives back a function that writes a file and says where. */
export function writtenFiles(): (name: string, content: string | Uint8Array) => string {
  const directory = mkdtempSync(join(tmpdir(), 'demand-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  return (name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
}

/** By stream: second since the start of the set → values, without the seconds in which nothing was asked for. */
export async function secondsOf(set: DemandSet): Promise<Record<string, Record<number, number>>> {
  const all: Record<string, Record<number, number>> = {};
  for (const source of set.streams) {
    const { counts } = await wholeOf(source);
    all[source.name] = Object.fromEntries([...counts].map((count, second) => [second, count] as const).filter(([, count]) => count > 0));
  }
  return all;
}
