/**
 * One reader of all logs, at its own pace: folds some records at a time, may be stuck on the ranges logs while the shards logs go
 * on, and starts again from zero or from a snapshot.
 */
import { emptyRanges, type RangesState, replayRanges } from '../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../core/ledger/shards-state.ts';
import { rangesFromJson, rangesToJson, shardsFromJson, shardsToJson } from '../core/ledger/state-json.ts';
import type { Verdict } from '../core/ledger/verdict.ts';
import type { Surroundings } from './surroundings.ts';

export interface ReaderSnapshot {
  readonly ranges: readonly string[];
  readonly shards: readonly string[];
}

export type OnJudged = (state: ShardsState, offset: number, record: ShardsRecord, verdict: Verdict) => void;

export class Reader {
  readonly ranges: readonly RangesState[];
  readonly shards: readonly ShardsState[];
  readonly #world: Surroundings;
  readonly #rangesOf = (partition: number): RangesState => this.ranges[partition] as RangesState;

  constructor(world: Surroundings, snapshot?: ReaderSnapshot) {
    this.#world = world;
    const numbers = world.shards.map((_, partition) => partition);
    const { rules } = world;
    this.ranges = snapshot?.ranges.map((text) => rangesFromJson(text, rules)) ?? numbers.map((p) => emptyRanges(p, rules));
    this.shards = snapshot?.shards.map((text) => shardsFromJson(text, rules)) ?? numbers.map((p) => emptyShards(p, rules));
  }

  get lookup(): (partition: number) => RangesState {
    return this.#rangesOf;
  }

  snapshot(): ReaderSnapshot {
    return { ranges: this.ranges.map(rangesToJson), shards: this.shards.map(shardsToJson) };
  }

  foldRanges(limit: number): void {
    for (const state of this.ranges) {
      const records = this.#world.ranges[state.partition] as RangesRecord[];
      const end = Math.min(records.length, state.nextOffset + limit);
      while (state.nextOffset < end) {
        const offset = state.nextOffset;
        this.#world.ledger.agree('ranges', state.partition, offset, replayRanges(state, offset, records[offset] as RangesRecord));
        this.#world.ledger.compareState(state);
      }
    }
  }

  /** Folds up to `limit` records of one shards log; stops early at a claim that the ranges log has not brought yet. */
  foldShards(state: ShardsState, limit: number, onJudged?: OnJudged): void {
    const { ledger, coverage } = this.#world;
    const records = this.#world.shards[state.partition] as ShardsRecord[];
    const end = Math.min(records.length, state.nextOffset + limit);
    while (state.nextOffset < end) {
      const offset = state.nextOffset;
      const record = records[offset] as ShardsRecord;
      const verdict = replayShards(state, offset, record, this.#rangesOf);
      if (verdict === 'wait') {
        coverage.count('waited for ranges');
        return;
      }
      ledger.agree('shards', state.partition, offset, verdict);
      ledger.compareState(state);
      onJudged?.(state, offset, record, verdict);
    }
  }

  /** True at the ends of all logs. */
  get isAtEnd(): boolean {
    return (
      this.ranges.every((state) => state.nextOffset === this.#world.ranges[state.partition]?.length) &&
      this.shards.every((state) => state.nextOffset === this.#world.shards[state.partition]?.length)
    );
  }

  compareAtEnd(): void {
    for (const state of [...this.ranges, ...this.shards]) this.#world.ledger.compareAtEnd(state);
  }
}
