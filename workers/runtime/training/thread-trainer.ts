/** Trains in a worker thread, so that the thread that gives out values waits for nothing. One thread per training, gone at its end. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SequenceError } from '../../../core/errors.ts';
import type { TrainingHooks, TrainingOutcome, TrainingRequest } from './trainer.ts';
import type { FromTrainingThread, ToTrainingThread, TrainingThreadOptions } from './training-words.ts';

/** Histories lie outside the heap; what is beside them is small, and a leak must not take the process along. */
const HEAP_MEGABYTES = 1_024;

/** A `Trainer`. Rejects with `SEQ_INTERNAL` where the training failed or the thread died. */
export function trainInThread(request: TrainingRequest, hooks: TrainingHooks): Promise<TrainingOutcome> {
  return new Promise((resolve, reject) => {
    const worker = startThread({ request });
    hooks.onStop(() => worker.postMessage('stop' satisfies ToTrainingThread));
    let outcome: TrainingOutcome | undefined;
    let failure: string | undefined;
    worker.on('message', (word: FromTrainingThread) => {
      try {
        if (word.kind === 'progress') hooks.onProgress(word.progress);
        if (word.kind === 'checkpoint') hooks.onCheckpoint(word.progress, word.bytes);
        if (word.kind === 'note') hooks.onNote(word.text);
        if (word.kind === 'ended') outcome = word.outcome;
        if (word.kind === 'failed') failure = word.message;
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        void worker.terminate();
      }
    });
    worker.on('error', (error) => {
      failure ??= error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (code) => {
      if (outcome !== undefined && failure === undefined) resolve(outcome);
      else reject(new SequenceError('SEQ_INTERNAL', `the training failed: ${failure ?? `its thread ended with ${code}`}`));
    });
  });
}

function startThread(options: TrainingThreadOptions): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(fromSource ? '../../../dist/workers/runtime/training/training-thread.js' : './training-thread.js', import.meta.url);
  if (!existsSync(url)) throw new SequenceError('SEQ_INTERNAL', 'the training thread is not built: run `npm run build`');
  const buffers = options.request.histories.flatMap(({ demand, outages }) => [demand, ...(outages === undefined ? [] : [outages])]);
  return new Worker(url, {
    workerData: options,
    // Handed over and not copied: they may have a hundred megabytes.
    transferList: [...new Set(buffers.map(({ buffer }) => buffer as ArrayBuffer))],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    execArgv: [],
    name: 'seqcast-training',
  });
}
