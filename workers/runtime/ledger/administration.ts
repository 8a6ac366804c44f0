/**
 * Creating, changing and ending sequences: a compare-and-set record in the ranges log, then a fence read back in every shards
 * partition that ever claimed from the old generation. Acknowledged only when no stock of the old generation can be served.
 */
import { randomBytes } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import { hidesValue } from '../../../core/format/template.ts';
import { GAPLESS_LEVEL, type Generation, type RangesState } from '../../../core/ledger/ranges.ts';
import type { RangesRecord } from '../../../core/ledger/records.ts';
import { SEQUENCES_MAX } from '../../../core/limits.ts';
import { isTimeZone, periodEndMs, periodStartAt } from '../../../core/period.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import {
  checkName,
  defineSequence,
  firstOfPeriod,
  type SequenceAttributes,
  type SequenceDefinition,
  valueAt,
} from '../../../core/sequence.ts';
import type { StockState } from '../../../core/stock/stock-state.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import { type ChangePlan, changePlan, type PlannedChange } from '../value-space/change-plan.ts';
import type { LedgerReader } from './ledger-reader.ts';

/** How often the fences are looked at while an administrator waits, and for how long. */
const FENCE_POLL_MS = 2;
const FENCE_WAIT_MS_MAX = 30_000;
const OPAQUE_KEY_BYTES = 16;
/** Ranges are large, so claims are rare: two of them while one change is made are a coincidence already. */
const CHOICES_MAX = 20;
const ANYTHING_CLAIMED = -1;

export interface AdministrationOptions {
  readonly reader: LedgerReader;
  readonly partitionCount: number;
  /** Says which period a sequence begins in. */
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  /** Asks the allocator to look for fences it owes, now. */
  readonly nudge: () => void;
  /** True while this process's stock still holds anything of a generation older than this. */
  readonly holdsOlder: (name: string, generation: number) => boolean;
  /** Runs a change of a gapless sequence while nothing of it is reserved, told how many ordinals ever were; absent where that is not known. */
  readonly standStill?: <T>(generation: Generation, change: (next: number) => Promise<T>) => Promise<T>;
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
    const definition = defineSequence(completed(attributes, this.#nowMs()));
    const ranges = this.ranges(name);
    const existing = ranges.live.get(name);
    if (existing !== undefined) return sameOrThrow(existing, definition, attributes);
    const count = this.#options.reader.ranges.reduce((sum, each) => sum + each.live.size, 0);
    if (count >= SEQUENCES_MAX) throw new SequenceError('SEQ_TOO_MANY_SEQUENCES', `there are ${count} sequences, the maximum`);
    if (isRegistered(definition)) await this.#raiseLevel(name);
    const record: RangesRecord = { kind: 'SequenceDefined', name, previous: ranges.dropped.get(name) ?? -1, definition };
    if ((await this.#append(record)) !== 'accepted') {
      const winner = ranges.live.get(name);
      if (winner === undefined) throw conflict(name);
      return sameOrThrow(winner, definition, attributes);
    }
    return this.live(name);
  }

  /** A new generation under changed attributes. Without a new start it goes on above everything claimed so far. */
  async alter(name: string, changes: SequenceAttributes): Promise<Generation> {
    const current = this.live(name);
    const { definition } = current;
    if (changes.start !== undefined || isOver(definition, this.#nowMs()))
      return await this.#rebase(current, this.#altered(current, changes));
    if (definition.guarantee !== 'gapless') return await this.#alteredAboveClaims(name, changes);
    // Above what is claimed it would go on behind a gap: it goes on behind the last number that was reserved.
    const { standStill } = this.#options;
    if (standStill === undefined)
      throw new SequenceError('SEQ_UNSUPPORTED', `say where ${name} goes on: its numbers are reserved elsewhere`);
    return await standStill(current, (next) => this.#rebase(current, this.#altered({ ...current, next }, changes)));
  }

  /** What an allocator claims between the choice of a start and its record would be given out twice: then another start is chosen. */
  async #alteredAboveClaims(name: string, changes: SequenceAttributes): Promise<Generation> {
    const { id } = this.live(name);
    for (let attempt = 0; attempt < CHOICES_MAX; attempt++) {
      const current = this.live(name);
      // Somebody else's change: what the caller knew of the sequence no longer holds.
      if (current.id !== id) throw conflict(name);
      const altered = await this.#rebaseIf(current, this.#altered(current, changes), current.next);
      if (altered !== undefined) return altered;
    }
    throw conflict(name);
  }

  async restart(name: string, start?: bigint): Promise<Generation> {
    const current = this.live(name);
    return this.#rebase(current, this.#restarted(current, start));
  }

  /** What a change would do; throws what the change itself would. */
  plan(name: string, change: PlannedChange, stock: StockState | undefined): ChangePlan {
    const current = this.live(name);
    const sources = { current, ranges: this.ranges(name), shards: this.#options.reader.shards, stock };
    return changePlan(sources, change, this.#planned(current, change));
  }

  #planned(current: Generation, change: PlannedChange): SequenceDefinition | undefined {
    if (change.kind === 'drop') return undefined;
    return change.kind === 'alter' ? this.#altered(current, change.changes) : this.#restarted(current, change.start);
  }

  #altered(current: Generation, changes: SequenceAttributes): SequenceDefinition {
    const { name, definition } = current;
    if (changes.guarantee !== undefined && changes.guarantee !== definition.guarantee) {
      const message = `guarantee ${changes.guarantee}: ${name} is ${definition.guarantee} and stays so; create another sequence`;
      throw new SequenceError('SEQ_INVALID_DEFINITION', message, { attribute: 'guarantee' });
    }
    const start = changes.start ?? (isOver(definition, this.#nowMs()) ? firstOfPeriod(definition) : firstUnclaimed(current, changes));
    return defineSequence(completed({ ...definition, ...changes, start }, this.#nowMs()));
  }

  #restarted({ definition }: Generation, start = definition.start): SequenceDefinition {
    return defineSequence(completed({ ...definition, start }, this.#nowMs()));
  }

  async drop(name: string): Promise<void> {
    const current = this.live(name);
    const verdict = await this.#append({ kind: 'SequenceDropped', name, previous: current.id });
    if (verdict !== 'accepted') throw conflict(name);
    await this.#fenced(current, this.ranges(name).dropped.get(name) ?? 0);
  }

  async #rebase(current: Generation, definition: SequenceDefinition): Promise<Generation> {
    const next = await this.#rebaseIf(current, definition, ANYTHING_CLAIMED);
    if (next === undefined) throw conflict(current.name);
    return next;
  }

  /** Undefined where more than `claimed` was claimed meanwhile: nothing has changed then. */
  async #rebaseIf(current: Generation, definition: SequenceDefinition, claimed: number): Promise<Generation | undefined> {
    const { name } = current;
    if (isRegistered(definition)) await this.#raiseLevel(name);
    const verdict = await this.#append({ kind: 'SequenceRebased', name, previous: current.id, claimed, definition });
    if (verdict === 'claimed-meanwhile') return undefined;
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

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  /** Sequences of the transaction pool came with a level of the ledger: who does not know it stops, before there is one that it would judge wrongly. */
  async #raiseLevel(name: string): Promise<void> {
    const { reader, partitionCount } = this.#options;
    const partition = partitionOf(name, partitionCount);
    const record = { kind: 'LevelRaised', level: GAPLESS_LEVEL } as const;
    if (this.ranges(name).level < GAPLESS_LEVEL) await reader.append('ranges', partition, [record]);
    if ((reader.shards[partition]?.level ?? 0) < GAPLESS_LEVEL) await reader.append('shards', partition, [record]);
  }

  async #append(record: Exclude<RangesRecord, { kind: 'LevelRaised' }>): Promise<string | undefined> {
    const { reader, partitionCount } = this.#options;
    const { verdicts } = await reader.append('ranges', partitionOf(record.name, partitionCount), [record]);
    return verdicts[0];
  }
}

/** With what nobody need say: the period that it is now, and a key where values are hidden. */
function completed(attributes: SequenceAttributes, nowMs: number): SequenceAttributes {
  const { reset = 'none', timeZone = '', format = '', opaqueKey = '' } = attributes;
  // What is wrong with a time zone is for the definition to say.
  const periodStart = isTimeZone(timeZone) ? periodStartAt(nowMs, reset, timeZone) : '';
  if (opaqueKey !== '' || format === '' || !hidesValue(format)) return { ...attributes, periodStart };
  return { ...attributes, periodStart, opaqueKey: randomBytes(OPAQUE_KEY_BYTES).toString('hex') };
}

function isOver(definition: SequenceDefinition, nowMs: number): boolean {
  return periodEndMs(definition) <= nowMs;
}

/** Where an altered sequence goes on: behind the last claimed ordinal, unless the new attributes leave no room there. */
function firstUnclaimed(current: Generation, changes: SequenceAttributes): bigint {
  const { definition, next } = current;
  if (next === 0) return definition.start;
  const last = valueAt(definition, next - 1);
  return last + (changes.increment ?? definition.increment);
}

/** What was made up, and where the values of a later period begin, is not what the caller asked for. */
function sameOrThrow(existing: Generation, wanted: SequenceDefinition, asked: SequenceAttributes): Generation {
  const keys = Object.keys(wanted) as (keyof SequenceDefinition)[];
  const isSaid = (key: keyof SequenceDefinition): boolean => {
    if (key === 'periodStart') return false;
    if (key === 'start') return wanted.reset === 'none';
    return key !== 'opaqueKey' || asked.opaqueKey !== undefined;
  };
  const different = keys.filter((key) => isSaid(key) && existing.definition[key] !== wanted[key]);
  if (different.length === 0) return existing;
  throw new SequenceError('SEQ_SEQUENCE_EXISTS', `sequence ${existing.name} exists with other attributes (${different.join(', ')})`, {
    sequence: existing.name,
  });
}

function conflict(name: string): SequenceError {
  return new SequenceError('SEQ_CONFLICT', `sequence ${name} was changed by somebody else at the same time`, { sequence: name });
}
