/**
 * Watches what the stores do and what callers get: no ordinal in two answers (I1), only from the live part of the shard that
 * allocated it (I2), loaded once by the life it names (I5), cursors that never go back (I6), inside the bounds (I7), in order where
 * that is promised (I11), never of a generation whose end was acknowledged, nor of a period that is over.
 */
import { type AuditedShard, generationKey } from '../../core/ledger/audit.ts';
import { answerKey, type ShardsState } from '../../core/ledger/shards-state.ts';
import { periodEndMs } from '../../core/period.ts';
import { type SequenceDefinition, valueAt } from '../../core/sequence.ts';
import { findShard, type StockState } from '../../core/stock/stock-state.ts';
import type { Taken } from '../../core/stock/take.ts';
import { partitionOf, sequenceOfStream } from '../../core/stream.ts';
import type { LedgerCheck } from './ledger-check.ts';
import { OrdinalSet } from './ordinal-set.ts';
import { Violation } from './violation.ts';

export class AnswerCheck {
  readonly #ledger: LedgerCheck;
  readonly #partitionCount: number;
  /** Ordinals in somebody's answer, by generation. */
  readonly #issued = new Map<string, OrdinalSet>();
  /** Ordinals issued from each shard, net of what its store took back. */
  readonly issuedOf = new Map<string, number>();
  readonly #loadedBy = new Map<string, string>();
  readonly #cursors = new Map<string, number>();
  readonly #lastInOrder = new Map<string, { generation: number; end: number }>();
  readonly #endedBefore = new Map<string, number>();
  readonly #answered = new Map<string, string>();
  readonly #answeredOrdinals = new Map<string, OrdinalSet>();

  constructor(ledger: LedgerCheck) {
    this.#ledger = ledger;
    this.#partitionCount = ledger.partitions.length;
  }

  /** A store answered `loaded`. */
  loaded(store: StockState, partition: number, shardId: number): void {
    const key = `${partition}:${shardId}`;
    const shard = this.#ledger.shard(partition, shardId);
    if (shard === undefined) throw new Violation('I5', `shard ${key} was loaded but never accepted`);
    if (shard.incarnation !== store.incarnation)
      throw new Violation('I5', `shard ${key} for ${shard.incarnation} was loaded by ${store.incarnation}`);
    if (this.#loadedBy.has(key)) throw new Violation('I5', `shard ${key} was loaded twice by ${store.incarnation}`);
    this.#loadedBy.set(key, store.incarnation);
  }

  /** A store handed out these blocks to one caller of `stream`. */
  taken(store: StockState, stream: string, taken: readonly Taken[], nowMs: number): void {
    for (const block of taken) this.#takenBlock(store, stream, block, nowMs);
  }

  /** The store took a slice of a numbered block back: nobody uses it any more, it may be issued again. */
  takenBack(block: Taken, name: string, start: number, end: number): void {
    const removed = this.#issued.get(generationKey(name, block.generation))?.remove(start, end);
    if (removed !== true) throw new Violation('I1', `[${start}, ${end}) of ${name} was taken back but is in no answer`);
    this.#countIssued(block.partition, block.shard, start - end);
  }

  /** The end of every generation older than this was acknowledged to the operator. */
  acknowledged(name: string, generation: number): void {
    this.#endedBefore.set(name, Math.max(generation, this.#endedBefore.get(name) ?? -1));
  }

  /** A pool answers a request by its id: every answer to it is the same, and no other request has any of it. */
  answeredById(ledger: ShardsState, stream: string, request: string): void {
    const key = answerKey(stream, request);
    const blocks = ledger.answers.get(key)?.blocks ?? [];
    const answer = JSON.stringify(blocks);
    const known = this.#answered.get(key);
    if (known === answer) return;
    if (known !== undefined) throw new Violation('request', `request ${request} of ${stream} was answered ${known} and ${answer}`);
    this.#answered.set(key, answer);
    for (const { generation, shard, start, end } of blocks) {
      const owned = ordinalsOf(this.#answeredOrdinals, generationKey(sequenceOfStream(stream), generation));
      if (!owned.add(start, end)) throw new Violation('request', `[${start}, ${end}) of shard ${shard} answers two requests`);
    }
  }

  #takenBlock(store: StockState, stream: string, block: Taken, nowMs: number): void {
    const { partition, generation, start, count } = block;
    const end = start + count;
    const name = sequenceOfStream(stream);
    const from = `shard ${partition}:${block.shard} of ${name}@${generation}`;
    const key = generationKey(name, generation);
    if (!ordinalsOf(this.#issued, key).add(start, end)) throw new Violation('I1', `[${start}, ${end}) from ${from} is in two answers`);
    this.#countIssued(partition, block.shard, count);
    const shard = this.#ledger.shard(partition, block.shard);
    if (shard === undefined || !isLive(shard, start, end) || shard.stream !== stream || shard.generation !== generation) {
      throw new Violation('I2', `[${start}, ${end}) does not lie in the live part of ${from}`);
    }
    this.#checkLife(store, shard, from);
    const definition = this.#ledger.ranges[partitionOf(name, this.#partitionCount)]?.generations.get(generation)?.definition;
    if (definition === undefined) throw new Violation('I2', `${from} belongs to no generation`);
    checkBounds(definition, start, end - 1, from);
    if (nowMs >= periodEndMs(definition)) throw new Violation('period', `[${start}, ${end}) from ${from} was issued after its period`);
    // A life that was declared lost is in doubt: it may serve until it reads so, and nothing is promised of its answers' order.
    const isLost = this.#ledger.partitions[partition]?.state.lost.has(shard.incarnation) === true;
    if (isLost) return;
    if (generation < (this.#endedBefore.get(name) ?? -1))
      throw new Violation('fence', `[${start}, ${end}) from ${from} was issued after its end was acknowledged`);
    if (definition.order !== 'none') this.#checkOrder(stream, generation, start, end);
  }

  #checkLife(store: StockState, shard: AuditedShard, from: string): void {
    const held = findShard(store, shard.partition, shard.shard);
    if (held === undefined || held.life !== store.incarnation || shard.incarnation !== store.incarnation) {
      throw new Violation('I6', `${store.incarnation} issued from ${from}, which was loaded by ${held?.life} for ${shard.incarnation}`);
    }
    const key = `${shard.partition}:${shard.shard}`;
    if (held.cursor < (this.#cursors.get(key) ?? 0)) throw new Violation('I6', `the cursor of ${from} went back to ${held.cursor}`);
    this.#cursors.set(key, held.cursor);
  }

  #checkOrder(stream: string, generation: number, start: number, end: number): void {
    const last = this.#lastInOrder.get(stream);
    if (last?.generation === generation && start < last.end) {
      throw new Violation('I11', `stream ${stream} got ordinal ${start} after ${last.end - 1}`);
    }
    if (last === undefined || last.generation <= generation) this.#lastInOrder.set(stream, { generation, end });
  }

  #countIssued(partition: number, shard: number, count: number): void {
    const key = `${partition}:${shard}`;
    this.issuedOf.set(key, (this.issuedOf.get(key) ?? 0) + count);
  }
}

function ordinalsOf(sets: Map<string, OrdinalSet>, key: string): OrdinalSet {
  let found = sets.get(key);
  if (found === undefined) {
    found = new OrdinalSet();
    sets.set(key, found);
  }
  return found;
}

function isLive(shard: AuditedShard, start: number, end: number): boolean {
  if (start < shard.start || end > shard.end) return false;
  return shard.ending !== 'returned' || shard.slices.every((slice) => slice.end <= start || slice.start >= end);
}

function checkBounds(definition: SequenceDefinition, first: number, last: number, from: string): void {
  for (const ordinal of [first, last]) {
    const value = valueAt(definition, ordinal);
    if (value < definition.min || value > definition.max)
      throw new Violation('I7', `${value} from ${from} lies outside ${definition.min}..${definition.max}`);
  }
}
