/** The archive of Parquet files against its conformance kit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { openArchive } from '../../adapters/duckdb/archive.ts';
import type { Archive } from '../../pipelines/ports.ts';
import { archiveKit } from './archive-kit.ts';
import type { Harness } from './harness.ts';

describe('the archive of Parquet files', () => archiveKit(parquetFiles()));

function parquetFiles(): Harness<Archive> {
  const directories = new Map<Archive, string>();

  async function openIn(dir: string): Promise<Archive> {
    const archive = await openArchive({ dir });
    directories.set(archive, dir);
    return archive;
  }

  return {
    open: () => openIn(mkdtempSync(join(tmpdir(), 'seqcast-'))),
    async reopen(current) {
      await current.close();
      return openIn(directories.get(current) ?? '');
    },
    async close(current) {
      await current.close();
      rmSync(directories.get(current) ?? '', { recursive: true, force: true });
    },
  };
}
