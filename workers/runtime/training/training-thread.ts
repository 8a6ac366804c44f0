/**
 * The training thread: an hour of arithmetic beside the process that gives out values. It ends when the training does, and with it goes
 * all memory that the backend took.
 */
import { constants, setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../core/assertion.ts';
import { trainLstm } from './lstm-training.ts';
import type { FromTrainingThread, ToTrainingThread, TrainingThreadOptions } from './training-words.ts';

async function serve(port: MessagePort, { request }: TrainingThreadOptions): Promise<void> {
  const tell = (word: FromTrainingThread): void => port.postMessage(word);
  // Linux has priorities by thread: whoever gives out values goes first. Elsewhere this would slow the whole process down.
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  let stop: (() => void) | undefined;
  let isStopped = false;
  port.on('message', (word: ToTrainingThread) => {
    isStopped ||= word === 'stop';
    stop?.();
  });
  try {
    const outcome = await trainLstm(request, {
      onProgress: (progress) => tell({ kind: 'progress', progress }),
      onCheckpoint: (progress, bytes) => tell({ kind: 'checkpoint', progress, bytes }),
      onNote: (text) => tell({ kind: 'note', text }),
      onStop: (given) => {
        stop = given;
        if (isStopped) given();
      },
    });
    tell({ kind: 'ended', outcome });
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    port.close();
  }
}

assert(parentPort !== null, 'this file is the entry of a worker thread');
void serve(parentPort, workerData as TrainingThreadOptions);
