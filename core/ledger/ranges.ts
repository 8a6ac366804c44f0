/**
 * The ranges ledger: which sequences exist, which generation of each is live, and which ranges of it belong to which
 * allocation partition.
 *
 * Nothing has happened until a record is read back from the log and `replayRanges` accepts it. The state is folded in place by
 * its one owner; every reader folds the same records with this same function, so what loses, loses everywhere.
 */
import { SequenceError } from '../errors.ts';
import type { Interval } from '../interval.ts';
import { isRegistered } from '../pool-kind.ts';
import { capacityOf, type SequenceDefinition } from '../sequence.ts';
import type { RangeClaimed, RangesRecord, SequenceDefined, SequenceDropped, SequenceRebased } from './records.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import type { Verdict } from './verdict.ts';

/** Highest ledger level whose rules this code knows. */
export const LEDGER_LEVEL = 2;
/** From this level on there are gapless sequences, and the lives of their pools. */
export const GAPLESS_LEVEL = 2;

export interface Generation {
  /** Offset of the record that opened it. */
  readonly id: number;
  readonly name: string;
  readonly definition: SequenceDefinition;
  readonly capacity: number;
  /** Next ordinal nobody claimed. */
  next: number;
  /** Allocation partitions that ever claimed from it: where a fence must be read back. */
  readonly partitions: Set<number>;
}

export interface Claim extends Interval {
  readonly offset: number;
  readonly name: string;
  readonly generation: number;
  readonly partition: number;
}

export interface RangesState {
  readonly partition: number;
  readonly rules: Rules;
  level: number;
  /** One past the last record folded. */
  nextOffset: number;
  readonly generations: Map<number, Generation>;
  /** Live generation by name. */
  readonly live: Map<string, Generation>;
  /** Offset of the last accepted drop by name. */
  readonly dropped: Map<string, number>;
  readonly claims: Map<number, Claim>;
}

export function emptyRanges(partition: number, rules: Rules = ALL_RULES): RangesState {
  return { partition, rules, level: 1, nextOffset: 0, generations: new Map(), live: new Map(), dropped: new Map(), claims: new Map() };
}

/** Judges one record at its offset; `nextOffset` moves past it whatever the verdict. Throws on a level it does not know. */
export function replayRanges(state: RangesState, offset: number, record: RangesRecord): Verdict {
  const verdict = judge(state, offset, record);
  state.nextOffset = offset + 1;
  return verdict;
}

function judge(state: RangesState, offset: number, record: RangesRecord): Verdict {
  switch (record.kind) {
    case 'RangeClaimed':
      return replayClaimed(state, offset, record);
    case 'SequenceDefined':
      return replayDefined(state, offset, record);
    case 'SequenceRebased':
      return replayRebased(state, offset, record);
    case 'SequenceDropped':
      return replayDropped(state, offset, record);
    case 'LevelRaised':
      if (record.level <= state.level) return 'level-not-higher';
      state.level = knownLevel(record.level);
      return 'accepted';
  }
}

function replayDefined(state: RangesState, offset: number, record: SequenceDefined): Verdict {
  if (state.live.has(record.name)) return 'name-taken';
  if (isAboveLevel(state, record.definition)) return 'level-too-low';
  // A delayed copy of an older definition must not bring back a sequence that was dropped since.
  if (record.previous !== (state.dropped.get(record.name) ?? -1)) return 'not-after-last-drop';
  openGeneration(state, offset, record.name, record.definition);
  return 'accepted';
}

function replayRebased(state: RangesState, offset: number, record: SequenceRebased): Verdict {
  const replaced = state.live.get(record.name);
  if (replaced?.id !== record.previous) return 'generation-not-current';
  if (record.claimed >= 0 && replaced.next !== record.claimed) return 'claimed-meanwhile';
  if (isAboveLevel(state, record.definition)) return 'level-too-low';
  openGeneration(state, offset, record.name, record.definition);
  return 'accepted';
}

function replayDropped(state: RangesState, offset: number, record: SequenceDropped): Verdict {
  if (state.live.get(record.name)?.id !== record.previous) return 'generation-not-current';
  state.live.delete(record.name);
  state.dropped.set(record.name, offset);
  return 'accepted';
}

function replayClaimed(state: RangesState, offset: number, record: RangeClaimed): Verdict {
  const generation = state.live.get(record.name);
  if (generation === undefined || generation.id !== record.generation) return 'generation-not-current';
  if (state.rules.logArbitration && record.start !== generation.next) return 'not-at-next-ordinal';
  if (record.end <= record.start) return 'range-empty';
  if (record.end > generation.capacity) return 'beyond-capacity';
  // Ranges of two partitions would be cut side by side, and the one that is used less would leave a gap.
  const isElsewhere = generation.partitions.size > 0 && !generation.partitions.has(record.partition);
  if (isRegistered(generation.definition) && isElsewhere) return 'claimed-elsewhere';
  generation.next = Math.max(generation.next, record.end);
  generation.partitions.add(record.partition);
  const { name, partition, start, end } = record;
  state.claims.set(offset, { offset, name, generation: generation.id, partition, start, end });
  return 'accepted';
}

/** Readers of a lower level do not know what must hold for it. */
function isAboveLevel({ level }: RangesState, definition: SequenceDefinition): boolean {
  return isRegistered(definition) && level < GAPLESS_LEVEL;
}

function openGeneration(state: RangesState, id: number, name: string, definition: SequenceDefinition): void {
  const generation: Generation = { id, name, definition, capacity: capacityOf(definition), next: 0, partitions: new Set() };
  state.generations.set(id, generation);
  state.live.set(name, generation);
}

/** A level is a rule change of the fold: a reader that does not know it stops, it never skips. */
export function knownLevel(level: number): number {
  if (level <= LEDGER_LEVEL) return level;
  throw new SequenceError('SEQ_DATA_NEWER', `the ledger was raised to level ${level}; this version folds up to level ${LEDGER_LEVEL}`);
}
