/** A data directory of its own for a test, removed when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type OpenOptions, open } from '../../../workers/embedded.ts';
import type { Seqcast } from '../../../workers/runtime/service/seqcast.ts';

export function scratchDirectory(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-test-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** Opened on a fresh directory (or the given one) and closed when the test ends. */
export async function opened(options: Partial<OpenOptions> = {}): Promise<Seqcast> {
  const seqcast = await open({ dataDir: options.dataDir ?? scratchDirectory(), ...options });
  onTestFinished(() => seqcast.close());
  return seqcast;
}

/** All values of an answer, in the order they are to be used. */
export async function valuesOf(
  seqcast: Seqcast,
  sequence: string,
  count: number,
  caller: { clientType?: string; service?: string } = {},
): Promise<bigint[]> {
  const { blocks } = await seqcast.next({ sequence, count, ...caller });
  return blocks.flatMap(({ start, count: size, increment }) => Array.from({ length: size }, (_, i) => start + BigInt(i) * increment));
}
