/**
 * Arbitrary histories of a ledger: one ranges log with two sequences, two shards partitions, four streams, two pools of three lives.
 * A move is a few numbers; what record it becomes depends on the state so far, so that most records are nearly right, and some are
 * late copies of earlier ones.
 */
import fc from 'fast-check';
import type { Interval } from '../../../core/interval.ts';
import { type Account, type AuditedPartition, accountsOf, auditedPartition, auditRecord } from '../../../core/ledger/audit.ts';
import { proposeShards } from '../../../core/ledger/proposing.ts';
import { emptyRanges, type RangesState, replayRanges } from '../../../core/ledger/ranges.ts';
import type { RangesRecord, ShardAllocated, ShardsRecord } from '../../../core/ledger/records.ts';
import { emptyShards, type ShardsState, type Source, type StreamLedger } from '../../../core/ledger/shards-state.ts';
import type { Verdict } from '../../../core/ledger/verdict.ts';
import { defineSequence } from '../../../core/sequence.ts';
import { DECISION } from './ledger-fixture.ts';

export const PARTITIONS = [0, 1] as const;
const DEFINITIONS = {
  a: [defineSequence({ max: 300n }), defineSequence({ max: 90n, cycle: true })],
  b: [defineSequence({ order: 'stream', increment: -2n, max: 500n, min: -500n }), defineSequence({ order: 'sequence', max: 200n })],
} as const;
const NAMES = ['a', 'b'] as const;
const SERVICES = ['x', 'y'] as const;
const POOLS = ['p', 'q'] as const;
const LIVES = 3;
/** A proposal may ask for more than there is. */
const ORDER_MAX = 60;

export type LogRecord =
  | { readonly log: 'ranges'; readonly offset: number; readonly record: RangesRecord }
  | { readonly log: 'shards'; readonly partition: number; readonly offset: number; readonly record: ShardsRecord };

export interface History {
  readonly ranges: RangesState;
  readonly audits: readonly AuditedPartition[];
  readonly records: LogRecord[];
}

const KINDS = [
  'define',
  'rebase',
  'drop',
  'claim',
  'open',
  'fence',
  'assign',
  'cut',
  'order',
  'return',
  'burn',
  'recall',
  'lose',
  'answer',
  'level',
  'again',
] as const;

export interface Move {
  readonly kind: (typeof KINDS)[number];
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** How far off the right number is: usually not at all. */
  readonly off: number;
}

const weighted = [...KINDS, ...(['claim', 'open', 'assign', 'cut', 'order', 'order', 'return', 'return', 'again'] as const)];

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom(...weighted),
  x: fc.nat(1_000),
  y: fc.nat(1_000),
  z: fc.nat(1_000),
  off: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, -1),
});

/** Moves after a beginning in which both sequences exist, have open ranges and served streams: else most of them meet nothing. */
export const moves: fc.Arbitrary<Move[]> = fc
  .array(move, { minLength: 5, maxLength: 80, size: 'max' })
  .map((rest) => [...BEGINNING, ...rest]);

const plain = (kind: Move['kind'], x: number, y: number, z: number): Move => ({ kind, x, y, z, off: 0 });
const BEGINNING: readonly Move[] = [
  plain('define', 0, 0, 0),
  plain('define', 1, 0, 0),
  plain('claim', 0, 60, 0),
  plain('claim', 1, 60, 1),
  plain('open', 0, 0, 1),
  plain('open', 1, 0, 1),
  plain('assign', 0, 0, 1),
  plain('assign', 1, 1, 1),
  plain('assign', 2, 0, 1),
];

export function emptyHistory(): History {
  return { ranges: emptyRanges(0), audits: PARTITIONS.map((partition) => auditedPartition(emptyShards(partition))), records: [] };
}

/** Appends the record that a move stands for and folds it. */
export function act(history: History, made: Move): { readonly entry: LogRecord; readonly verdict: Verdict } {
  const entry = entryOf(history, made);
  history.records.push(entry);
  return { entry, verdict: fold(history, entry) };
}

export function fold(history: History, entry: LogRecord): Verdict {
  if (entry.log === 'ranges') return replayRanges(history.ranges, entry.offset, entry.record);
  return auditRecord(history.audits[entry.partition] as AuditedPartition, entry.offset, entry.record, () => history.ranges);
}

export function historyOf(made: readonly Move[]): History {
  const history = emptyHistory();
  for (const each of made) act(history, each);
  return history;
}

export function accounts(history: History): Account[] {
  return accountsOf(history.ranges, history.audits, () => undefined);
}

/** Everything that owns ordinals now, by generation: uncut and returned sources, live parts of shards, claims nobody opened. */
export function owned(history: History): Map<string, Interval[]> {
  const byGeneration = new Map<string, Interval[]>();
  const add = (name: string, generation: number, interval: Interval): void => {
    const key = `${name}@${generation}`;
    byGeneration.set(key, [...(byGeneration.get(key) ?? []), interval]);
  };
  for (const { state, shards } of history.audits) {
    for (const ofName of state.sources.values()) {
      for (const { name, generation, cursor, end } of ofName.values()) add(name, generation, { start: cursor, end });
    }
    for (const { name, generation, start, end, ending, slices } of shards.values()) {
      let from = start;
      for (const slice of ending === 'returned' ? slices : []) {
        add(name, generation, { start: from, end: slice.start });
        from = slice.end;
      }
      add(name, generation, { start: from, end });
    }
  }
  for (const claim of history.ranges.claims.values()) {
    const opened = history.audits.some(({ state }) => state.openedClaims.has(`0:${claim.offset}`));
    if (!opened) add(claim.name, claim.generation, claim);
  }
  return byGeneration;
}

function entryOf(history: History, made: Move): LogRecord {
  const { kind, x } = made;
  if (kind === 'again' && history.records.length > 0) {
    const copied = history.records[x % history.records.length] as LogRecord;
    return copied.log === 'ranges' ? rangesEntry(history, copied.record) : shardsEntry(history, copied.partition, copied.record);
  }
  const name = NAMES[x % 2] as 'a' | 'b';
  const { ranges } = history;
  const previous = (ranges.live.get(name)?.id ?? -1) + made.off;
  switch (kind) {
    case 'define': {
      const dropped = (ranges.dropped.get(name) ?? -1) + made.off;
      return rangesEntry(history, { kind: 'SequenceDefined', name, previous: dropped, definition: definitionOf(name, made) });
    }
    case 'rebase': {
      const claimed = made.z % 2 === 0 ? -1 : made.y % 80;
      return rangesEntry(history, { kind: 'SequenceRebased', name, previous, claimed, definition: definitionOf(name, made) });
    }
    case 'drop':
      return rangesEntry(history, { kind: 'SequenceDropped', name, previous });
    case 'claim': {
      const start = (ranges.live.get(name)?.next ?? 0) + made.off;
      const end = start + (made.y % 80);
      return rangesEntry(history, { kind: 'RangeClaimed', name, generation: previous - made.off, partition: made.z % 2, start, end });
    }
    default:
      return shardsRecordOf(history, name, made);
  }
}

function shardsRecordOf(history: History, name: 'a' | 'b', made: Move): LogRecord {
  const { kind, x, y, z, off } = made;
  const partition = z % 2;
  const { state, shards } = history.audits[partition] as AuditedPartition;
  const entry = (record: ShardsRecord): LogRecord => shardsEntry(history, partition, record);
  const stream = `${name}/t/${SERVICES[y % 2]}`;
  const held = picked([...shards.values()], x);
  const incarnation = off === 0 ? (held?.incarnation ?? 'p-0') : 'p-0';
  switch (kind) {
    case 'open': {
      const claim = picked([...history.ranges.claims.values()], x);
      const into = claim === undefined || off > 0 ? partition : claim.partition;
      const claimOffset = claim === undefined || off < 0 ? x % Math.max(history.ranges.nextOffset, 1) : claim.offset;
      return shardsEntry(history, into, { kind: 'RangeOpened', claimPartition: 0, claimOffset });
    }
    case 'fence':
      return entry({ kind: 'GenerationFenced', name, generation: (history.ranges.live.get(name)?.id ?? x % 20) + off });
    case 'assign':
      return entry({
        kind: 'StreamAssigned',
        stream,
        pool: POOLS[x % 2] as string,
        assignment: (state.streams.get(stream)?.assignment ?? 0) + 1 + off,
      });
    case 'cut':
    case 'order':
      return entry(shardOf(state, stream, made));
    case 'return':
      return entry({ kind: 'ShardReturned', shard: held?.shard ?? x, incarnation, slices: held === undefined ? [] : slicesOf(held, y, z) });
    case 'burn':
      return entry({ kind: 'ShardBurned', shard: held?.shard ?? x, incarnation, from: (held?.start ?? 0) + (y % 12) });
    case 'recall':
      return entry({ kind: 'ShardRecalled', shard: held?.shard ?? x, because: 'surplus' });
    case 'lose':
      return entry({ kind: 'PoolLost', pool: 'p', incarnation: `${POOLS[x % 2]}-${y % LIVES}`, atMs: y });
    case 'answer':
      return entry({ kind: 'RequestAnswered', request: `r-${x % 5}`, stream, payloadHash: `h-${y}`, blocks: [] });
    default:
      return entry({ kind: 'LevelRaised', level: off });
  }
}

/** A shard as an allocator would propose it, or one that is cut at some source by hand and may be wrong in every field. */
function shardOf(state: ShardsState, stream: string, { kind, x, y, z, off }: Move): ShardAllocated {
  const name = stream.slice(0, 1);
  const ledger = state.streams.get(stream);
  const sources = [...(state.sources.get(name)?.values() ?? [])];
  const source = picked(sources, x);
  const pool = z % 13 === 0 ? 'nobody' : (ledger?.pool ?? 'p');
  const incarnation = `${pool}-${y % 4 === 0 ? x % LIVES : 0}`;
  if (kind === 'order' && ledger !== undefined && source !== undefined) {
    const [proposed] = proposalOf(state, ledger, source, pool, incarnation, 1 + (y % ORDER_MAX));
    if (proposed !== undefined) return proposed;
  }
  const start = (source?.cursor ?? 0) + off;
  const order = (ledger?.lastOrder ?? 0) + 1 + (z % 11 === 0 ? 1 : 0);
  return {
    kind: 'ShardAllocated',
    source: source?.id ?? x,
    start,
    end: start + (y % 30),
    stream,
    pool,
    incarnation,
    order,
    decision: DECISION,
  };
}

function proposalOf(
  state: ShardsState,
  stream: StreamLedger,
  source: Source,
  pool: string,
  incarnation: string,
  count: number,
): readonly ShardAllocated[] {
  const { name, generation } = source;
  return proposeShards(state, { stream, name, generation, pool, incarnation, count, decision: DECISION }).records;
}

/** Up to two slices of a shard, sometimes reaching out of it or overlapping. */
function slicesOf(shard: Interval, y: number, z: number): Interval[] {
  const size = shard.end - shard.start;
  const first = { start: shard.start + (y % 7), end: shard.start + (y % 7) + (z % 6) };
  const second = { start: shard.start + (z % (size + 1)), end: shard.end + (y % 17 === 0 ? 1 : 0) };
  return [[], [second], [first], [first, second]][y % 4] as Interval[];
}

function definitionOf(name: 'a' | 'b', { y }: Move): ReturnType<typeof defineSequence> {
  return DEFINITIONS[name][y % 2] as ReturnType<typeof defineSequence>;
}

function rangesEntry(history: History, record: RangesRecord): LogRecord {
  return { log: 'ranges', offset: history.ranges.nextOffset, record };
}

function shardsEntry(history: History, partition: number, record: ShardsRecord): LogRecord {
  return { log: 'shards', partition, offset: (history.audits[partition] as AuditedPartition).state.nextOffset, record };
}

function picked<T>(all: readonly T[], x: number): T | undefined {
  return all[x % Math.max(all.length, 1)];
}
