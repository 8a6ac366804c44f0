/** A thread that runs batches of seeds, from the side of who asks it. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SequenceError } from '../../core/errors.ts';
import type { BatchEnd, SeedBatch } from '../../simulator/seed-batch.ts';

export class SeedThread {
  readonly #worker = startThread();

  /** One at a time. Rejects with what the thread died of. */
  run(batch: SeedBatch): Promise<BatchEnd> {
    return new Promise((resolve, reject) => {
      const heard = (end: BatchEnd): void => {
        this.#worker.off('error', died);
        resolve(end);
      };
      const died = (error: unknown): void => {
        this.#worker.off('message', heard);
        reject(error);
      };
      this.#worker.once('message', heard).once('error', died).postMessage(batch);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function startThread(): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(fromSource ? '../../dist/cli/simulation/seed-thread.js' : './seed-thread.js', import.meta.url);
  if (!existsSync(url)) throw new SequenceError('SEQ_INTERNAL', 'the thread of simulated seeds is not built: run `npm run build`');
  return new Worker(url, { execArgv: [], name: 'seqcast-seeds' });
}
