/**
 * What the golden ledgers fold to: the digest of every state and the count of every verdict. Written beside them once per level,
 * by `scripts/golden-ledger.ts`; a fold that differs later has changed the meaning of what is written, and needs a new level.
 */
import { createHash } from 'node:crypto';
import { emptyRanges, type RangesState, replayRanges } from '../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { emptyShards } from '../core/ledger/shards-state.ts';
import { rangesToJson, shardsToJson } from '../core/ledger/state-json.ts';
import { decode } from '../schemas/codec.ts';

export interface GoldenFold {
  readonly stateSha256: string;
  readonly verdicts: Readonly<Record<string, number>>;
}

/** Folds ranges logs first, then shards logs; `logs` gives the records of a log by its name. */
export function foldGolden(names: readonly string[], logs: (name: string) => readonly Uint8Array[]): Record<string, GoldenFold> {
  const ranges = new Map<number, RangesState>();
  const folds: Record<string, GoldenFold> = {};
  for (const name of names.filter((each) => each.startsWith('ranges-')).sort()) {
    const partition = Number(name.slice('ranges-'.length));
    const state = emptyRanges(partition);
    ranges.set(partition, state);
    const verdicts = logs(name).map((bytes, offset) => replayRanges(state, offset, decode(bytes) as RangesRecord));
    folds[name] = { stateSha256: digest(rangesToJson(state)), verdicts: counted(verdicts) };
  }
  for (const name of names.filter((each) => each.startsWith('shards-')).sort()) {
    const state = emptyShards(Number(name.slice('shards-'.length)));
    const lookup = (partition: number): RangesState => ranges.get(partition) ?? emptyRanges(partition);
    const verdicts = logs(name).map((bytes, offset) => replayShards(state, offset, decode(bytes) as ShardsRecord, lookup));
    folds[name] = { stateSha256: digest(shardsToJson(state)), verdicts: counted(verdicts) };
  }
  return folds;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function counted(verdicts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
