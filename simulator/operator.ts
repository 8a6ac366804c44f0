/**
 * The operator: creates, restarts, alters and drops sequences by compare-and-set on what its reader knows, sends some commands late
 * or twice, and is told that a generation has ended once its fences are read back and its shards are closed.
 */
import { owedFences } from '../core/ledger/housekeeping.ts';
import type { RangesState } from '../core/ledger/ranges.ts';
import type { RangesRecord } from '../core/ledger/records.ts';
import { partitionOf } from '../core/stream.ts';
import type { Dice } from './dice.ts';
import { Reader } from './reader.ts';
import { SEQUENCE_KINDS, type SequenceKind } from './sequences.ts';
import type { Surroundings } from './surroundings.ts';

export class Operator {
  readonly reader: Reader;
  readonly #world: Surroundings;
  readonly #kinds: readonly SequenceKind[];

  constructor(world: Surroundings, kinds: readonly SequenceKind[]) {
    this.#world = world;
    this.#kinds = kinds;
    this.reader = new Reader(world);
  }

  /** Reads on, creates what is missing, and acknowledges what has ended. */
  act(dice: Dice): void {
    this.reader.foldRanges(Number.POSITIVE_INFINITY);
    for (const state of this.reader.shards) this.reader.foldShards(state, Number.POSITIVE_INFINITY);
    for (const kind of this.#kinds) {
      const ranges = this.#rangesOf(kind);
      if (!ranges.live.has(kind) && (this.#world.quiet || dice.chance(0.7))) this.#command(this.#defined(kind, ranges, dice), dice);
      this.#acknowledge(kind, ranges);
    }
  }

  /** Ends a generation: by restart, by alter, or by drop. */
  endGeneration(dice: Dice): void {
    const kind = dice.pick(this.#kinds);
    const previous = this.#rangesOf(kind).live.get(kind)?.id;
    if (previous === undefined) return;
    const drops = this.#world.faults.has('drop') && dice.chance(0.4);
    const definition = dice.pick<(typeof SEQUENCE_KINDS)[SequenceKind][number]>(SEQUENCE_KINDS[kind]);
    const record: RangesRecord = drops
      ? { kind: 'SequenceDropped', name: kind, previous }
      : { kind: 'SequenceRebased', name: kind, previous, claimed: -1, definition };
    this.#command(record, dice);
  }

  /** Sends a command, and with some luck a copy of it that arrives when other commands were carried out since. */
  #command(record: RangesRecord, dice: Dice): void {
    this.#propose(record, dice);
    if (this.#world.quiet || !this.#world.faults.has('late-admin') || !dice.chance(0.5)) return;
    this.#world.later(dice.between(100, 20_000), () => this.#propose(record, dice));
    this.#world.coverage.count('late-admin');
  }

  #defined(kind: SequenceKind, ranges: RangesState, dice: Dice): RangesRecord {
    const definition = SEQUENCE_KINDS[kind][dice.chance(0.7) ? 0 : 1];
    return { kind: 'SequenceDefined', name: kind, previous: ranges.dropped.get(kind) ?? -1, definition };
  }

  /** Sequences whose older generations were not acknowledged as ended. */
  unacknowledged(): string[] {
    return this.#kinds.filter((kind) => !this.#hasEnded(kind, this.#rangesOf(kind)));
  }

  /** Rule f of the ledger: accepted, fenced wherever an older claim was, and every older shard closed. */
  #acknowledge(kind: SequenceKind, ranges: RangesState): void {
    const generation = this.#currentOf(kind, ranges);
    if (generation !== undefined && this.#hasEnded(kind, ranges)) this.#world.answers.acknowledged(kind, generation);
  }

  #currentOf(kind: SequenceKind, ranges: RangesState): number | undefined {
    return ranges.live.get(kind)?.id ?? ranges.dropped.get(kind);
  }

  #hasEnded(kind: SequenceKind, ranges: RangesState): boolean {
    const generation = this.#currentOf(kind, ranges);
    if (generation === undefined) return false;
    for (const shards of this.reader.shards) {
      if (owedFences(ranges, shards).some((fence) => fence.name === kind)) return false;
      for (const shard of shards.openShards.values()) if (shard.name === kind && shard.generation < generation) return false;
    }
    return true;
  }

  #rangesOf(kind: SequenceKind): RangesState {
    return this.reader.ranges[partitionOf(kind, this.#world.partitionCount)] as RangesState;
  }

  #propose(record: RangesRecord, dice: Dice): void {
    const name = 'name' in record ? record.name : '';
    this.#world.propose({ log: 'ranges', partition: partitionOf(name, this.#world.partitionCount), record }, dice);
  }
}
