/**
 * Finds a caller's stream: sequence, then client type, then service, without building a string. Streams beyond the cap of their
 * sequence, and all streams of a sequence that keeps one order, share one.
 */
import { SequenceError } from '../../core/errors.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { checkName, type SequenceDefinition } from '../../core/sequence.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, partitionKey, partitionOf, sharedStreamId, streamId } from '../../core/stream.ts';
import type { Pool } from './pool.ts';
import type { ServedStream } from './served-stream.ts';

export interface DirectoryEntry {
  readonly name: string;
  readonly generation: Generation;
  readonly definition: SequenceDefinition;
  readonly byType: Map<string, Map<string, ServedStream>>;
  shared: ServedStream | undefined;
  streams: number;
}

export class StreamDirectory {
  readonly #entries = new Map<string, DirectoryEntry>();
  readonly #live: (name: string) => Generation;
  readonly #pool: Pool;
  readonly #partitionCount: number;
  readonly #streamsMax: number;

  constructor(options: { live: (name: string) => Generation; pool: Pool; partitionCount: number; streamsMax: number }) {
    this.#live = options.live;
    this.#pool = options.pool;
    this.#partitionCount = options.partitionCount;
    this.#streamsMax = options.streamsMax;
  }

  /** The sequence's entry; throws `SEQ_UNKNOWN_SEQUENCE`. */
  entry(sequence: string): DirectoryEntry {
    return this.#entries.get(sequence) ?? this.#newEntry(sequence);
  }

  /** The sequence has another generation, or none: look it up again. */
  forget(sequence: string): void {
    this.#entries.delete(sequence);
  }

  stream(entry: DirectoryEntry, clientType: string = DEFAULT_CLIENT_TYPE, service: string = DEFAULT_SERVICE): ServedStream {
    return entry.byType.get(clientType)?.get(service) ?? this.#newStream(entry, clientType, service);
  }

  streamCount(sequence: string): number {
    return this.#entries.get(sequence)?.streams ?? 0;
  }

  #newEntry(sequence: string): DirectoryEntry {
    if (typeof sequence !== 'string') throw new SequenceError('SEQ_INVALID_NAME', 'the sequence has no name');
    const generation = this.#live(sequence);
    const entry = { name: sequence, generation, definition: generation.definition, byType: new Map(), shared: undefined, streams: 0 };
    this.#entries.set(sequence, entry);
    return entry;
  }

  #newStream(entry: DirectoryEntry, clientType: string, service: string): ServedStream {
    checkName('client type', clientType);
    checkName('service', service);
    if (entry.definition.order === 'sequence' || entry.streams >= this.#streamsMax) {
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

  #served(entry: DirectoryEntry, id: string): ServedStream {
    entry.streams++;
    return this.#pool.stream(id, partitionOf(partitionKey(id, entry.definition), this.#partitionCount));
  }
}
