/**
 * Finds a caller's stream: sequence, then client type, then service, without building a string. Streams beyond the cap of their
 * sequence, and all streams of a sequence that is in one order or without a gap, share one.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import { checkName, type SequenceDefinition } from '../../../core/sequence.ts';
import {
  DEFAULT_CLIENT_TYPE,
  DEFAULT_SERVICE,
  isOneStream,
  partitionKey,
  partitionOf,
  sharedStreamId,
  streamId,
} from '../../../core/stream.ts';

export interface DirectoryEntry<T> {
  readonly name: string;
  readonly generation: Generation;
  readonly definition: SequenceDefinition;
  /** Values come out of the transaction pool's database, not out of a stock. */
  readonly isRegistered: boolean;
  readonly byType: Map<string, Map<string, T>>;
  shared: T | undefined;
  streams: number;
}

/** `T`: what whoever serves keeps of a stream. */
export class StreamDirectory<T> {
  readonly #entries = new Map<string, DirectoryEntry<T>>();
  readonly #live: (name: string) => Generation;
  readonly #make: (id: string, partition: number) => T;
  readonly #partitionCount: number;
  readonly #streamsMax: number;

  constructor(options: {
    live: (name: string) => Generation;
    make: (id: string, partition: number) => T;
    partitionCount: number;
    streamsMax: number;
  }) {
    this.#live = options.live;
    this.#make = options.make;
    this.#partitionCount = options.partitionCount;
    this.#streamsMax = options.streamsMax;
  }

  /** The sequence's entry; throws `SEQ_UNKNOWN_SEQUENCE`. */
  entry(sequence: string): DirectoryEntry<T> {
    return this.#entries.get(sequence) ?? this.#newEntry(sequence);
  }

  /** The sequence has another generation, or none: look it up again. */
  forget(sequence: string): void {
    this.#entries.delete(sequence);
  }

  stream(entry: DirectoryEntry<T>, clientType: string = DEFAULT_CLIENT_TYPE, service: string = DEFAULT_SERVICE): T {
    return entry.byType.get(clientType)?.get(service) ?? this.#newStream(entry, clientType, service);
  }

  streamCount(sequence: string): number {
    return this.#entries.get(sequence)?.streams ?? 0;
  }

  #newEntry(sequence: string): DirectoryEntry<T> {
    if (typeof sequence !== 'string') throw new SequenceError('SEQ_INVALID_NAME', 'the sequence has no name');
    const generation = this.#live(sequence);
    const entry: DirectoryEntry<T> = {
      name: sequence,
      generation,
      definition: generation.definition,
      isRegistered: isRegistered(generation.definition),
      byType: new Map(),
      shared: undefined,
      streams: 0,
    };
    this.#entries.set(sequence, entry);
    return entry;
  }

  #newStream(entry: DirectoryEntry<T>, clientType: string, service: string): T {
    checkName('client type', clientType);
    checkName('service', service);
    if (isOneStream(entry.definition) || entry.streams >= this.#streamsMax) {
      entry.shared ??= this.#served(entry, sharedStreamId(entry.name));
      return entry.shared;
    }
    const served = this.#served(entry, streamId({ sequence: entry.name, clientType, service }));
    let ofType = entry.byType.get(clientType);
    if (ofType === undefined) {
      ofType = new Map();
      entry.byType.set(clientType, ofType);
    }
    ofType.set(service, served);
    return served;
  }

  #served(entry: DirectoryEntry<T>, id: string): T {
    entry.streams++;
    return this.#make(id, partitionOf(partitionKey(id, entry.definition), this.#partitionCount));
  }
}
