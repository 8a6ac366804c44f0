/**
 * The mark of a restore that has begun: until it is over, part of the sequences may still give out values again, so nobody but the
 * restoring process opens the directory for writing. A restore that was interrupted is run again; it begins where it ended.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import { syncDirectory } from './witness.ts';

function markFile(dataDir: string): string {
  return join(dataDir, 'seqcast.restoring');
}

/** Durable before anything is changed. A witness of more than is left is put aside: the restore makes up for what is missing. */
export function beginRestoring(dataDir: string): void {
  const file = openSync(markFile(dataDir), 'w');
  try {
    writeSync(file, `${process.pid}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const witness = join(dataDir, 'seqcast.witness');
  if (existsSync(witness)) renameSync(witness, `${witness}.before-restore`);
  syncDirectory(dataDir);
}

export function endRestoring(dataDir: string): void {
  rmSync(markFile(dataDir), { force: true });
  syncDirectory(dataDir);
}

export function checkRestored(dataDir: string): void {
  const file = markFile(dataDir);
  if (!existsSync(file) || readFileSync(file, 'utf8').trim() === String(process.pid)) return;
  const message = `a restore of ${dataDir} was begun and is not finished: run \`seqcast restore\` again`;
  throw new SequenceError('SEQ_DATA_DIR_UNUSABLE', message, { file });
}
