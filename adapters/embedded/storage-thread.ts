/**
 * The storage thread: the only one that touches the database, because an fsync would hold up everything else its thread does.
 *
 * It takes what is waiting, commits all writes of it in one transaction, answers them, then does one read, and looks again. Reads see
 * committed records only, and their answers follow those of the writes before them; `subscription.ts` relies on that.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '../../core/assertion.ts';
import { databaseFile } from './data-file.ts';
import { errorFacts, storageError } from './storage-errors.ts';
import type { FromStorageThread, RequestBatch, StorageThreadOptions } from './storage-messages.ts';
import { openStore } from './thread-store.ts';

function serve(port: MessagePort, options: StorageThreadOptions): void {
  const tell = (message: FromStorageThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const fail = (error: unknown): void => {
    tell({ kind: 'failed', error: errorFacts(storageError(error, databaseFile(options.dataDir))) });
    port.close();
  };
  try {
    const store = openStore(options);
    tell({ kind: 'ready', facts: store.facts });
    port.on('message', (batch: RequestBatch) => {
      try {
        store.accept(batch);
        for (;;) {
          // What came in while the last group was on its way to the disk is the next group.
          for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) store.accept(next.message);
          const replies = store.commitWaiting();
          if (replies.length > 0) {
            tell({ kind: 'replies', replies });
            store.testify();
          }
          const read = store.readWaiting();
          if (read !== undefined) tell({ kind: 'replies', replies: [read.reply] }, read.transfer);
          // Now that everybody has an answer, the write-ahead file can be moved into the database.
          const moved = store.checkpoint();
          if (replies.length === 0 && read === undefined && !moved) break;
        }
        if (store.isClosing()) {
          tell({ kind: 'replies', replies: [store.close()] });
          port.close();
        }
      } catch (error) {
        fail(error);
      }
    });
  } catch (error) {
    fail(error);
  }
}

assert(parentPort !== null, 'this file is the entry of a worker thread');
serve(parentPort, workerData as StorageThreadOptions);
