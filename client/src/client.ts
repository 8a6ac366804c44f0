/**
 * What an application holds, however its values come: sequences by name, values of several of them in one step, and one end for all. Over
 * HTTP, Redis and Kafka it is this class on a `Connection`; in the same process `open()` of the package `seqcast` gives the same.
 */
import { closedError } from './client-error.ts';
import type { ClientHooks } from './client-events.ts';
import { createSequence } from './prefetched-sequence.ts';
import type { Sequence, SequenceSettings } from './sequence.ts';
import { type AskedTogether, type Several, type TakeOutcome, type TakeRequest, takeEach } from './taking-each.ts';
import type { Transport } from './transport.ts';

/** Sequences by name, whoever issues their values. */
export interface Sequences extends Several {
  /** Closes every sequence, which gives unused values back, then what they came through. Never fails. */
  close(): Promise<void>;
}

export interface SeqcastClient extends Sequences {
  /** The same object for the same name, so that all of an application shares the blocks in hand. */
  sequence(name: string): Sequence;
  /** Values of several sequences, in one request where the way there has such a one. Each has an outcome of its own. */
  takeEach(requests: readonly TakeRequest[]): Promise<readonly TakeOutcome[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The way to a server. */
export interface Connection {
  transport(sequence: string): Transport;
  /** Left out where each sequence takes a request of its own. */
  readonly together?: AskedTogether;
  close(): Promise<void> | void;
}

export class Client implements SeqcastClient {
  readonly #connection: Connection;
  readonly #settings: SequenceSettings & ClientHooks;
  readonly #sequences = new Map<string, Sequence>();
  #ended: Promise<void> | undefined;

  constructor(connection: Connection, settings: SequenceSettings & ClientHooks) {
    this.#connection = connection;
    this.#settings = settings;
  }

  sequence(name: string): Sequence {
    if (this.#ended !== undefined) throw closedError('the client');
    const known = this.#sequences.get(name);
    if (known !== undefined && !known.isClosed) return known;
    const sequence = createSequence(this.#connection.transport(name), name, this.#settings);
    this.#sequences.set(name, sequence);
    return sequence;
  }

  takeEach(requests: readonly TakeRequest[]): Promise<readonly TakeOutcome[]> {
    return takeEach(this, requests, this.#connection.together);
  }

  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#sequences.values()].map((sequence) => sequence.close()));
    await this.#connection.close();
  }
}
