/**
 * Cuts the old records off the ledger, behind two snapshots that were proven, after exporting what is cut.
 *
 * Guarantee    No record is cut that is not in an export on disk, and none that a reader needs to start from either snapshot.
 *              Ended at any point, it has lost nothing, and the next run goes on from there.
 * Order        Ranges before shards: shards are proven with the claims of folded ranges. Which is cut first does not matter, because
 *              a folded state of the ranges keeps every claim. Within a partition: prove, export, compare with the log, cut.
 * On failure   A partition without two good snapshots stays as it is, and the report says why. What contradicts the log, or an export
 *              that is damaged or missing, is never cut behind.
 */
import { stat } from 'node:fs/promises';
import { SequenceError } from '../../../core/errors.ts';
import type { RangesState } from '../../../core/ledger/ranges.ts';
import type { EventLog, LogEntry, SnapshotStore } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { ledgerEntries } from './ledger-entries.ts';
import { type ExportPlace, exportedEnd, readExports, writeExport } from './ledger-export.ts';
import { foldTo, proveSnapshots, rangesFolding, type SnapshotProof, shardsFolding } from './snapshot-proof.ts';
import type { SnapshotPlace } from './snapshots.ts';

/** The record before a snapshot stays, because readers compare it with the snapshot before they start from it. */
const RECORDS_KEPT_BEFORE = 1;
/** One of two may be damaged later; the other still reaches back to where the log begins. */
const SNAPSHOTS_NEEDED = 2;
/** A million records take seconds: often enough for whoever waits. */
const PROGRESS_EVERY_RECORDS = 1_000_000;

export interface TrimOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  /** An existing directory, the same in every trim of this log. */
  readonly exportDir: string;
  readonly onProgress?: (progress: TrimProgress) => void;
}

export interface TrimProgress {
  readonly topic: string;
  readonly partition: number;
  readonly step: 'proven' | 'exported' | 'compared' | 'cut';
  /** Done in this step so far. */
  readonly records: number;
  /** Records that this step is about, where that is known before it ends. */
  readonly of?: number;
}

export interface TrimmedPartition {
  readonly topic: string;
  readonly partition: number;
  /** First record of the log before and after; a log may keep a few more than it was asked to. */
  readonly begins: { readonly before: number; readonly after: number };
  /** Records before which the proven snapshots stand, the newest saved first. */
  readonly snapshots: readonly number[];
  /** Written in this run. */
  readonly exported?: string;
  /** Why nothing was cut. */
  readonly leftAlone?: string;
}

export interface TrimReport {
  /** False when a snapshot contradicts the log: whoever sees it should find out why before the next start. */
  readonly ok: boolean;
  readonly partitions: readonly TrimmedPartition[];
}

/**
 * Throws `SEQ_CONFIG_INVALID` when the export directory is not there or lacks what earlier trims cut, `SEQ_DATA_CORRUPT` on a damaged
 * export or log, `SEQ_LEDGER_CUT` when the log begins after its snapshots. Partitions that were done before stay trimmed.
 */
export async function trimLedger(options: TrimOptions): Promise<TrimReport> {
  const numbers = Array.from({ length: options.partitionCount }, (_, partition) => partition);
  const places = { ranges: numbers.map((p) => placeOf(options, 'ranges', p)), shards: numbers.map((p) => placeOf(options, 'shards', p)) };
  await mustBeDirectory(options.exportDir);
  for (const place of [...places.ranges, ...places.shards]) await mustContinue(options, place);
  const done: { partition: TrimmedPartition; doubt: boolean }[] = [];
  const ranges: (RangesState | undefined)[] = [];
  for (const place of places.ranges) {
    const proof = await proveSnapshots(place, rangesFolding(place.partition), watched(options, place, 'proven'));
    ranges.push(proof.state);
    done.push(await trimPartition(options, place, proof));
  }
  for (const place of places.shards) {
    const known = await foldedToEnds(places.ranges, ranges);
    const proof = known.every((state) => state !== undefined)
      ? await proveSnapshots(place, shardsFolding(place.partition, known), watched(options, place, 'proven'))
      : { offsets: [], doubt: 'a ranges log cannot be folded, and shards are proven with its claims', state: undefined };
    done.push(await trimPartition(options, place, proof));
  }
  return { ok: done.every(({ doubt }) => !doubt), partitions: done.map(({ partition }) => partition) };
}

/** The states themselves, folded on: a claim stands in the ranges log before a shards log names it. */
async function foldedToEnds(
  places: readonly SnapshotPlace[],
  ranges: readonly (RangesState | undefined)[],
): Promise<readonly (RangesState | undefined)[]> {
  for (const [p, state] of ranges.entries()) {
    if (state !== undefined) await foldTo(places[p] as SnapshotPlace, rangesFolding(p), state);
  }
  return ranges;
}

async function trimPartition(
  options: TrimOptions,
  place: SnapshotPlace,
  { offsets, doubt }: SnapshotProof<unknown>,
): Promise<{ partition: TrimmedPartition; doubt: boolean }> {
  const { log, topic, partition } = place;
  const before = await log.startOffset(topic, partition);
  const newest = offsets.slice(0, SNAPSHOTS_NEEDED);
  // Not simply the older one: of two processes that save, the slower may have saved its lower state last.
  const cut = Math.min(...newest) - RECORDS_KEPT_BEFORE;
  const leftAlone = doubt ?? whyNot(newest, before, cut);
  const exported = leftAlone === undefined ? await exportAndCut(options, place, before, cut) : undefined;
  const begins = { before, after: await log.startOffset(topic, partition) };
  return {
    partition: {
      topic,
      partition,
      begins,
      snapshots: newest,
      ...(exported !== undefined && { exported }),
      ...(leftAlone !== undefined && { leftAlone }),
    },
    doubt: doubt !== undefined,
  };
}

function whyNot(newest: readonly number[], start: number, cut: number): string | undefined {
  if (newest.length < SNAPSHOTS_NEEDED) return `${SNAPSHOTS_NEEDED} snapshots are needed that fit the log, and it has ${newest.length}`;
  return cut <= start ? 'nothing lies before its snapshots' : undefined;
}

async function exportAndCut(options: TrimOptions, place: SnapshotPlace, start: number, cut: number): Promise<string | undefined> {
  const { log, topic, partition } = place;
  const exports = exportPlaceOf(options, place);
  // A run that ended before its cut has left an export that reaches beyond the log's beginning: it goes on after it.
  const from = await exportedEnd(exports);
  let exported: string | undefined;
  if (from < cut) {
    const entries = watched(options, place, 'exported', cut - from)(ledgerEntries({ log, topic, partition, from, end: cut }));
    exported = (await writeExport(exports, from, cut, entries)).file;
  }
  await mustBeExported(options, place, start, cut);
  await log.cut(topic, partition, cut);
  options.onProgress?.({ topic, partition, step: 'cut', records: cut - start });
  return exported;
}

/** Reads the exports as the audit will, and compares them with the log while it still has the records. */
async function mustBeExported(options: TrimOptions, place: SnapshotPlace, start: number, cut: number): Promise<void> {
  const { log, topic, partition } = place;
  const exported = readExports(exportPlaceOf(options, place), start, cut);
  const entries = watched(options, place, 'compared', cut - start)(ledgerEntries({ log, topic, partition, from: start, end: cut }));
  let next = start;
  try {
    for await (const { offset, bytes } of entries) {
      const { value } = await exported.next();
      if (value === undefined || value.offset !== offset || Buffer.compare(value.bytes, bytes) !== 0) {
        throw new SequenceError('SEQ_DATA_CORRUPT', `record ${offset} of ${topic}/${partition} is not in the exports as it is in the log`);
      }
      next = offset + 1;
    }
  } finally {
    // Closes its file.
    await exported.return(undefined);
  }
  if (next !== cut) throw new SequenceError('SEQ_DATA_CORRUPT', `${topic}/${partition} lacks record ${next}`);
}

async function mustBeDirectory(dir: string | undefined): Promise<void> {
  // It is not created: a backup volume that is not mounted would become a directory on the disk it should protect from.
  const isThere = dir !== undefined && dir !== '' && (await stat(dir).catch(() => undefined))?.isDirectory() === true;
  if (!isThere)
    throw new SequenceError('SEQ_CONFIG_INVALID', `the export directory ${dir ?? ''} does not exist: create it, nothing was cut`);
}

/** What was cut before must be there, or the exports would have a gap for ever. */
async function mustContinue(options: TrimOptions, place: SnapshotPlace): Promise<void> {
  const { log, topic, partition } = place;
  const start = await log.startOffset(topic, partition);
  const end = await exportedEnd(exportPlaceOf(options, place));
  if (end >= start) return;
  const missing = `records ${end} to ${start - 1} of ${topic}/${partition} were cut off before and are not in ${options.exportDir}`;
  throw new SequenceError('SEQ_CONFIG_INVALID', `${missing}: name the export directory of that trim, or move its files there`);
}

function watched(options: TrimOptions, { topic, partition }: SnapshotPlace, step: TrimProgress['step'], of?: number) {
  const told = { topic, partition, step, ...(of !== undefined && { of }) };
  return async function* (entries: AsyncIterable<LogEntry>): AsyncGenerator<LogEntry> {
    let records = 0;
    for await (const entry of entries) {
      yield entry;
      records++;
      if (records % PROGRESS_EVERY_RECORDS === 0) options.onProgress?.({ ...told, records });
    }
    if (records % PROGRESS_EVERY_RECORDS !== 0) options.onProgress?.({ ...told, records });
  };
}

function placeOf({ log, snapshots }: TrimOptions, stage: 'ranges' | 'shards', partition: number): SnapshotPlace {
  return { log, snapshots, stage, topic: TOPICS[stage].name, partition };
}

function exportPlaceOf({ exportDir }: TrimOptions, { log, topic, partition }: SnapshotPlace): ExportPlace {
  return { dir: exportDir, logId: log.logId, topic, partition };
}
