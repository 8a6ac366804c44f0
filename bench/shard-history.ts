/**
 * The history of many shards as a running installation would have written it: streams are given shards in turn, report what they issued,
 * and close them. Of one shard in a hundred the rest comes back, and is cut again.
 */
import type { Decision, RangesRecord, ShardsRecord } from '../core/ledger/records.ts';
import { sourceId } from '../core/ledger/shards-state.ts';
import { defineSequence } from '../core/sequence.ts';
import type { ConsumptionEvent, ShardCursor } from '../schemas/messages.ts';

const STREAMS = 100;
const SHARD_SIZE = 100;
const RETURNED_EVERY = 97;
const POOL = 'pool-0';
const INCARNATION = 'former-life';
const BEGAN_AT_MS = 1_790_000_000_000;
const ROUND_MS = 1_000;
/** Claimed for the history, and for whoever goes on after it. */
const CLAIMED = 2 ** 40;

const DECISION: Decision = {
  trigger: 'order',
  position: 100,
  reorderPoint: 120,
  orderUpTo: 1_000,
  rate: 12.5,
  reserve: 'forecast',
  forecastAtMs: BEGAN_AT_MS,
  decidedAtMs: BEGAN_AT_MS,
};

export function rangesOf(name: string, partition: number): RangesRecord[] {
  return [
    { kind: 'SequenceDefined', name, previous: -1, definition: defineSequence({}) },
    { kind: 'RangeClaimed', name, generation: 0, partition, start: 0, end: CLAIMED },
  ];
}

type Written =
  | { readonly topic: 'shards'; readonly record: ShardsRecord; readonly end: number }
  | { readonly topic: 'consumption'; readonly record: ConsumptionEvent; readonly end: number };

interface Slice {
  readonly source: number;
  readonly start: number;
  readonly end: number;
}

/** `end`: one past the last ordinal that was given out by then. */
export function* shardHistory(name: string, partition: number, shards: number): Generator<Written> {
  yield { topic: 'shards', record: { kind: 'RangeOpened', claimPartition: partition, claimOffset: 1 }, end: 0 };
  for (let s = 0; s < STREAMS; s++) {
    yield { topic: 'shards', record: { kind: 'StreamAssigned', stream: streamOf(name, s), pool: POOL, assignment: 1 }, end: 0 };
  }
  let offset = STREAMS + 1;
  let cursor = 0;
  let free: Slice[] = [];
  for (let order = 1, made = 0; made < shards; order++) {
    const round = Array.from({ length: Math.min(STREAMS, shards - made) }, (_, s): Slice & { id: number; stream: string } => {
      const slice = free.pop() ?? { source: 0, start: cursor, end: cursor + SHARD_SIZE };
      cursor = Math.max(cursor, slice.end);
      return { ...slice, id: offset++, stream: streamOf(name, s) };
    });
    free = [];
    const atMs = BEGAN_AT_MS + order * ROUND_MS;
    const decision = { ...DECISION, decidedAtMs: atMs };
    for (const { source, start, end, stream } of round) {
      const address = { stream, pool: POOL, incarnation: INCARNATION, order, decision };
      yield { topic: 'shards', record: { kind: 'ShardAllocated', source, start, end, ...address }, end: cursor };
    }
    for (const { id, start, end, stream } of round) {
      const isCut = ++made % RETURNED_EVERY === 0 && end - start === SHARD_SIZE && made < shards - STREAMS;
      const issuedTo = isCut ? start + SHARD_SIZE / 2 : end;
      const slices = isCut ? [{ start: issuedTo, end }] : [];
      if (isCut) free.push({ source: sourceId(offset, 0), start: issuedTo, end });
      offset++;
      yield {
        topic: 'consumption',
        record: reportOf(stream, order, atMs, { partition, shard: id, from: start, to: issuedTo }),
        end: cursor,
      };
      yield { topic: 'shards', record: { kind: 'ShardReturned', shard: id, incarnation: INCARNATION, slices }, end: cursor };
    }
  }
}

function reportOf(
  stream: string,
  number: number,
  atMs: number,
  span: Pick<ShardCursor, 'partition' | 'shard' | 'from' | 'to'>,
): ConsumptionEvent {
  const issued = span.to - span.from;
  return {
    kind: 'ConsumptionEvent',
    stream,
    pool: POOL,
    incarnation: INCARNATION,
    sequenceNumber: number,
    fromMs: atMs,
    toMs: atMs + ROUND_MS,
    issued,
    returned: 0,
    requests: issued,
    stalls: 0,
    demanded: issued,
    stock: 0,
    waiting: 0,
    seenOffset: span.shard,
    peakPerSecond: issued,
    leadTimeMs: 0,
    largestRequest: 1,
    cursors: [{ generation: 0, returned: 0, ...span }],
  };
}

function streamOf(name: string, index: number): string {
  return `${name}/web/service-${index}`;
}
