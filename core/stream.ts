/**
 * A stream is (sequence, client type, service): the unit that is forecast, allocated to and routed. Its id is the three names
 * joined by '/', which no name contains; `*` marks the stream that the rest share.
 */
import { PARTITIONED_CAPACITY_MIN } from './limits.ts';
import { isRegistered } from './pool-kind.ts';
import { capacityOf, type SequenceDefinition } from './sequence.ts';

export interface StreamName {
  readonly sequence: string;
  readonly clientType: string;
  readonly service: string;
}

/** What a caller gets who names no client type or service. */
export const DEFAULT_CLIENT_TYPE = 'default';
export const DEFAULT_SERVICE = 'default';
/** Shared by all streams beyond the cap, and the only stream of a sequence whose whole order is kept. */
const SHARED = '*';

export function streamId(name: StreamName): string {
  return `${name.sequence}/${name.clientType}/${name.service}`;
}

export function sharedStreamId(sequence: string): string {
  return `${sequence}/${SHARED}/${SHARED}`;
}

export function parseStreamId(id: string): StreamName {
  const [sequence = '', clientType = '', service = ''] = id.split('/');
  return { sequence, clientType, service };
}

export function sequenceOfStream(id: string): string {
  return id.slice(0, id.indexOf('/'));
}

/** True where all callers share one stream: the sequence is in one order, or its values come out of one database. */
export function isOneStream(definition: SequenceDefinition): boolean {
  return definition.order === 'sequence' || isRegistered(definition);
}

/**
 * The key that chooses a stream's ledger partition. Small sequences and those of one stream live whole in one partition (the
 * last value must not be out of reach in another one); large ones spread by stream.
 */
export function partitionKey(stream: string, definition: SequenceDefinition): string {
  const whole = isOneStream(definition) || capacityOf(definition) < PARTITIONED_CAPACITY_MIN;
  return whole ? sequenceOfStream(stream) : stream;
}

/** FNV-1a over UTF-16 code units: the one partitioner of all topics that are read together. Fixed for ever. */
export function partitionOf(key: string, partitionCount: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitionCount;
}
