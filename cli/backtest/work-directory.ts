/**
 * Where a backtest keeps what it finished: the directory that was named, or one of its own that goes when all is done. Ctrl-C leaves it,
 * and the way to go on is said.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FinishedCells, openFinishedCells } from '../../backtest/orchestration/finished-cells.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { BacktestProgress, Interrupted } from './progress.ts';

/** A minute's work and more: seconds of one stream under one policy. */
const LONG_S = 30e6;

export interface KeptWork {
  readonly finished: FinishedCells;
  readonly progress: BacktestProgress;
}

/** Runs `work`; nothing where it was interrupted, which has been said then. */
export async function withWorkDirectory<T>(
  cli: CliContext,
  { resume, total }: { readonly resume: string | undefined; readonly total: number },
  work: (kept: KeptWork) => Promise<T>,
): Promise<T | undefined> {
  const directory = resume ?? mkdtempSync(join(tmpdir(), 'seqcast-backtest-'));
  const finished = openFinishedCells(directory);
  if (finished.count > 0) cli.err.write(`${finished.count} finished parts are taken over from ${directory}\n`);
  else if (total > LONG_S)
    cli.err.write(`what is finished is kept in ${directory}: after an end of any kind, --resume ${directory} goes on\n`);
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    // A part may take long: whoever asks again means it.
    forget();
    cli.err.write('\nending after the part that is running; once more ends at once\n');
  };
  const forget = (): void => {
    cli.signals.off('SIGINT', stop);
    cli.signals.off('SIGTERM', stop);
  };
  cli.signals.on('SIGINT', stop);
  cli.signals.on('SIGTERM', stop);
  const progress = new BacktestProgress({ err: cli.err, total, isStopped: () => isStopped });
  try {
    const result = await work({ finished, progress });
    if (resume === undefined) rmSync(directory, { recursive: true, force: true });
    return result;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.end();
    cli.err.write(`interrupted: the same command with --resume ${directory} goes on from here\n`);
    cli.exitCode = EXIT_CODES.failed.code;
    return undefined;
  } finally {
    progress.end();
    forget();
  }
}
