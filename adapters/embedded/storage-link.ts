/**
 * The main thread's end of the line to the storage thread. What is asked in one turn of the event loop travels as one message.
 *
 * The thread's death is the storage's failure: whoever waits is told, appends with `SEQ_APPEND_UNKNOWN` because they may have reached
 * the disk, and `onFailure` is called once.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SequenceError } from '../../core/errors.ts';
import { errorFrom } from './storage-errors.ts';
import type { Answers, Asks, DataDirFacts, FromStorageThread, OperationName, Request, StorageThreadOptions } from './storage-messages.ts';

export interface Waiter<T> {
  resolve(answer: T): void;
  reject(error: SequenceError): void;
}

export interface StorageLink {
  readonly facts: DataDirFacts;
  /** Sends a request; the waiter is called in the order of the replies, before anything else of the same message. */
  send<K extends OperationName>(name: K, asks: Asks<K>, records: readonly Uint8Array[], waiter: Waiter<Answers<K>>): void;
  ask<K extends OperationName>(name: K, asks: Asks<K>, records?: readonly Uint8Array[]): Promise<Answers<K>>;
  /** Resolves when everything asked before is answered, the files are closed and the thread is gone. */
  close(): Promise<void>;
}

interface Pending {
  readonly request: Request;
  readonly records: readonly Uint8Array[];
  readonly waiter: Waiter<never>;
}

const NONE: readonly Uint8Array[] = [];
/** What a batch without records carries: handing over even an empty buffer costs more than copying a small request. */
const NO_LENGTHS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);

export async function openStorageLink(options: StorageThreadOptions, onFailure: (error: SequenceError) => void): Promise<StorageLink> {
  const worker = startThread(options);
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const facts = await firstWord(worker, exited);
  const sent = new Map<number, Pending>();
  let unsent: Pending[] = [];
  let lastId = 0;
  let refusal: SequenceError | undefined;

  function flush(): void {
    const batch = unsent;
    unsent = [];
    let count = 0;
    let size = 0;
    for (const { records } of batch) {
      count += records.length;
      for (const record of records) size += record.byteLength;
    }
    if (count === 0) {
      for (const pending of batch) sent.set(pending.request.id, pending);
      worker.postMessage({ requests: batch.map(({ request }) => request), lengths: NO_LENGTHS, bytes: NO_BYTES });
      return;
    }
    const lengths = new Uint32Array(count);
    const bytes = new Uint8Array(size);
    let index = 0;
    let at = 0;
    for (const pending of batch) {
      sent.set(pending.request.id, pending);
      for (const record of pending.records) {
        lengths[index++] = record.byteLength;
        bytes.set(record, at);
        at += record.byteLength;
      }
    }
    worker.postMessage({ requests: batch.map(({ request }) => request), lengths, bytes }, [lengths.buffer, bytes.buffer]);
  }

  function fail(error: SequenceError): void {
    if (refusal?.code === 'SEQ_STORAGE_FAILED') return;
    refusal = new SequenceError('SEQ_STORAGE_FAILED', error.message, error.details, { cause: error });
    const unknown = new SequenceError('SEQ_APPEND_UNKNOWN', `the storage failed before it answered: ${error.message}`, error.details, {
      cause: error,
    });
    const waiting = [...sent.values()];
    const neverSent = unsent;
    sent.clear();
    unsent = [];
    for (const { request, waiter } of waiting) waiter.reject(request.name === 'append' ? unknown : refusal);
    for (const { waiter } of neverSent) waiter.reject(refusal);
    onFailure(refusal);
  }

  worker.on('message', (message: FromStorageThread) => {
    if (message.kind === 'failed') fail(errorFrom(message.error));
    if (message.kind !== 'replies') return;
    for (const reply of message.replies) {
      const waiter = sent.get(reply.id)?.waiter;
      sent.delete(reply.id);
      if ('error' in reply) waiter?.reject(errorFrom(reply.error));
      else waiter?.resolve(reply.answer as never);
    }
  });
  worker.on('error', (cause: unknown) => fail(died(cause)));
  worker.on('exit', () => {
    if (sent.size > 0 || refusal === undefined) fail(died(undefined));
  });

  function send<K extends OperationName>(name: K, asks: Asks<K>, records: readonly Uint8Array[], waiter: Waiter<Answers<K>>): void {
    if (refusal !== undefined) {
      waiter.reject(refusal);
      return;
    }
    if (unsent.length === 0) queueMicrotask(() => unsent.length > 0 && flush());
    unsent.push({ request: { id: ++lastId, name, asks, recordCount: records.length }, records, waiter: waiter as Waiter<never> });
  }

  function ask<K extends OperationName>(name: K, asks: Asks<K>, records: readonly Uint8Array[] = NONE): Promise<Answers<K>> {
    return new Promise((resolve, reject) => send(name, asks, records, { resolve, reject }));
  }

  async function closeThread(): Promise<void> {
    if (refusal === undefined) {
      const answered = ask('close', {});
      refusal = new SequenceError('SEQ_CLOSED', 'the storage was closed');
      await answered.catch(() => undefined);
    }
    await exited;
  }

  let closed: Promise<void> | undefined;
  return { facts, send, ask, close: () => (closed ??= closeThread()) };
}

/** Node 20 starts no thread from TypeScript, so a run from source uses the built thread as well. */
function startThread(options: StorageThreadOptions): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(fromSource ? '../../dist/adapters/embedded/storage-thread.js' : './storage-thread.js', import.meta.url);
  if (!existsSync(url)) throw new SequenceError('SEQ_STORAGE_FAILED', 'the storage thread is not built: run `npm run build`');
  // The loaders of this process (a test runner's, a TypeScript runner's) are no business of the thread.
  return new Worker(url, { workerData: options, execArgv: [], name: 'seqcast-storage' });
}

/** Waits until the thread has opened the directory; throws its reason when it could not, once the thread is gone. */
async function firstWord(worker: Worker, exited: Promise<void>): Promise<DataDirFacts> {
  const word = await new Promise<FromStorageThread | SequenceError>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (cause) => resolve(died(cause)));
    worker.once('exit', () => resolve(died(undefined)));
  });
  if (!(word instanceof SequenceError) && word.kind === 'ready') return word.facts;
  await exited;
  throw word instanceof SequenceError ? word : errorFrom((word as Extract<FromStorageThread, { kind: 'failed' }>).error);
}

function died(cause: unknown): SequenceError {
  const because = cause instanceof Error ? `: ${cause.message}` : '';
  return new SequenceError('SEQ_STORAGE_FAILED', `the storage thread ended unexpectedly${because}`, {}, { cause });
}
