/**
 * The audit as a job: folds both ledgers from their first record, takes the cursors that the consumption topic and a living stock
 * know, and books every claimed ordinal (design, I8). Works on a running process and on a stopped data directory.
 */

import { totalSize } from '../../core/interval.ts';
import {
  type Account,
  type AuditedPartition,
  accountsOf,
  auditedPartition,
  auditRecord,
  duplicateOrdinals,
  isBalanced,
  type KnownCursor,
} from '../../core/ledger/audit.ts';
import { holesOf } from '../../core/ledger/contiguity.ts';
import { emptyRanges, type RangesState, replayRanges } from '../../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../../core/ledger/records.ts';
import { emptyShards } from '../../core/ledger/shards-state.ts';
import type { EventLog, StockCursor } from '../../pipelines/ports.ts';
import { decode } from '../../schemas/codec.ts';
import type { ConsumptionEvent, ShardCursor } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { readable } from './dead-letters.ts';
import { type LedgerExports, ledgerEntries } from './ledger-entries.ts';
import { partsOf, type ReservationAccounts, reservationAccounts, type SeriesCut } from './reservations/reservation-accounts.ts';
import type { AuditAccount, AuditReport } from './service.ts';

const READ_LIMIT = 4_096;

export interface LedgerFold {
  readonly ranges: readonly RangesState[];
  readonly partitions: readonly AuditedPartition[];
  /** Last known cursor per shards partition and shard, from the consumption topic. */
  readonly reported: ReadonlyMap<string, ReportedCursor>;
  readonly problems: readonly string[];
  recordsFolded: number;
  recordsRejected: number;
}

export interface ReportedCursor {
  readonly issued: number;
  readonly to: number;
  /** Span of the last event that moved it. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface FoldOptions {
  /** Where a trimmed ledger goes on before its logs begin. */
  readonly exports?: LedgerExports | undefined;
}

/**
 * Folds everything that is in the logs now. `onProgress` hears how many records were folded so far. Throws `SEQ_LEDGER_CUT` when a
 * log was trimmed and the exports do not hold what it lacks.
 */
export async function foldLedger(
  log: EventLog,
  partitionCount: number,
  onProgress?: (folded: number) => void,
  options: FoldOptions = {},
): Promise<LedgerFold> {
  const numbers = Array.from({ length: partitionCount }, (_, partition) => partition);
  const ranges = numbers.map((partition) => emptyRanges(partition));
  const partitions = numbers.map((partition) => auditedPartition(emptyShards(partition)));
  const problems: string[] = [];
  const reported = new Map<string, ReportedCursor>();
  const fold: LedgerFold = { ranges, partitions, reported, problems, recordsFolded: 0, recordsRejected: 0 };
  // Cursors first: a shard reported after the fold's end would be unknown to it, the other way round only costs precision.
  for (const partition of numbers) await foldConsumption(log, partition, reported, problems);
  await extendFold(log, fold, onProgress, options);
  return fold;
}

/** Folds what arrived since; ranges before shards, because shards name claims. Returns true when nothing was new. */
export async function extendFold(
  log: EventLog,
  fold: LedgerFold,
  onProgress?: (folded: number) => void,
  { exports }: FoldOptions = {},
): Promise<boolean> {
  const before = fold.recordsFolded;
  // Ends of the shards logs first: a claim named before such an end stands in the ranges log by now.
  const ends = await Promise.all(fold.partitions.map((each) => log.endOffset(TOPICS.shards.name, each.state.partition)));
  for (const state of fold.ranges) {
    const { partition, nextOffset: from } = state;
    for await (const entry of ledgerEntries({ log, topic: TOPICS.ranges.name, partition, from, exports })) {
      const verdict = replayRanges(state, entry.offset, decode(entry.bytes) as RangesRecord);
      fold.recordsFolded++;
      if (verdict !== 'accepted') fold.recordsRejected++;
    }
  }
  for (const [index, audit] of fold.partitions.entries()) {
    const { partition, nextOffset: from } = audit.state;
    for await (const entry of ledgerEntries({ log, topic: TOPICS.shards.name, partition, from, end: ends[index], exports })) {
      const verdict = auditRecord(audit, entry.offset, decode(entry.bytes) as ShardsRecord, (p) => fold.ranges[p] as RangesState);
      fold.recordsFolded++;
      if (verdict !== 'accepted') fold.recordsRejected++;
      if (fold.recordsFolded % READ_LIMIT === 0) onProgress?.(fold.recordsFolded);
    }
  }
  return fold.recordsFolded === before;
}

/**
 * `stock`: cursors of a living pool at the end of the fold; absent for a directory whose process is gone. `series`: what the store of the
 * transaction pool said before it, where there is one.
 */
export function auditReport(fold: LedgerFold, stock: readonly StockCursor[] | undefined, series?: readonly SeriesCut[]): AuditReport {
  const reservations = series === undefined ? undefined : reservationAccounts(fold, series);
  const living = new Map((stock ?? []).map((cursor) => [`${cursor.partition}:${cursor.shard}`, knownOf(cursor)]));
  const known = (partition: number, shard: number): KnownCursor | undefined => {
    const key = `${partition}:${shard}`;
    const reported = fold.reported.get(key);
    return (
      reservations?.cursors.get(key) ??
      living.get(key) ??
      (reported === undefined ? undefined : { issued: reported.issued, stock: 0, revoked: 0 })
    );
  };
  const accounts = fold.ranges.flatMap((ranges) => accountsOf(ranges, fold.partitions, known));
  const duplicates = duplicateOrdinals(fold.partitions.flatMap((each) => [...each.shards.values()]));
  const problems = [...fold.problems, ...(reservations?.problems ?? []), ...accounts.filter((each) => !isBalanced(each)).map(unbalanced)];
  for (const hole of fold.ranges.flatMap((ranges) => holesOf(ranges, fold.partitions))) {
    problems.push(`gapless sequence ${hole.name}, generation ${hole.generation}: ${hole.ordinals} ordinals were left out`);
  }
  if (duplicates > 0) problems.push(`${duplicates} ordinals lie in the live parts of two shards`);
  const { recordsFolded, recordsRejected } = fold;
  return {
    ok: problems.length === 0,
    duplicates,
    problems,
    accounts: accounts.map((account) => publicAccount(account, reservations)),
    recordsFolded,
    recordsRejected,
  };
}

async function foldConsumption(log: EventLog, partition: number, reported: Map<string, ReportedCursor>, problems: string[]): Promise<void> {
  const topic = TOPICS.consumption.name;
  for await (const entry of entriesFrom(log, topic, partition, await log.startOffset(topic, partition))) {
    // A poison record says nothing of any cursor; the stages have put it aside.
    const [event] = readable(TOPICS.consumption, [entry], () => undefined);
    if (event?.kind !== 'ConsumptionEvent') continue;
    for (const cursor of event.cursors) noteCursor(reported, event, cursor, problems);
  }
}

function noteCursor(reported: Map<string, ReportedCursor>, event: ConsumptionEvent, cursor: ShardCursor, problems: string[]): void {
  const key = `${cursor.partition}:${cursor.shard}`;
  const before = reported.get(key);
  // A copy of an event repeats a span; a span that begins behind the last cursor and goes on beyond it would be a second issue.
  if (before !== undefined && cursor.from < before.to && cursor.to > before.to) {
    problems.push(`shard ${key} was reported from ${cursor.from} after it stood at ${before.to}`);
  }
  if (before !== undefined && cursor.to < before.to) return;
  if (before !== undefined && cursor.to === before.to && cursor.returned === 0) return;
  const issued = (before?.issued ?? 0) + (cursor.to - cursor.from) - cursor.returned;
  reported.set(key, { issued, to: cursor.to, fromMs: event.fromMs, toMs: event.toMs });
}

async function* entriesFrom(log: EventLog, topic: string, partition: number, from: number) {
  for (let next = from; ; ) {
    const entries = await log.read(topic, partition, next, READ_LIMIT);
    if (entries.length === 0) return;
    yield* entries;
    next = (entries.at(-1)?.offset ?? next) + 1;
  }
}

function knownOf({ start, end, cursor, recycled, revoked }: StockCursor): KnownCursor {
  const back = totalSize(recycled);
  const rest = end - cursor + back;
  return { issued: cursor - start - back, stock: revoked === undefined ? rest : 0, revoked: revoked === undefined ? 0 : rest };
}

function unbalanced(account: Account): string {
  return `sequence ${account.name}, generation ${account.generation}: the parts do not add up to the ${account.claimed} ordinals claimed`;
}

function publicAccount(account: Account, reservations: ReservationAccounts | undefined): AuditAccount {
  const { name, ...rest } = account;
  return { sequence: name, ...rest, ...partsOf(reservations, account), balanced: isBalanced(account) };
}
