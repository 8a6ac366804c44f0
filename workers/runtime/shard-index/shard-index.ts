/**
 * The index of all shards of a process: who was given which ordinals. Nobody pays for it who never asks: the first question loads the
 * newest snapshot of it and folds what came since, a few records at a time between the calls of others; from then on it goes with the
 * ledger reader, and a question costs some halvings.
 */
import { SequenceError } from '../../../core/errors.ts';
import { LEDGER_LEVEL, type RangesState } from '../../../core/ledger/ranges.ts';
import type { ShardsRecord } from '../../../core/ledger/records.ts';
import { replayShards } from '../../../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../../../core/ledger/shards-state.ts';
import { shardsFromJson, shardsToJson } from '../../../core/ledger/state-json.ts';
import type { EventLog, LogEntry, SnapshotStore, Subscription } from '../../../pipelines/ports.ts';
import { decode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { inTurns, type LedgerExports, ledgerBatches } from '../ledger/ledger-entries.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { fittingBytes, recordHash, saveSnapshot } from '../ledger/snapshots.ts';
import { withAskedReport } from './asked-reports.ts';
import { indexFromBytes, indexToBytes } from './index-bytes.ts';
import { type IndexedShard, PartitionIndex } from './partition-index.ts';
import { noteReports } from './reports.ts';

const STAGE = 'shard-index';
const READ_LIMIT = 4_096;
/** Records and reports whose folding is worth a snapshot; below, folding them again takes a fraction of a second. */
const SAVE_EVERY = 100_000;
/** An index of many shards is a large snapshot: it is taken again when it has grown by this share. */
const SAVE_SHARE = 0.25;
/** How long a question waits for what was reported before it. */
const WAIT_MS_MAX = 1_000;
const WAIT_STEP_MS = 5;

export interface ShardIndexOptions {
  readonly log: EventLog;
  /** It has caught up; its verdicts are the index's. */
  readonly reader: LedgerReader;
  readonly partitionCount: number;
  /** Where a trimmed ledger goes on before its logs begin. */
  readonly exports: LedgerExports | undefined;
  /** Where the index is kept over a restart; left out, it is folded from the first record. */
  readonly snapshots?: SnapshotStore | undefined;
  /** True where nothing is saved and nothing follows: a look at a directory whose server is stopped. */
  readonly isStill?: boolean;
  /** True where reports are read out of their log for each question: then they are neither folded nor followed. */
  readonly readsReports?: boolean;
  /** Hears how much of the ledger is folded, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Part {
  readonly index: PartitionIndex;
  consumptionNext: number;
  /** Folded since the newest snapshot. */
  sinceSaved: number;
}

export class ShardIndex {
  readonly #options: ShardIndexOptions;
  /** Those that go with the reader. */
  readonly #parts = new Map<number, Part>();
  readonly #subscriptions: Subscription[] = [];
  #built: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #reading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ShardIndexOptions) {
    this.#options = options;
    options.reader.listen({
      onShards: (state, offset, record, verdict) => {
        const part = this.#parts.get(state.partition);
        if (part === undefined) return;
        part.sinceSaved++;
        if (verdict === 'accepted') part.index.apply(state, offset, record);
      },
      onMoved: () => this.#saveGrown(),
    });
  }

  /** Resolves when every shard that the reader has met is in the index. */
  ready(): Promise<void> {
    this.#built ??= this.#build().catch((error: unknown) => {
      this.#built = undefined;
      throw error;
    });
    return this.#built;
  }

  /** The newest shard in whose live part the ordinal lies. After `ready`. */
  holderOf(name: string, generation: number, ordinal: number): IndexedShard | undefined {
    for (const { index } of this.#parts.values()) {
      const found = index.holderOf(name, generation, ordinal);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The shard with what was reported of an ordinal of it. Read for one question after the other: each may be long, and callers are many. */
  async reported(shard: IndexedShard, ordinal: number): Promise<IndexedShard> {
    const { readsReports, log } = this.#options;
    if (readsReports !== true) return shard;
    const read = this.#reading.then(() => {
      this.#mustLive();
      return withAskedReport(log, shard, ordinal);
    });
    this.#reading = read.catch(() => undefined);
    return await read;
  }

  /** Waits until the reader has folded, and this index heard, what is in the logs now; not for ever where a log does not answer. */
  async heard(): Promise<void> {
    const { log, partitionCount, reader, readsReports } = this.#options;
    const waits = Array.from({ length: partitionCount }, async (_, partition) => {
      const shards = await log.endOffset(TOPICS.shards.name, partition);
      const reports = await log.endOffset(TOPICS.consumption.name, partition);
      const isReported = (): boolean => readsReports === true || (this.#parts.get(partition)?.consumptionNext ?? 0) >= reports;
      const isThere = (): boolean => (reader.shards[partition]?.nextOffset ?? 0) >= shards && isReported();
      for (let waitedMs = 0; !isThere() && waitedMs < WAIT_MS_MAX && !this.#closed; waitedMs += WAIT_STEP_MS) {
        await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
      }
    });
    await Promise.all(waits);
  }

  /** Shards that are known, and the bytes of their columns. */
  get size(): { readonly shards: number; readonly bytes: number } {
    const indexes = [...this.#parts.values()].map(({ index }) => index);
    return {
      shards: indexes.reduce((sum, { size }) => sum + size, 0),
      bytes: indexes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Before the reader and the log are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#built?.catch(() => undefined);
    await this.#reading;
    await Promise.all(this.#subscriptions.splice(0).map((each) => each.close()));
    await this.#saving;
    for (const [partition, part] of this.#parts) if (part.sinceSaved >= SAVE_EVERY) await this.#save(partition, part);
  }

  async #build(): Promise<void> {
    for (let partition = 0; partition < this.#options.partitionCount; partition++) {
      if (this.#parts.has(partition)) continue;
      const part = await this.#caughtUp(partition);
      if (this.#options.isStill !== true && this.#options.readsReports !== true) this.#follow(partition, part);
    }
    this.#saveGrown();
  }

  /** From the newest snapshot to the reader's own place; from the same turn on the part goes with the reader. */
  async #caughtUp(partition: number): Promise<Part> {
    const { log, reader, exports, partitionCount, readsReports, onProgress } = this.#options;
    const { state, part } = await this.#saved(partition);
    for (;;) {
      const end = reader.shards[partition]?.nextOffset ?? 0;
      if (state.nextOffset >= end) break;
      const span = { log, topic: TOPICS.shards.name, partition, from: state.nextOffset, end, exports };
      for await (const entries of ledgerBatches(span)) {
        this.#mustLive();
        for (const entry of entries) this.#fold(state, part, entry);
        onProgress?.((partition + state.nextOffset / end) / partitionCount);
      }
    }
    this.#parts.set(partition, part);
    if (readsReports !== true) await this.#foldReports(partition, part);
    return part;
  }

  async #saved(partition: number): Promise<{ readonly state: ShardsState; readonly part: Part }> {
    const { log, snapshots } = this.#options;
    const bytes = snapshots === undefined ? undefined : await fittingBytes({ ...this.#place(partition), snapshots });
    const saved = bytes === undefined ? undefined : indexFromBytes(bytes);
    const first = await log.startOffset(TOPICS.consumption.name, partition);
    const { index = new PartitionIndex(partition), consumptionNext = first } = saved ?? {};
    const state = saved === undefined ? emptyShards(partition) : shardsFromJson(saved.ledger);
    return { state, part: { index, consumptionNext: Math.max(consumptionNext, first), sinceSaved: 0 } };
  }

  #fold(state: ShardsState, part: Part, { offset, bytes }: LogEntry): void {
    const record = decode(bytes) as ShardsRecord;
    // The reader has judged it before, by ranges that are no older than these.
    const verdict = replayShards(state, offset, record, (partition) => this.#options.reader.ranges[partition] as RangesState);
    if (verdict === 'wait') {
      const problem = `record ${offset} of shards partition ${state.partition} names a claim that the ranges log does not have`;
      throw new SequenceError('SEQ_DATA_CORRUPT', problem);
    }
    if (verdict === 'accepted') part.index.apply(state, offset, record);
    part.sinceSaved++;
  }

  async #foldReports(partition: number, part: Part): Promise<void> {
    const { log } = this.#options;
    const topic = TOPICS.consumption.name;
    for (;;) {
      const entries = await log.read(topic, partition, part.consumptionNext, READ_LIMIT);
      if (entries.length === 0) return;
      for await (const some of inTurns(entries)) {
        this.#mustLive();
        this.#note(part, some);
      }
    }
  }

  #follow(partition: number, part: Part): void {
    const { log, onFailure: onError } = this.#options;
    const handler = (entries: readonly LogEntry[]): void => this.#note(part, entries);
    const from = part.consumptionNext;
    this.#subscriptions.push(log.subscribe({ topic: TOPICS.consumption.name, partition, from, handler, onError }));
  }

  #note(part: Part, entries: readonly LogEntry[]): void {
    const fresh = entries.filter(({ offset }) => offset >= part.consumptionNext);
    noteReports(fresh, ({ partition }) => this.#parts.get(partition)?.index ?? part.index);
    part.consumptionNext = (fresh.at(-1)?.offset ?? part.consumptionNext - 1) + 1;
    part.sinceSaved += fresh.length;
  }

  #saveGrown(): void {
    for (const [partition, part] of this.#parts) {
      if (part.sinceSaved < Math.max(SAVE_EVERY, part.index.size * SAVE_SHARE)) continue;
      part.sinceSaved = 0;
      this.#saving = this.#saving.then(() => this.#save(partition, part)).catch(this.#options.onFailure);
    }
  }

  async #save(partition: number, part: Part): Promise<void> {
    const { snapshots, reader, log, isStill } = this.#options;
    const state = reader.shards[partition];
    if (snapshots === undefined || state === undefined || isStill === true) return;
    part.sinceSaved = 0;
    const { nextOffset: offset } = state;
    const bytes = indexToBytes({ index: part.index, consumptionNext: part.consumptionNext, ledger: shardsToJson(state) });
    const [last] = offset === 0 ? [] : await log.read(TOPICS.shards.name, partition, offset - 1, 1);
    if (last === undefined) return;
    const position = { offset, hash: recordHash(last.bytes) };
    await saveSnapshot({ ...this.#place(partition), snapshots, level: LEDGER_LEVEL, position, state: bytes });
  }

  #place(partition: number) {
    return { log: this.#options.log, stage: STAGE, topic: TOPICS.shards.name, partition };
  }

  #mustLive(): void {
    if (this.#closed) throw new SequenceError('SEQ_CLOSED', 'this seqcast was closed');
  }
}
