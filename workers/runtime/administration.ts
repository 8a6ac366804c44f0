/**
 * Creating, changing and ending sequences: a compare-and-set record in the ranges log, then a fence read back in every shards
 * partition that ever claimed from the old generation. Acknowledged only when no stock of the old generation can be served.
 */
import { SequenceError } from '../../core/errors.ts';
import type { Generation, RangesState } from '../../core/ledger/ranges.ts';
import type { RangesRecord } from '../../core/ledger/records.ts';
import { SEQUENCES_MAX } from '../../core/limits.ts';
import { checkName, defineSequence, type SequenceAttributes, type SequenceDefinition, valueAt } from '../../core/sequence.ts';
import { partitionOf } from '../../core/stream.ts';
import type { LedgerReader } from './ledger-reader.ts';

/** How often the fences are looked at while an administrator waits, and for how long. */
const FENCE_POLL_MS = 2;
const FENCE_WAIT_MS_MAX = 30_000;

export interface AdministrationOptions {
  readonly reader: LedgerReader;
  readonly partitionCount: number;
  readonly monotonicMs: () => number;
  /** Asks the allocator to look for fences it owes, now. */
  readonly nudge: () => void;
  /** True while this process's stock still holds anything of a generation older than this. */
  readonly holdsOlder: (name: string, generation: number) => boolean;
}

export class Administration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  ranges(name: string): RangesState {
    const { reader, partitionCount } = this.#options;
    return reader.ranges[partitionOf(name, partitionCount)] as RangesState;
  }

  live(name: string): Generation {
    checkName('sequence', name);
    const generation = this.ranges(name).live.get(name);
    if (generation === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `there is no sequence ${name}`, { sequence: name });
    return generation;
  }

  /** Creates a sequence; one that exists with the same attributes is returned as it is, so that a retry is harmless. */
  async create(name: string, attributes: SequenceAttributes): Promise<Generation> {
    checkName('sequence', name);
    const definition = defineSequence(attributes);
    const ranges = this.ranges(name);
    const existing = ranges.live.get(name);
    if (existing !== undefined) return sameOrThrow(existing, definition);
    const count = this.#options.reader.ranges.reduce((sum, each) => sum + each.live.size, 0);
    if (count >= SEQUENCES_MAX) throw new SequenceError('SEQ_TOO_MANY_SEQUENCES', `there are ${count} sequences, the maximum`);
    const record: RangesRecord = { kind: 'SequenceDefined', name, previous: ranges.dropped.get(name) ?? -1, definition };
    if ((await this.#append(record)) !== 'accepted') {
      const winner = ranges.live.get(name);
      if (winner === undefined) throw conflict(name);
      return sameOrThrow(winner, definition);
    }
    return this.live(name);
  }

  /** A new generation under changed attributes. Without a new start it goes on above everything claimed so far. */
  async alter(name: string, changes: SequenceAttributes): Promise<Generation> {
    const current = this.live(name);
    const start = changes.start ?? firstUnclaimed(current, changes);
    return this.#rebase(current, defineSequence({ ...current.definition, ...changes, start }));
  }

  async restart(name: string, start?: bigint): Promise<Generation> {
    const current = this.live(name);
    return this.#rebase(current, defineSequence({ ...current.definition, start: start ?? current.definition.start }));
  }

  async drop(name: string): Promise<void> {
    const current = this.live(name);
    const verdict = await this.#append({ kind: 'SequenceDropped', name, previous: current.id });
    if (verdict !== 'accepted') throw conflict(name);
    await this.#fenced(current, this.ranges(name).dropped.get(name) ?? 0);
  }

  async #rebase(current: Generation, definition: SequenceDefinition): Promise<Generation> {
    const { name } = current;
    const verdict = await this.#append({ kind: 'SequenceRebased', name, previous: current.id, definition });
    if (verdict !== 'accepted') throw conflict(name);
    const next = this.live(name);
    await this.#fenced(current, next.id);
    return next;
  }

  /** Waits until every partition that claimed from an older generation has read its fence, and the stock behind it is gone. */
  async #fenced(current: Generation, generation: number): Promise<void> {
    const { reader, monotonicMs, nudge, holdsOlder } = this.#options;
    const deadlineMs = monotonicMs() + FENCE_WAIT_MS_MAX;
    const { name } = current;
    const isFenced = (partition: number): boolean => (reader.shards[partition]?.minGeneration.get(name) ?? -1) >= generation;
    nudge();
    while (![...current.partitions].every(isFenced) || holdsOlder(name, generation)) {
      if (monotonicMs() > deadlineMs) {
        throw new SequenceError(
          'SEQ_WAIT_TIMEOUT',
          `the change of ${name} is in the ledger, but its fences were not read back within ${FENCE_WAIT_MS_MAX / 1_000} s`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, FENCE_POLL_MS));
    }
  }

  async #append(record: Exclude<RangesRecord, { kind: 'LevelRaised' }>): Promise<string | undefined> {
    const { reader, partitionCount } = this.#options;
    const { verdicts } = await reader.append('ranges', partitionOf(record.name, partitionCount), [record]);
    return verdicts[0];
  }
}

/** Where an altered sequence goes on: behind the last claimed ordinal, unless the new attributes leave no room there. */
function firstUnclaimed(current: Generation, changes: SequenceAttributes): bigint {
  const { definition, next } = current;
  if (next === 0) return definition.start;
  const last = valueAt(definition, next - 1);
  return last + (changes.increment ?? definition.increment);
}

function sameOrThrow(existing: Generation, wanted: SequenceDefinition): Generation {
  const keys = Object.keys(wanted) as (keyof SequenceDefinition)[];
  const different = keys.filter((key) => existing.definition[key] !== wanted[key]);
  if (different.length === 0) return existing;
  throw new SequenceError('SEQ_SEQUENCE_EXISTS', `sequence ${existing.name} exists with other attributes (${different.join(', ')})`, {
    sequence: existing.name,
  });
}

function conflict(name: string): SequenceError {
  return new SequenceError('SEQ_CONFLICT', `sequence ${name} was changed by somebody else at the same time`, { sequence: name });
}
