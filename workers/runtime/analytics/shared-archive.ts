/**
 * The archive as a gateway of several processes reads it: the directory that the jobs workers write to, where it was told of one. Opened at
 * the first question, because its engine is large.
 */
import { join } from 'node:path';
import type { Archive } from '../../../pipelines/ports.ts';
import type { ProcessParts } from '../shared/process-parts.ts';
import { ArchiveQuestions } from './archive-questions.ts';

export interface SharedArchive {
  readonly questions: ArchiveQuestions;
  close(): Promise<void>;
}

export function sharedArchive({ config, log, partitionCount, clock }: ProcessParts): SharedArchive {
  // A process that also works the jobs has one in its data directory.
  const own = config.roles.split(',').includes('jobs') ? join(config.dataDir, 'archive') : undefined;
  const dir = config.archiveDir ?? own;
  let opened: Promise<Archive> | undefined;
  const open = async (at: string): Promise<Archive> => {
    const { openArchive } = await import('../../../adapters/duckdb/archive.ts');
    return await openArchive({ dir: at });
  };
  const archive = async (): Promise<Archive | undefined> => {
    if (dir === undefined) return undefined;
    opened ??= open(dir).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return await opened;
  };
  const missing = 'start this gateway with --archive-dir, on the storage that the jobs workers write to';
  return {
    questions: new ArchiveQuestions({ archive, missing, log, partitionCount, nowMs: () => clock.nowMs() }),
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}
