/**
 * The audit as a job: folds both ledgers from their first record, takes the cursors that the consumption topic and a living stock
 * know, and books every claimed ordinal (design, I8). Works on a running process and on a stopped data directory.
 */

import { totalSize } from '../../../core/interval.ts';
import {
  type Account,
  type AuditedPartition,
  accountsBeforeShards,
  auditedInto,
  auditRecord,
  bookShard,
  isBalanced,
  type KnownCursor,
} from '../../../core/ledger/audit.ts';
import { holesOf } from '../../../core/ledger/contiguity.ts';
import { emptyRanges, type RangesState, replayRanges } from '../../../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import { emptyShards } from '../../../core/ledger/shards-state.ts';
import type { EventLog, StockCursor } from '../../../pipelines/ports.ts';
import { decode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { partsOf, type ReservationAccounts, reservationAccounts, type SeriesCut } from '../reservations/reservation-accounts.ts';
import type { AuditAccount, AuditReport } from '../service/service.ts';
import { duplicateOrdinals } from '../shard-index/duplicates.ts';
import { type IndexedShard, PartitionIndex } from '../shard-index/partition-index.ts';
import { noteReports } from '../shard-index/reports.ts';
import { inTurns, type LedgerExports, ledgerBatches, turn } from './ledger-entries.ts';

const READ_LIMIT = 4_096;
/** Shards booked in one go, between turns of the event loop. */
const BOOKED_AT_ONCE = 4_096;

/** Its shards take 48 bytes each, in the columns of an index that is folded anew: an audit trusts no snapshot. */
export interface LedgerFold {
  readonly ranges: readonly RangesState[];
  readonly partitions: readonly AuditedPartition<PartitionIndex>[];
  recordsFolded: number;
  recordsRejected: number;
}

export interface FoldOptions {
  /** Where a trimmed ledger goes on before its logs begin. */
  readonly exports?: LedgerExports | undefined;
}

/**
 * Folds everything that is in the logs now, a few records at a time between the calls of others. `onProgress` hears how much of it is done,
 * 0 to 1. Throws `SEQ_LEDGER_CUT` when a log was trimmed and the exports do not hold what it lacks.
 */
export async function foldLedger(
  log: EventLog,
  partitionCount: number,
  onProgress?: (share: number) => void,
  options: FoldOptions = {},
): Promise<LedgerFold> {
  const numbers = Array.from({ length: partitionCount }, (_, partition) => partition);
  const ranges = numbers.map((partition) => emptyRanges(partition));
  const partitions = numbers.map((partition) => auditedInto(emptyShards(partition), new PartitionIndex(partition)));
  const fold: LedgerFold = { ranges, partitions, recordsFolded: 0, recordsRejected: 0 };
  // How far the cursors go is fixed first: then every shard that they name is known when they are read.
  const reports = await Promise.all(numbers.map(async (partition) => reportsNow(log, partition)));
  const ledger = await ledgerRecords(log, partitionCount);
  const total = reports.reduce((sum, { from, end }) => sum + end - from, ledger);
  await extendFold(log, fold, onProgress && ((folded) => onProgress(Math.min(1, folded / total))), options);
  let done = ledger;
  for (const span of reports) {
    for (let next = span.from; next < span.end; ) {
      const entries = await log.read(TOPICS.consumption.name, span.partition, next, Math.min(READ_LIMIT, span.end - next));
      if (entries.length === 0) break;
      for await (const some of inTurns(entries)) noteReports(some, ({ partition }) => indexOf(fold, partition));
      next = (entries.at(-1)?.offset ?? next) + 1;
      done += entries.length;
      onProgress?.(Math.min(1, done / total));
    }
  }
  return fold;
}

/** Folds what arrived since; ranges before shards, because shards name claims. Returns true when nothing was new. */
export async function extendFold(
  log: EventLog,
  fold: LedgerFold,
  onFolded?: (folded: number) => void,
  { exports }: FoldOptions = {},
): Promise<boolean> {
  const before = fold.recordsFolded;
  const count = (accepted: boolean): void => {
    fold.recordsFolded++;
    if (!accepted) fold.recordsRejected++;
    if (fold.recordsFolded % READ_LIMIT === 0) onFolded?.(fold.recordsFolded);
  };
  // Ends of the shards logs first: a claim named before such an end stands in the ranges log by now.
  const ends = await Promise.all(fold.partitions.map((each) => log.endOffset(TOPICS.shards.name, each.state.partition)));
  for (const state of fold.ranges) {
    const { partition, nextOffset: from } = state;
    for await (const entries of ledgerBatches({ log, topic: TOPICS.ranges.name, partition, from, exports })) {
      for (const { offset, bytes } of entries) count(replayRanges(state, offset, decode(bytes) as RangesRecord) === 'accepted');
    }
  }
  for (const [index, audit] of fold.partitions.entries()) {
    const { partition, nextOffset: from } = audit.state;
    for await (const entries of ledgerBatches({ log, topic: TOPICS.shards.name, partition, from, end: ends[index], exports })) {
      for (const { offset, bytes } of entries) {
        count(auditRecord(audit, offset, decode(bytes) as ShardsRecord, (p) => fold.ranges[p] as RangesState) === 'accepted');
      }
    }
  }
  return fold.recordsFolded === before;
}

/**
 * `stock`: cursors of a living pool at the end of the fold; absent for a directory whose process is gone. `series`: what the store of the
 * transaction pool said before it, where there is one.
 */
export async function auditReport(
  fold: LedgerFold,
  stock: readonly StockCursor[] | undefined,
  series?: readonly SeriesCut[],
): Promise<AuditReport> {
  const reservations = series === undefined ? undefined : reservationAccounts(fold, series);
  const living = new Map((stock ?? []).map((cursor) => [`${cursor.partition}:${cursor.shard}`, knownOf(cursor)]));
  const known = ({ partition, shard, reportedIssued: issued }: IndexedShard): KnownCursor | undefined => {
    const key = `${partition}:${shard}`;
    return reservations?.cursors.get(key) ?? living.get(key) ?? (issued === undefined ? undefined : { issued, stock: 0, revoked: 0 });
  };
  const accounts = await accountsOf(fold, known);
  const indexes = fold.partitions.map(({ shards }) => shards);
  const duplicates = await duplicateOrdinals(indexes);
  const problems = [
    ...indexes.flatMap((index) => index.problems),
    ...(reservations?.problems ?? []),
    ...accounts.filter((each) => !isBalanced(each)).map(unbalanced),
  ];
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

async function accountsOf({ ranges, partitions }: LedgerFold, known: (shard: IndexedShard) => KnownCursor | undefined): Promise<Account[]> {
  const accounts = new Map(ranges.flatMap((each) => [...accountsBeforeShards(each, partitions)]));
  let booked = 0;
  for (const { shards } of partitions) {
    for (const shard of shards.values()) {
      bookShard(accounts, shard, known(shard));
      if (++booked % BOOKED_AT_ONCE === 0) await turn();
    }
  }
  return [...accounts.values()];
}

function indexOf(fold: LedgerFold, partition: number): PartitionIndex {
  return (fold.partitions[partition] as AuditedPartition<PartitionIndex>).shards;
}

async function reportsNow(log: EventLog, partition: number): Promise<{ partition: number; from: number; end: number }> {
  const topic = TOPICS.consumption.name;
  return { partition, from: await log.startOffset(topic, partition), end: await log.endOffset(topic, partition) };
}

async function ledgerRecords(log: EventLog, partitionCount: number): Promise<number> {
  let total = 0;
  for (let partition = 0; partition < partitionCount; partition++) {
    for (const { name } of [TOPICS.ranges, TOPICS.shards]) total += await log.endOffset(name, partition);
  }
  return total;
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
