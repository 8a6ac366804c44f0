/** Writes what a command was asked to write beside its answer; a path that cannot be written names its option. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { SequenceError } from '../../core/errors.ts';

export function writeWhole(option: string, path: string, text: string): void {
  // Whoever looks at it meanwhile sees the former one.
  const growing = `${path}.writing`;
  try {
    writeFileSync(growing, text);
    renameSync(growing, path);
  } catch (error) {
    rmSync(growing, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new SequenceError('SEQ_CONFIG_INVALID', `${option} ${path} cannot be written (${reason}): name another file`);
  }
}
