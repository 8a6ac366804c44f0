/** A stream as a gateway knows it: who it is, and the callers of this gateway that wait for it, first come, first served. */
import { SequenceError } from '../../../core/errors.ts';
import { WAIT_MS_MAX, WAITING_MAX } from '../../../core/limits.ts';
import { sequenceOfStream } from '../../../core/stream.ts';
import type { TakenBlock } from '../../../pipelines/ports.ts';

/** What a call for values came to. */
export interface RemoteTaken {
  /** Pool that gave them; empty where the ledger did. */
  readonly pool: string;
  readonly incarnation: string;
  readonly blocks: readonly TakenBlock[];
}

export interface RemoteCaller {
  readonly count: number;
  readonly numbered: boolean;
  readonly request: string;
  readonly payloadHash: string;
  /** By the process's own monotonic time, in milliseconds. */
  readonly deadlineMs: number;
  readonly resolve: (taken: RemoteTaken) => void;
  readonly reject: (error: unknown) => void;
  /** A store has counted it already. */
  wasAsked: boolean;
}

export interface RemoteStream {
  readonly id: string;
  readonly sequence: string;
  readonly partition: number;
  readonly callers: RemoteCaller[];
  /** Values that all of them wait for. */
  waiting: number;
  /** A round of asking for them is under way. */
  isAsking: boolean;
  /** Something was loaded while asking: ask once more. */
  wasLoaded: boolean;
}

export function remoteStream(id: string, partition: number): RemoteStream {
  return { id, sequence: sequenceOfStream(id), partition, callers: [], waiting: 0, isAsking: false, wasLoaded: false };
}

export function enqueue(
  stream: RemoteStream,
  call: Omit<RemoteCaller, 'resolve' | 'reject' | 'deadlineMs'>,
  nowMs: number,
): Promise<RemoteTaken> {
  if (stream.callers.length >= WAITING_MAX) {
    const message = `${WAITING_MAX} callers wait for stream ${stream.id} already`;
    return Promise.reject(new SequenceError('SEQ_TOO_MANY_WAITING', message, { stream: stream.id }));
  }
  stream.waiting += call.count;
  return new Promise((resolve, reject) => stream.callers.push({ ...call, deadlineMs: nowMs + WAIT_MS_MAX, resolve, reject }));
}

/** The first caller got its answer. */
export function dequeue(stream: RemoteStream): void {
  const first = stream.callers.shift();
  if (first !== undefined) stream.waiting -= first.count;
}

/** Ends all waits with an error. */
export function rejectAll(stream: RemoteStream, error: () => unknown): void {
  for (const caller of stream.callers.splice(0)) caller.reject(error());
  stream.waiting = 0;
}

/** Rejects the callers at the front whose time is over. */
export function expire(stream: RemoteStream, nowMs: number): void {
  for (let first = stream.callers[0]; first !== undefined && first.deadlineMs <= nowMs; first = stream.callers[0]) {
    dequeue(stream);
    const message = `no allocation for stream ${stream.id} within ${WAIT_MS_MAX / 1_000} s`;
    first.reject(new SequenceError('SEQ_WAIT_TIMEOUT', message, { stream: stream.id }));
  }
}
