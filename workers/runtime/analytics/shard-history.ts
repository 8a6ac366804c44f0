/**
 * What happened to shards in a span of their log. Whether a record counts depends on everything before it, so the ledger is folded from
 * the newest state known before the span: where this history stopped last, a snapshot of its own or of the ledger's readers, or the first
 * record. Nothing is asked of the roles that fold the ledger live: they do not keep the verdicts of an hour ago.
 */
import { SequenceError } from '../../../core/errors.ts';
import { emptyRanges, LEDGER_LEVEL, type RangesState, replayRanges } from '../../../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import { emptyShards, type ShardsState } from '../../../core/ledger/shards-state.ts';
import { isReadableState, rangesFromJson, shardsFromJson, shardsToJson } from '../../../core/ledger/state-json.ts';
import { foldShardRecord, type SequenceRow } from '../../../pipelines/analytics-shards.ts';
import type { EventLog, SnapshotStore } from '../../../pipelines/ports.ts';
import { decode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { fittingSnapshot, recordHash, saveSnapshot } from '../ledger/snapshots.ts';
import { batchesFrom, type LogPlace } from './log-span.ts';

/** Snapshots of this history, beside those that the ledger's readers take of the same states. */
const STAGE = 'usage-rollup';
const STAGES = [STAGE, 'shards'];

export interface ShardHistoryOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  /** Without them every history is folded from the first record. */
  readonly snapshots: SnapshotStore | undefined;
}

interface Fold {
  readonly state: ShardsState;
  lastBytes: Uint8Array | undefined;
}

export class ShardHistory {
  readonly #options: ShardHistoryOptions;
  readonly #folds = new Map<number, Fold>();
  #ranges: RangesState[] | undefined;

  constructor(options: ShardHistoryOptions) {
    this.#options = options;
  }

  /** Rows of the accepted records `[first, end)`; undefined where the ledger was cut and no state from before the span is left. */
  async rowsOf(partition: number, first: number, end: number): Promise<SequenceRow[] | undefined> {
    const ranges = await this.#rangesNow();
    const fold = ranges === undefined ? undefined : await this.#foldBefore(partition, first);
    if (ranges === undefined || fold === undefined) return undefined;
    const rows: SequenceRow[] = [];
    for await (const entries of batchesFrom(this.#place('shards', partition), fold.state.nextOffset, end)) {
      for (const { offset, atMs, bytes } of entries) {
        if (offset !== fold.state.nextOffset)
          throw corrupt(`the shards log of partition ${partition} lacks record ${fold.state.nextOffset}`);
        const record = decode(bytes) as ShardsRecord;
        const { verdict, rows: ofRecord } = foldShardRecord(fold.state, ranges, { offset, atMs, record });
        if (verdict === 'wait')
          throw corrupt(`record ${offset} of shards partition ${partition} names a claim that the ranges log does not have`);
        fold.lastBytes = bytes;
        if (offset >= first) rows.push(...ofRecord);
      }
    }
    return rows;
  }

  /** Keeps where it stands, so that the next history need not begin before it. */
  async save(partition: number): Promise<void> {
    const { snapshots } = this.#options;
    const fold = this.#folds.get(partition);
    if (snapshots === undefined || fold?.lastBytes === undefined) return;
    const position = { offset: fold.state.nextOffset, hash: recordHash(fold.lastBytes) };
    const state = shardsToJson(fold.state);
    await saveSnapshot({ ...this.#place('shards', partition), snapshots, stage: STAGE, level: LEDGER_LEVEL, position, state });
    fold.lastBytes = undefined;
  }

  /** All claims there are: a record that was appended before now names none that comes later. */
  async #rangesNow(): Promise<RangesState[] | undefined> {
    const { log, partitionCount, snapshots } = this.#options;
    const states = this.#ranges ?? [];
    for (let partition = 0; partition < partitionCount; partition++) {
      const place = this.#place('ranges', partition);
      const known = states[partition];
      const text =
        known === undefined && snapshots !== undefined ? await fittingSnapshot({ ...place, snapshots, stage: 'ranges' }) : undefined;
      const state = known ?? (text === undefined ? emptyRanges(partition) : rangesFromJson(text));
      if ((await log.startOffset(place.topic, partition)) > state.nextOffset) return undefined;
      for await (const entries of batchesFrom(place, state.nextOffset)) {
        for (const { offset, bytes } of entries) replayRanges(state, offset, decode(bytes) as RangesRecord);
      }
      states[partition] = state;
    }
    this.#ranges = states;
    return states;
  }

  async #foldBefore(partition: number, first: number): Promise<Fold | undefined> {
    const known = this.#folds.get(partition);
    if (known !== undefined && known.state.nextOffset <= first) return known;
    const state = (await this.#snapshotBefore(partition, first)) ?? emptyShards(partition);
    if ((await this.#options.log.startOffset(TOPICS.shards.name, partition)) > state.nextOffset) return undefined;
    const fold: Fold = { state, lastBytes: undefined };
    this.#folds.set(partition, fold);
    return fold;
  }

  async #snapshotBefore(partition: number, first: number): Promise<ShardsState | undefined> {
    const { log, snapshots } = this.#options;
    let newest: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
    for (const stage of snapshots === undefined ? [] : STAGES) {
      for (const { header, bytes } of (await snapshots?.load(stage, partition)) ?? []) {
        const offset = header.offsets[TOPICS.shards.name] ?? 0;
        const fits = isReadableState(header) && header.logId === log.logId;
        if (fits && offset <= first && offset > (newest?.offset ?? 0)) newest = { offset, bytes };
      }
    }
    return newest === undefined ? undefined : shardsFromJson(Buffer.from(newest.bytes).toString('utf8'));
  }

  #place(ledger: 'ranges' | 'shards', partition: number): LogPlace {
    return { log: this.#options.log, topic: TOPICS[ledger].name, partition };
  }
}

function corrupt(message: string): SequenceError {
  return new SequenceError('SEQ_DATA_CORRUPT', message);
}
