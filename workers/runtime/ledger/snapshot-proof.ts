/**
 * Proves the snapshots of a ledger partition against its log: the records are folded once more, by the rules that everyone folds by,
 * and where a snapshot stands the fold must give its very bytes. The fold begins at record 0 while the log has it, else at the
 * lowest snapshot that fits; what lies before a log's beginning was proven so when it was cut.
 */
import { SequenceError } from '../../../core/errors.ts';
import { emptyRanges, type RangesState, replayRanges } from '../../../core/ledger/ranges.ts';
import type { LedgerRecord, RangesRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import { replayShards } from '../../../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../../../core/ledger/shards-state.ts';
import { rangesFromJson, rangesToJson, shardsFromJson, shardsToJson } from '../../../core/ledger/state-json.ts';
import type { Verdict } from '../../../core/ledger/verdict.ts';
import type { LogEntry, Snapshot } from '../../../pipelines/ports.ts';
import { decode } from '../../../schemas/codec.ts';
import { ledgerEntries } from './ledger-entries.ts';
import { fittingSnapshot, type SnapshotPlace } from './snapshots.ts';

/** Folding of one partition, from nothing or from a snapshot's text on. */
export interface LedgerFolding<State> {
  begin(text?: string): State;
  judge(state: State, offset: number, record: LedgerRecord): Verdict;
  textOf(state: State): string;
}

export interface SnapshotProof<State> {
  /** Records before which the proven snapshots stand, the newest saved first, each once. */
  readonly offsets: readonly number[];
  /** Why snapshots and log contradict each other; then no snapshot is proven. */
  readonly doubt?: string;
  /** As far as the last snapshot, or as the fold came; undefined where nothing says which of two snapshots is right. */
  readonly state: State | undefined;
}

export function rangesFolding(partition: number): LedgerFolding<RangesState> {
  return {
    begin: (text) => (text === undefined ? emptyRanges(partition) : rangesFromJson(text)),
    judge: (state, offset, record) => replayRanges(state, offset, record as RangesRecord),
    textOf: rangesToJson,
  };
}

/** `ranges`: states folded at least to every claim that is named up to the newest snapshot. */
export function shardsFolding(partition: number, ranges: readonly RangesState[]): LedgerFolding<ShardsState> {
  return {
    begin: (text) => (text === undefined ? emptyShards(partition) : shardsFromJson(text)),
    judge: (state, offset, record) => replayShards(state, offset, record as ShardsRecord, (p) => ranges[p] as RangesState),
    textOf: shardsToJson,
  };
}

/** Throws `SEQ_LEDGER_CUT` when the log begins after 0 and no snapshot reaches it: then no process can start on it either. */
export async function proveSnapshots<State extends { nextOffset: number }>(
  place: SnapshotPlace,
  folding: LedgerFolding<State>,
  onFolded?: (entries: AsyncIterable<LogEntry>) => AsyncIterable<LogEntry>,
): Promise<SnapshotProof<State>> {
  const { log, topic, partition } = place;
  const start = await log.startOffset(topic, partition);
  const fitting = await fittingSnapshots(place, start);
  if ('doubt' in fitting) return { offsets: [], doubt: fitting.doubt, state: start === 0 ? folding.begin() : undefined };
  const upwards = [...fitting.snapshots].sort((a, b) => a.offset - b.offset);
  const [lowest] = upwards;
  if (start > 0 && lowest === undefined) {
    throw new SequenceError(
      'SEQ_LEDGER_CUT',
      `${topic}/${partition} begins at record ${start}, and no usable snapshot stands there or later`,
    );
  }
  const state = begun(folding, start === 0 ? undefined : lowest?.text);
  for (const { offset, text } of upwards) {
    if (state !== undefined) await foldTo(place, folding, state, offset, onFolded);
    if (state?.nextOffset === offset && folding.textOf(state) === text) continue;
    const doubt = `the snapshot at record ${offset} of ${topic}/${partition} is not what the records before it fold to`;
    return { offsets: [], doubt, state: start === 0 ? state : undefined };
  }
  return { offsets: [...new Set(fitting.snapshots.map(({ offset }) => offset))], state };
}

/** Folds the records up to `end`, or to the end of the log. */
export async function foldTo<State extends { nextOffset: number }>(
  { log, topic, partition }: SnapshotPlace,
  folding: LedgerFolding<State>,
  state: State,
  end?: number,
  onFolded: (entries: AsyncIterable<LogEntry>) => AsyncIterable<LogEntry> = (entries) => entries,
): Promise<void> {
  for await (const { offset, bytes } of onFolded(ledgerEntries({ log, topic, partition, from: state.nextOffset, end }))) {
    if (folding.judge(state, offset, decode(bytes) as LedgerRecord) !== 'wait') continue;
    const message = `record ${offset} of ${topic}/${partition} names a claim that the ranges log does not have`;
    throw new SequenceError('SEQ_DATA_CORRUPT', message, { topic, partition, offset });
  }
}

interface FittingSnapshot {
  readonly offset: number;
  readonly text: string;
}

/** The snapshots a reader of this version could start from, the newest saved first; or why it would stop instead. */
async function fittingSnapshots(
  place: SnapshotPlace,
  start: number,
): Promise<{ readonly snapshots: readonly FittingSnapshot[] } | { readonly doubt: string }> {
  const snapshots: FittingSnapshot[] = [];
  for (const snapshot of await place.snapshots.load(place.stage, place.partition)) {
    const offset = snapshot.header.offsets[place.topic] ?? 0;
    // The record it is compared by must be there: an empty state has none, and that of an older snapshot may have been cut off.
    if (offset === 0 || offset <= start || (snapshot.header.lastRecordHashes[place.topic] ?? '') === '') continue;
    try {
      const text = await fittingSnapshot({ ...place, snapshots: only(place, snapshot) });
      if (text !== undefined) snapshots.push({ offset, text });
    } catch (error) {
      if (!(error instanceof SequenceError) || error.code !== 'SEQ_DATA_CORRUPT') throw error;
      return { doubt: `the snapshot at record ${offset}: ${error.message}` };
    }
  }
  return { snapshots };
}

/** A store that holds one snapshot, so that each is judged by the rule that readers start by. */
function only(place: SnapshotPlace, snapshot: Snapshot): SnapshotPlace['snapshots'] {
  return { load: () => Promise.resolve([snapshot]), save: (saved) => place.snapshots.save(saved) };
}

/** Undefined where the text is no state at all. */
function begun<State>(folding: LedgerFolding<State>, text: string | undefined): State | undefined {
  try {
    return folding.begin(text);
  } catch {
    return undefined;
  }
}
