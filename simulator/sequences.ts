/** The sequences a simulated world has: one of each sort that behaves differently at some edge. */
import { defineSequence, type SequenceDefinition } from '../core/sequence.ts';
import { partitionKey, partitionOf, sharedStreamId, streamId } from '../core/stream.ts';

/** Virtual time begins on the first day there is. */
const DAILY = { reset: 'daily', timeZone: 'UTC', periodStart: '1970-01-01' } as const;

export const SEQUENCE_KINDS = {
  /** Endless, spread over partitions. */
  plain: [defineSequence({}), defineSequence({ start: 1_000n, increment: 10n })],
  /** Used up within the run, then altered to have more. */
  small: [defineSequence({ max: 150n }), defineSequence({ max: 400n })],
  /** Orders each stream, counts down. */
  falling: [
    defineSequence({ order: 'stream', increment: -3n, max: 10n ** 18n }),
    defineSequence({ order: 'stream', increment: -1n, min: -900n }),
  ],
  /** One order over all callers: one shared stream. */
  whole: [defineSequence({ order: 'sequence' }), defineSequence({ order: 'sequence', max: 500n })],
  /** Begins again at midnight, which falls into the run. */
  daily: [defineSequence(DAILY), defineSequence({ ...DAILY, increment: -3n, max: 600n })],
  /** Wraps many times. */
  ring: [defineSequence({ cycle: true, max: 60n }), defineSequence({ cycle: true, increment: -7n, min: -50n, max: 50n, start: 3n })],
} satisfies Record<string, readonly [SequenceDefinition, SequenceDefinition]>;

export type SequenceKind = keyof typeof SEQUENCE_KINDS;

const SERVICES = ['checkout', 'import'] as const;

/** Streams that ask for values of a sequence, whatever its definition: those of one order share one. */
export function streamsOf(kind: SequenceKind): string[] {
  if (kind === 'whole') return [sharedStreamId(kind)];
  return SERVICES.map((service) => streamId({ sequence: kind, clientType: 'web', service }));
}

/** The ledger partition a stream's shards are cut in, under this definition. */
export function partitionOfStream(stream: string, definition: SequenceDefinition, partitionCount: number): number {
  return partitionOf(partitionKey(stream, definition), partitionCount);
}
