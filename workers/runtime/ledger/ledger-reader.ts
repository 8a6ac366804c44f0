/**
 * Folds the ranges and shards logs of this process, once for all roles in it: from the newest snapshot that fits, to the end, and
 * on as records arrive. Everyone who acts on the ledger acts on what this reader has read back.
 */
import { SequenceError } from '../../../core/errors.ts';
import { emptyRanges, LEDGER_LEVEL, type RangesState, replayRanges } from '../../../core/ledger/ranges.ts';
import type { LedgerRecord, RangesRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import { replayShards } from '../../../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../../../core/ledger/shards-state.ts';
import { rangesFromJson, rangesToJson, shardsFromJson, shardsToJson } from '../../../core/ledger/state-json.ts';
import type { Verdict } from '../../../core/ledger/verdict.ts';
import { periodEndMs } from '../../../core/period.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { Append, EventLog, LogEntry, RecordHeaders, SnapshotStore, Subscription } from '../../../pipelines/ports.ts';
import { decode, encode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { fittingSnapshot, recordHash, saveSnapshot } from './snapshots.ts';

/** Records read at a time while catching up. */
const READ_LIMIT = 4_096;
/** A snapshot is taken after this many records of a partition: bounds a restart to well under a second of folding. */
const SNAPSHOT_EVERY = 50_000;

export type LedgerLog = 'ranges' | 'shards';

/** Called after each record was judged, in log order; `live` is false while catching up. */
export interface LedgerListener {
  onRanges?(partition: number, offset: number, record: RangesRecord, verdict: Verdict, live: boolean): void;
  onShards?(state: ShardsState, offset: number, record: ShardsRecord, verdict: Verdict, live: boolean, headers?: RecordHeaders): void;
  /** After a batch of live records was folded: the moment to decide again. */
  onMoved?(): void;
}

interface Partition {
  readonly log: LedgerLog;
  readonly partition: number;
  sinceSnapshot: number;
  lastBytes: Uint8Array | undefined;
  /** Callers of `append` that wait for their record's verdict, by offset. */
  readonly awaited: Map<number, (verdict: Verdict) => void>;
  /** Verdicts of records folded before their append was acknowledged to the caller. */
  readonly recent: Map<number, Verdict>;
  /** Wakes shards readers that wait for this ranges log. */
  wake: (() => void)[];
}

/** Verdicts kept for callers whose acknowledgement arrives after the record itself. */
const RECENT_MAX = 4_096;

export interface LedgerReaderOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  readonly onFailure: (error: unknown) => void;
  /** Whether this process takes the snapshots of a partition: of many readers one is enough. */
  readonly saves?: (partition: number) => boolean;
}

export class LedgerReader {
  readonly ranges: RangesState[];
  readonly shards: ShardsState[];
  readonly #log: EventLog;
  readonly #snapshots: SnapshotStore;
  readonly #onFailure: (error: unknown) => void;
  readonly #saves: (partition: number) => boolean;
  readonly #listeners: LedgerListener[] = [];
  readonly #partitions: Record<LedgerLog, Partition[]>;
  readonly #subscriptions: Subscription[] = [];
  readonly #saving = new Set<Promise<void>>();
  /** Rounds in which the ranges logs are read on while catching up, one after the other. */
  #rangesReadOn: Promise<unknown> = Promise.resolve();
  recordsFolded = 0;
  recordsRejected = 0;

  constructor(options: LedgerReaderOptions) {
    this.#log = options.log;
    this.#snapshots = options.snapshots;
    this.#onFailure = options.onFailure;
    this.#saves = options.saves ?? (() => true);
    const numbers = Array.from({ length: options.partitionCount }, (_, partition) => partition);
    this.ranges = numbers.map((partition) => emptyRanges(partition));
    this.shards = numbers.map((partition) => emptyShards(partition));
    this.#partitions = {
      ranges: numbers.map((partition) => newPartition('ranges', partition)),
      shards: numbers.map((partition) => newPartition('shards', partition)),
    };
  }

  listen(listener: LedgerListener): void {
    this.#listeners.push(listener);
  }

  /** Folds both logs to their present ends. Throws when a snapshot contradicts the log or a record is of a newer version. */
  async catchUp(): Promise<void> {
    await Promise.all(this.#partitions.ranges.map((each) => this.#catchUpPartition(each)));
    await Promise.all(this.#partitions.shards.map((each) => this.#catchUpPartition(each)));
  }

  /** Goes on from where `catchUp` ended, with every record as it arrives. */
  follow(): void {
    for (const log of ['ranges', 'shards'] as const) {
      for (const each of this.#partitions[log]) {
        const from = this.#nextOffset(each);
        const handler = (entries: readonly LogEntry[]): void | Promise<void> => this.#onEntries(each, entries);
        this.#subscriptions.push(
          this.#log.subscribe({ topic: TOPICS[log].name, partition: each.partition, from, handler, onError: this.#onFailure }),
        );
      }
    }
  }

  /** Appends records and resolves with their verdicts, once read back. Rejects with `SEQ_APPEND_UNKNOWN` like the log. */
  async append(log: LedgerLog, partition: number, records: readonly LedgerRecord[]): Promise<{ offset: number; verdicts: Verdict[] }> {
    const offset = await this.#log.append({ topic: TOPICS[log].name, partition, records: records.map(encode) });
    const verdicts = await Promise.all(records.map((_, index) => this.#verdictOf(log, partition, offset + index)));
    return { offset, verdicts };
  }

  /** The verdict of a record of this process that was appended in another way, once read back. */
  verdict(log: LedgerLog, partition: number, offset: number): Promise<Verdict> {
    return this.#verdictOf(log, partition, offset);
  }

  /** Appends without waiting for the verdict: whoever cares reads it back. Headers are one for each record. */
  async propose(log: LedgerLog, partition: number, records: readonly LedgerRecord[], headers?: Append['headers']): Promise<void> {
    const append = { topic: TOPICS[log].name, partition, records: records.map(encode) };
    await this.#log.append(headers === undefined ? append : { ...append, headers });
  }

  /** When the period of a generation is over, by this process's time zones; `Infinity` where it has none. */
  periodEndMs(sequence: string, generation: number): number {
    const found = this.ranges[partitionOf(sequence, this.ranges.length)]?.generations.get(generation);
    return found === undefined ? Number.POSITIVE_INFINITY : periodEndMs(found.definition);
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.close()));
    await Promise.all([...this.#saving]);
    for (const each of [...this.#partitions.ranges, ...this.#partitions.shards]) {
      if (each.sinceSnapshot > 0 && this.#saves(each.partition)) await this.#saveNow(each);
    }
  }

  #verdictOf(log: LedgerLog, partition: number, offset: number): Promise<Verdict> {
    const each = this.#partitions[log][partition] as Partition;
    const known = each.recent.get(offset);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => each.awaited.set(offset, resolve));
  }

  async #catchUpPartition(each: Partition): Promise<void> {
    const topic = TOPICS[each.log].name;
    const snapshot = await fittingSnapshot({
      log: this.#log,
      snapshots: this.#snapshots,
      stage: each.log,
      topic,
      partition: each.partition,
    });
    if (snapshot !== undefined) {
      if (each.log === 'ranges') this.ranges[each.partition] = rangesFromJson(snapshot);
      else this.shards[each.partition] = shardsFromJson(snapshot);
    }
    const start = await this.#log.startOffset(topic, each.partition);
    if (start > this.#nextOffset(each)) {
      throw cutOff(each, this.#nextOffset(each), start);
    }
    await this.#readToEnd(each);
  }

  async #readToEnd(each: Partition): Promise<void> {
    for (;;) {
      const entries = await this.#log.read(TOPICS[each.log].name, each.partition, this.#nextOffset(each), READ_LIMIT);
      if (entries.length === 0) return;
      for (const entry of entries) {
        if (this.#foldCaughtUp(each, entry) === 'wait') await this.#foldWithItsClaim(each, entry);
      }
    }
  }

  /** What was appended to the ranges logs since they were read to their ends. */
  #readRangesOn(): Promise<unknown> {
    this.#rangesReadOn = this.#rangesReadOn.then(() => Promise.all(this.#partitions.ranges.map((each) => this.#readToEnd(each))));
    return this.#rangesReadOn;
  }

  #foldCaughtUp(each: Partition, entry: LogEntry): Verdict {
    if (entry.offset !== this.#nextOffset(each)) {
      throw new SequenceError(
        'SEQ_DATA_CORRUPT',
        `the ${each.log} log of partition ${each.partition} lacks record ${this.#nextOffset(each)}`,
      );
    }
    return this.#fold(each, entry, false);
  }

  /** Others go on while this reader catches up: the claim was made after the ranges logs had been read to their ends. */
  async #foldWithItsClaim(each: Partition, entry: LogEntry): Promise<void> {
    await this.#readRangesOn();
    if (this.#fold(each, entry, false) === 'wait') {
      throw new SequenceError(
        'SEQ_DATA_CORRUPT',
        `record ${entry.offset} of shards partition ${each.partition} names a claim that the ranges log does not have`,
      );
    }
  }

  #onEntries(each: Partition, entries: readonly LogEntry[]): void | Promise<void> {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as LogEntry;
      const next = this.#nextOffset(each);
      if (entry.offset < next) continue;
      if (entry.offset > next) throw cutOff(each, next, entry.offset);
      if (this.#fold(each, entry, true) === 'wait') return this.#resumeLater(each, entries.slice(i));
    }
    this.#moved(each);
  }

  async #resumeLater(each: Partition, entries: readonly LogEntry[]): Promise<void> {
    await new Promise<void>((resolve) => {
      for (const ranges of this.#partitions.ranges) ranges.wake.push(resolve);
    });
    await this.#onEntries(each, entries);
  }

  #fold(each: Partition, entry: LogEntry, live: boolean): Verdict {
    const verdict = this.#judge(each, entry, live);
    if (verdict === 'wait') return verdict;
    this.recordsFolded++;
    if (verdict !== 'accepted') this.recordsRejected++;
    each.sinceSnapshot++;
    each.lastBytes = entry.bytes;
    if (!live) return verdict;
    const waiting = each.awaited.get(entry.offset);
    if (waiting !== undefined) {
      each.awaited.delete(entry.offset);
      waiting(verdict);
    } else {
      each.recent.set(entry.offset, verdict);
      each.recent.delete(entry.offset - RECENT_MAX);
    }
    return verdict;
  }

  #judge(each: Partition, entry: LogEntry, live: boolean): Verdict {
    const { partition } = each;
    const record = decode(entry.bytes) as LedgerRecord;
    if (each.log === 'ranges') {
      const verdict = replayRanges(this.ranges[partition] as RangesState, entry.offset, record as RangesRecord);
      for (const listener of this.#listeners) listener.onRanges?.(partition, entry.offset, record as RangesRecord, verdict, live);
      return verdict;
    }
    const state = this.shards[partition] as ShardsState;
    const verdict = replayShards(state, entry.offset, record as ShardsRecord, (p) => this.ranges[p] as RangesState);
    if (verdict === 'wait') return verdict;
    for (const listener of this.#listeners) {
      listener.onShards?.(state, entry.offset, record as ShardsRecord, verdict, live, entry.headers);
    }
    return verdict;
  }

  #moved(each: Partition): void {
    for (const wake of each.wake.splice(0)) wake();
    for (const listener of this.#listeners) listener.onMoved?.();
    if (each.sinceSnapshot < SNAPSHOT_EVERY || !this.#saves(each.partition)) return;
    const saving = this.#saveNow(each).catch(this.#onFailure);
    this.#saving.add(saving);
    void saving.finally(() => this.#saving.delete(saving));
  }

  async #saveNow(each: Partition): Promise<void> {
    each.sinceSnapshot = 0;
    const { partition, log } = each;
    const state =
      log === 'ranges' ? rangesToJson(this.ranges[partition] as RangesState) : shardsToJson(this.shards[partition] as ShardsState);
    const topic = TOPICS[log].name;
    const position = { offset: this.#nextOffset(each), hash: each.lastBytes === undefined ? '' : recordHash(each.lastBytes) };
    await saveSnapshot({ log: this.#log, snapshots: this.#snapshots, stage: log, topic, partition, level: LEDGER_LEVEL, position, state });
  }

  #nextOffset(each: Partition): number {
    return (each.log === 'ranges' ? this.ranges : this.shards)[each.partition]?.nextOffset ?? 0;
  }
}

/** Records that this reader needs were trimmed: before it came, or while it was behind. */
function cutOff({ log, partition }: Partition, next: number, start: number): SequenceError {
  return new SequenceError(
    'SEQ_LEDGER_CUT',
    `${TOPICS[log].name}/${partition} goes on at record ${start}, and record ${next} is needed: it was trimmed, and no usable snapshot reaches beyond it`,
  );
}

function newPartition(log: LedgerLog, partition: number): Partition {
  return { log, partition, sinceSnapshot: 0, lastBytes: undefined, awaited: new Map(), recent: new Map(), wake: [] };
}
