/** Writes the newest progress of a job, one write at a time: a handler that reports in a loop costs no more than the engine takes. */
import { progressShare } from './job-rules.ts';

export interface ProgressWriter {
  report(share: number): void;
  /** Resolves when nothing more will be written. */
  stop(): Promise<void>;
}

/** `write` may fail: progress that could not be written is only less to see. */
export function startProgress(write: (share: number) => Promise<unknown>): ProgressWriter {
  let newest: number | undefined;
  let writing: Promise<void> | undefined;
  let stopped = false;

  async function writeOn(): Promise<void> {
    while (newest !== undefined) {
      const share = newest;
      newest = undefined;
      await write(share).catch(() => undefined);
    }
    writing = undefined;
  }

  return {
    report(share) {
      if (stopped) return;
      newest = progressShare(share);
      writing ??= writeOn();
    },
    async stop() {
      stopped = true;
      await writing;
    },
  };
}
