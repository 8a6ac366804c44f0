/** Archives in directories of their own, closed and gone when a test is over. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openArchive } from '../../../adapters/duckdb/archive.ts';
import type { Archive, ArchiveBatch } from '../../../pipelines/ports.ts';

export const DAY = '2026-11-25';

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function openedArchive(dir = newDirectory()): Promise<Archive> {
  const archive = await openArchive({ dir });
  onTestFinished(() => archive.close());
  return archive;
}

export function batchOf(batch: string, of: readonly number[], more: Partial<ArchiveBatch> = {}): ArchiveBatch {
  return {
    table: 'consumption',
    sequence: 's',
    day: DAY,
    batch,
    rows: of.map((minute) => ({ minute_ms: minute, stream: 's/a/b', issued: 1 })),
    ...more,
  };
}

/** Every file below a directory, by its path in it. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
