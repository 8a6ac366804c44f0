/**
 * A small ledger to try records on: one ranges log, one shards partition, the sequence `s` and its stream on pool `pool`. Shards
 * and claims are called by letters, so that a test reads as the history it tells.
 */
import { expect } from 'vitest';
import type { Interval } from '../../../core/interval.ts';
import { type AuditedPartition, auditedPartition, auditRecord } from '../../../core/ledger/audit.ts';
import { emptyRanges, LEDGER_LEVEL, type RangesState, replayRanges } from '../../../core/ledger/ranges.ts';
import type { Decision, RangesRecord, ShardAllocated, ShardsRecord } from '../../../core/ledger/records.ts';
import { ALL_RULES, type Rules } from '../../../core/ledger/rules.ts';
import { emptyShards, type Shard, type ShardsState, type Source, type StreamLedger } from '../../../core/ledger/shards-state.ts';
import { rangesToJson, shardsToJson } from '../../../core/ledger/state-json.ts';
import type { Rejection, Verdict } from '../../../core/ledger/verdict.ts';
import { defineSequence, type SequenceAttributes } from '../../../core/sequence.ts';

export const STREAM = 's/web/api';
/** The one stream of a gapless sequence. */
export const SHARED = 's/*/*';
export const POOL = 'pool';
export const LIFE = 'life-1';

export interface Ledger {
  readonly ranges: RangesState;
  readonly shards: ShardsState;
  readonly audit: AuditedPartition;
  /** Offsets of the claims and shards that a step called by a letter. */
  readonly offsets: Map<string, number>;
}

/** Appends what it says to the ledger and folds it. */
export type Step = (ledger: Ledger) => Verdict;

/** `[start, end)`, short enough to write many of. */
export type Slice = readonly [start: number, end: number];

export function emptyLedger(rules: Rules = ALL_RULES): Ledger {
  const shards = emptyShards(0, rules);
  return { ranges: emptyRanges(0, rules), shards, audit: auditedPartition(shards), offsets: new Map() };
}

/** The sequence `s` with these attributes, its stream assigned, and the steps after that; every one is accepted. */
export function ledgerOf(attributes: SequenceAttributes, ...steps: readonly Step[]): Ledger {
  return extended(emptyLedger(), define(attributes), assign(STREAM), ...steps);
}

export function folded(...steps: readonly Step[]): Ledger {
  return ledgerOf({}, ...steps);
}

/** Folds further steps, every one of them accepted. */
export function extended(ledger: Ledger, ...steps: readonly Step[]): Ledger {
  for (const [index, step] of steps.entries()) expect(step(ledger), `step ${index + 1}`).toBe('accepted');
  return ledger;
}

/** The next record is rejected for this reason and changes nothing. */
export function expectRejected(ledger: Ledger, step: Step, reason: Rejection): void {
  const before = contentOf(ledger);
  expect(step(ledger)).toBe(reason);
  expect(contentOf(ledger)).toBe(before);
}

/** Both folded states as bytes, apart from how far they were read. */
export function contentOf(ledger: Ledger): string {
  return `${rangesToJson(ledger.ranges)}\n${shardsToJson(ledger.shards)}`.replaceAll(/"nextOffset":\d+/g, '');
}

export function appendRanges(ledger: Ledger, record: RangesRecord, letter?: string): Verdict {
  const offset = ledger.ranges.nextOffset;
  if (letter !== undefined) ledger.offsets.set(letter, offset);
  return replayRanges(ledger.ranges, offset, record);
}

export function appendShards(ledger: Ledger, record: ShardsRecord, letter?: string): Verdict {
  const offset = ledger.shards.nextOffset;
  if (letter !== undefined) ledger.offsets.set(letter, offset);
  return auditRecord(ledger.audit, offset, record, () => ledger.ranges);
}

export function define(attributes: SequenceAttributes = {}, name = 's', previous = -1): Step {
  return (ledger) => appendRanges(ledger, { kind: 'SequenceDefined', name, previous, definition: defineSequence(attributes) });
}

/** Restart or alter: a new generation in place of the live one, or of `previous`, whose claims end at `claimed` (-1: wherever). */
export function rebase(attributes: SequenceAttributes = {}, previous?: number, claimed = -1): Step {
  return (ledger) => {
    const replaced = previous ?? generationOf(ledger);
    return appendRanges(ledger, {
      kind: 'SequenceRebased',
      name: 's',
      previous: replaced,
      claimed,
      definition: defineSequence(attributes),
    });
  };
}

export function drop(previous?: number): Step {
  return (ledger) => appendRanges(ledger, { kind: 'SequenceDropped', name: 's', previous: previous ?? generationOf(ledger) });
}

export function claim(letter: string, start: number, end: number, options: { partition?: number; generation?: number } = {}): Step {
  return (ledger) => {
    const { partition = 0, generation = generationOf(ledger) } = options;
    return appendRanges(ledger, { kind: 'RangeClaimed', name: 's', generation, partition, start, end }, letter);
  };
}

export function openClaim(letter: string): Step {
  return (ledger) => appendShards(ledger, { kind: 'RangeOpened', claimPartition: 0, claimOffset: offsetOf(ledger, letter) });
}

/** Claims the next range and opens it. */
export function open(start: number, end: number): Step {
  return (ledger) => {
    const letter = `range ${ledger.ranges.nextOffset}`;
    const claimed = claim(letter, start, end)(ledger);
    return claimed === 'accepted' ? openClaim(letter)(ledger) : claimed;
  };
}

/** Gives a stream to a pool, as its next assignment unless told otherwise. */
export function assign(stream: string, pool: string = POOL, assignment?: number): Step {
  return (ledger) => {
    const next = (ledger.shards.streams.get(stream)?.assignment ?? 0) + 1;
    return appendShards(ledger, { kind: 'StreamAssigned', stream, pool, assignment: assignment ?? next });
  };
}

/** Cuts a shard from the source it lies in, as the stream's next order, unless told otherwise. */
export function allocate(letter: string, start: number, end: number, options: Partial<ShardAllocated> = {}): Step {
  return (ledger) => {
    const { stream = STREAM } = options;
    const order = (ledger.shards.streams.get(stream)?.lastOrder ?? 0) + 1;
    const source = sourceAt(ledger, start)?.id ?? -1;
    const record = {
      kind: 'ShardAllocated',
      source,
      start,
      end,
      stream,
      pool: POOL,
      incarnation: LIFE,
      order,
      decision: DECISION,
    } as const;
    return appendShards(ledger, { ...record, ...options }, letter);
  };
}

export function returned(letter: string, ...slices: readonly Slice[]): Step {
  return returnedBy(LIFE, letter, ...slices);
}

export function returnedBy(incarnation: string, letter: string, ...slices: readonly Slice[]): Step {
  return (ledger) =>
    appendShards(ledger, { kind: 'ShardReturned', shard: offsetOf(ledger, letter), incarnation, slices: slices.map(interval) });
}

export function burned(letter: string, from: number, incarnation: string = LIFE): Step {
  return (ledger) => appendShards(ledger, { kind: 'ShardBurned', shard: offsetOf(ledger, letter), incarnation, from });
}

export function recalled(letter: string): Step {
  return (ledger) => appendShards(ledger, { kind: 'ShardRecalled', shard: offsetOf(ledger, letter), because: 'surplus' });
}

export function lost(incarnation: string = LIFE): Step {
  return (ledger) => appendShards(ledger, { kind: 'PoolLost', pool: POOL, incarnation, atMs: 0 });
}

/** Both logs to the highest level that this version knows. */
export function raiseLevels(): Step {
  return (ledger) => {
    const verdict = appendRanges(ledger, { kind: 'LevelRaised', level: LEDGER_LEVEL });
    return verdict === 'accepted' ? appendShards(ledger, { kind: 'LevelRaised', level: LEDGER_LEVEL }) : verdict;
  };
}

/** The pool begins a life that follows another; empty: none. */
export function opened(life: string, previous: string, ops: number, pool: string = POOL): Step {
  return (ledger) => appendShards(ledger, { kind: 'LifeOpened', pool, life, previous, ops });
}

export function logged(life: string, ops: number): Step {
  return (ledger) => appendShards(ledger, { kind: 'OpsLogged', pool: POOL, life, ops });
}

/** The sequence `s` without a gap: its one stream assigned to a pool that lives, and the steps after that. */
export function gaplessLedger(...steps: readonly Step[]): Ledger {
  const before = [raiseLevels(), define({ guarantee: 'gapless' }), assign(SHARED), opened(LIFE, '', 0)];
  return extended(emptyLedger(), ...before, ...steps);
}

/** A shard of the one stream. */
export function granted(letter: string, start: number, end: number, options: Partial<ShardAllocated> = {}): Step {
  return allocate(letter, start, end, { ...options, stream: SHARED });
}

export function fenced(generation: number): Step {
  return (ledger) => appendShards(ledger, { kind: 'GenerationFenced', name: 's', generation });
}

export function answered(request: string, payloadHash = 'hash', stream: string = STREAM): Step {
  return (ledger) =>
    appendShards(ledger, {
      kind: 'RequestAnswered',
      request,
      stream,
      payloadHash,
      blocks: [{ generation: 0, shard: 2, start: 0, end: 1 }],
    });
}

export const DECISION: Decision = {
  trigger: 'order',
  position: 0,
  reorderPoint: 32,
  orderUpTo: 100,
  rate: 1,
  reserve: 'floor',
  forecastAtMs: 0,
  decidedAtMs: 0,
};

/** The live generation of `s`, or -1. */
export function generationOf(ledger: Ledger): number {
  return ledger.ranges.live.get('s')?.id ?? -1;
}

export function offsetOf(ledger: Ledger, letter: string): number {
  const offset = ledger.offsets.get(letter);
  if (offset === undefined) throw new Error(`no record was called ${letter}`);
  return offset;
}

/** Where shards of `s` may be cut, as `[cursor, end)`, sorted. */
export function freeOf(ledger: Ledger): Slice[] {
  return sourcesOf(ledger)
    .map((source): Slice => [source.cursor, source.end])
    .sort((a, b) => a[0] - b[0]);
}

export function sourcesOf(ledger: Ledger): Source[] {
  return [...(ledger.shards.sources.get('s')?.values() ?? [])];
}

export function streamOf(ledger: Ledger, stream: string = STREAM): StreamLedger {
  const found = ledger.shards.streams.get(stream);
  if (found === undefined) throw new Error(`no stream ${stream}`);
  return found;
}

export function openShard(ledger: Ledger, letter: string): Shard | undefined {
  return ledger.shards.openShards.get(offsetOf(ledger, letter));
}

function sourceAt(ledger: Ledger, ordinal: number): Source | undefined {
  const sources = sourcesOf(ledger);
  const within = (source: Source): boolean => source.cursor <= ordinal && ordinal < source.end;
  return sources.find(within) ?? sources.find((source) => source.end > ordinal) ?? sources[0];
}

function interval([start, end]: Slice): Interval {
  return { start, end };
}
