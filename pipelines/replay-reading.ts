/**
 * How far an allocator had read the shards log when it decided, and which of its own proposals it took to be on their way. Neither is
 * recorded: it is read on only as far as a decision asks for, so it may have read further before.
 */
import type { RangesState } from '../core/ledger/ranges.ts';
import type { ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { type AllocationState, onJudged } from './allocation.ts';

type CursorsAhead = ReadonlyMap<number, number>;

export interface Reading {
  /** The allocator, folded as far as it must have read. */
  readonly state: AllocationState;
  readonly unread: { readonly offset: number; readonly record: ShardsRecord }[];
  /**
   * Where its proposals move the cursors of sources to, with the offset of the proposal: what lost before a proposal takes that along only
   * if it was read after it, and nobody knows.
   */
  readonly proposed: Map<number, { readonly cursor: number; readonly offset: number }>;
}

/** Reads one more record, of those before an offset; false where there is none. */
export function readOn({ state, unread, proposed }: Reading, before: number, ranges: readonly RangesState[]): boolean {
  const next = unread[0];
  if (next === undefined || next.offset >= before) return false;
  unread.shift();
  const verdict = replayShards(state.shards, next.offset, next.record, (partition) => ranges[partition] as RangesState);
  onJudged(state, next.record, verdict);
  if (next.record.kind !== 'ShardAllocated') return true;
  const { source, end } = next.record;
  if (verdict === 'accepted' && (proposed.get(source)?.cursor ?? 0) <= end) proposed.delete(source);
  if (verdict === 'accepted') return true;
  for (const [id, { offset }] of proposed) if (offset <= next.offset) proposed.delete(id);
  return true;
}

/** The cursors that it may have taken sources to be at: as the reducers have them, and with what was proposed after the last that lost. */
export function standings({ state, proposed }: Reading): CursorsAhead[] {
  const asFolded = new Map(state.ahead);
  const isSame = proposed.size === asFolded.size && [...proposed].every(([source, { cursor }]) => asFolded.get(source) === cursor);
  return isSame ? [asFolded] : [asFolded, new Map([...proposed].map(([source, { cursor }]) => [source, cursor] as const))];
}

/** It decided: from now on these are where the sources are. */
export function stand({ state, proposed }: Reading, ahead: CursorsAhead, offset: number): void {
  standAt(state, ahead);
  for (const [source, cursor] of ahead) if (proposed.get(source)?.cursor !== cursor) proposed.set(source, { cursor, offset });
}

export function standAt(state: AllocationState, ahead: CursorsAhead): void {
  state.ahead.clear();
  for (const [source, cursor] of ahead) state.ahead.set(source, cursor);
}
