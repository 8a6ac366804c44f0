/**
 * The audit: folds the ledger with the same `replay` as everyone and keeps, beside it, where every ordinal went. For each
 * generation: issued + stock + revoked in flight + free + uncut + unopened + void + burnt + in doubt = claimed (design, I8), and
 * the live parts of all accepted shards are disjoint (I3).
 */
import { type Interval, sizeOf, totalSize, without } from '../interval.ts';
import type { RangesState } from './ranges.ts';
import type { ShardsRecord } from './records.ts';
import { replayShards } from './shards.ts';
import { isFenced, type RangesLookup, type Shard, type ShardsState } from './shards-state.ts';
import type { Verdict } from './verdict.ts';

/** How a shard ended, or that it has not. */
export type Ending = 'open' | 'returned' | 'burnt' | 'lost';

export interface AuditedShard extends Interval {
  readonly partition: number;
  readonly shard: number;
  readonly name: string;
  readonly generation: number;
  readonly stream: string;
  readonly pool: string;
  readonly incarnation: string;
  readonly decidedAtMs: number;
  ending: Ending;
  /** Returned: what is no longer live. Burnt: the burnt rest. */
  slices: readonly Interval[];
}

/** Where an audit keeps the shards it has met: a map, or something that takes less room. A shard that ended is set again. */
export interface AuditBook {
  get(shard: number): AuditedShard | undefined;
  set(shard: number, audited: AuditedShard): unknown;
  values(): Iterable<AuditedShard>;
}

export interface AuditedPartition<Book extends AuditBook = AuditBook> {
  readonly state: ShardsState;
  readonly shards: Book;
  /** Ordinals voided by a fence, by generation key. */
  readonly voided: Map<string, number>;
  folded: number;
  rejected: number;
}

export function auditedPartition(state: ShardsState): AuditedPartition<Map<number, AuditedShard>> {
  return auditedInto(state, new Map());
}

export function auditedInto<Book extends AuditBook>(state: ShardsState, shards: Book): AuditedPartition<Book> {
  return { state, shards, voided: new Map(), folded: 0, rejected: 0 };
}

export function generationKey(name: string, generation: number): string {
  return `${name}@${generation}`;
}

/** Folds one record and books what it did. The verdict is that of `replayShards`. */
export function auditRecord(audit: AuditedPartition, offset: number, record: ShardsRecord, ranges: RangesLookup): Verdict {
  const { state } = audit;
  const closing = closedBy(state, record);
  const sourcesBefore = mayFence(record) ? sourcesOf(state) : undefined;
  const verdict = replayShards(state, offset, record, ranges);
  if (verdict === 'wait') return verdict;
  audit.folded++;
  if (verdict !== 'accepted') {
    audit.rejected++;
    return verdict;
  }
  if (record.kind === 'ShardAllocated') bookAllocated(audit, offset);
  for (const shard of closing) bookClosed(audit, shard, record);
  if (sourcesBefore !== undefined) bookVoided(audit, sourcesBefore);
  return verdict;
}

function closedBy(state: ShardsState, record: ShardsRecord): Shard[] {
  if (record.kind === 'ShardReturned' || record.kind === 'ShardBurned') {
    const shard = state.openShards.get(record.shard);
    return shard === undefined ? [] : [shard];
  }
  if (record.kind !== 'PoolLost') return [];
  return [...state.openShards.values()].filter((shard) => shard.incarnation === record.incarnation);
}

function mayFence(record: ShardsRecord): boolean {
  return record.kind === 'GenerationFenced' || record.kind === 'RangeOpened';
}

function sourcesOf(state: ShardsState): { name: string; id: number; key: string; rest: number }[] {
  return [...state.sources.values()].flatMap((ofName) =>
    [...ofName.values()].map(({ name, id, generation, cursor, end }) => ({
      name,
      id,
      key: generationKey(name, generation),
      rest: end - cursor,
    })),
  );
}

function bookAllocated(audit: AuditedPartition, offset: number): void {
  const shard = audit.state.openShards.get(offset);
  if (shard === undefined) return;
  const { name, generation, start, end, pool, incarnation, decision } = shard;
  audit.shards.set(offset, {
    partition: audit.state.partition,
    shard: offset,
    name,
    generation,
    start,
    end,
    stream: shard.stream.id,
    pool,
    incarnation,
    decidedAtMs: decision.decidedAtMs,
    ending: 'open',
    slices: [],
  });
}

function bookClosed(audit: AuditedPartition, shard: Shard, record: ShardsRecord): void {
  const booked = audit.shards.get(shard.id);
  if (booked === undefined) return;
  if (record.kind === 'ShardReturned') {
    booked.ending = 'returned';
    booked.slices = record.slices;
    if (isFenced(audit.state, shard.name, shard.generation))
      addVoid(audit, generationKey(shard.name, shard.generation), totalSize(record.slices));
  } else if (record.kind === 'ShardBurned') {
    booked.ending = 'burnt';
    booked.slices = record.from < shard.end ? [{ start: record.from, end: shard.end }] : [];
  } else {
    booked.ending = 'lost';
  }
  audit.shards.set(shard.id, booked);
}

function bookVoided(audit: AuditedPartition, before: ReturnType<typeof sourcesOf>): void {
  for (const { name, id, key, rest } of before) {
    if (audit.state.sources.get(name)?.has(id) !== true) addVoid(audit, key, rest);
  }
}

function addVoid(audit: AuditedPartition, key: string, ordinals: number): void {
  audit.voided.set(key, (audit.voided.get(key) ?? 0) + ordinals);
}

/** What a shard's store, or the consumption topic, knows of it. */
export interface KnownCursor {
  /** Ordinals issued for good: taken and not given back. */
  readonly issued: number;
  /** Unissued in a living store that can still issue them. */
  readonly stock: number;
  /** Taken out by a revoke whose return is not read back. */
  readonly revoked: number;
}

export interface Account {
  readonly name: string;
  readonly generation: number;
  readonly claimed: number;
  issued: number;
  stock: number;
  revokedInFlight: number;
  free: number;
  uncut: number;
  unopened: number;
  void: number;
  burnt: number;
  inDoubt: number;
}

/** Books every claimed ordinal of one ranges log under exactly one heading. `known` answers for shards by partition and id. */
export function accountsOf(
  ranges: RangesState,
  partitions: readonly AuditedPartition[],
  known: (partition: number, shard: number) => KnownCursor | undefined,
): Account[] {
  const accounts = accountsBeforeShards(ranges, partitions);
  for (const partition of partitions) {
    for (const shard of partition.shards.values()) bookShard(accounts, shard, known(shard.partition, shard.shard));
  }
  return [...accounts.values()];
}

/** Everything that was claimed and lies in no shard; the shards are booked beside it, one by one. */
export function accountsBeforeShards(ranges: RangesState, partitions: readonly AuditedPartition[]): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const { name, id, next } of ranges.generations.values()) {
    const zero = { issued: 0, stock: 0, revokedInFlight: 0, free: 0, uncut: 0, unopened: 0, void: 0, burnt: 0, inDoubt: 0 };
    accounts.set(generationKey(name, id), { name, generation: id, claimed: next, ...zero });
  }
  for (const claim of ranges.claims.values()) {
    const opened = partitions.some((each) => each.state.openedClaims.has(`${ranges.partition}:${claim.offset}`));
    const account = accounts.get(generationKey(claim.name, claim.generation));
    if (account !== undefined && !opened) account.unopened += sizeOf(claim);
  }
  for (const partition of partitions) bookSources(partition, accounts);
  return accounts;
}

function bookSources(partition: AuditedPartition, accounts: ReadonlyMap<string, Account>): void {
  for (const ofName of partition.state.sources.values()) {
    for (const { name, generation, returned, cursor, end } of ofName.values()) {
      const account = accounts.get(generationKey(name, generation));
      if (account === undefined) continue;
      if (returned) account.free += end - cursor;
      else account.uncut += end - cursor;
    }
  }
  for (const [key, ordinals] of partition.voided) {
    const account = accounts.get(key);
    if (account !== undefined) account.void += ordinals;
  }
}

/** Books a shard in the account of its generation, where that is among them. */
export function bookShard(accounts: ReadonlyMap<string, Account>, shard: AuditedShard, cursor: KnownCursor | undefined): void {
  const account = accounts.get(generationKey(shard.name, shard.generation));
  if (account === undefined) return;
  const size = sizeOf(shard);
  const off = totalSize(shard.slices);
  // The return is the store's own last word, so it is exact; elsewhere the last known cursor is.
  if (shard.ending === 'returned') {
    account.issued += size - off;
    return;
  }
  // Below the ordinal it was burnt from, a shard was issued, whether a cursor is known or not.
  const issuedAtLeast = shard.ending === 'burnt' ? size - off : 0;
  const issued = Math.min(cursor?.issued ?? issuedAtLeast, size);
  account.issued += issued;
  if (shard.ending === 'burnt') account.burnt += size - issued;
  else if (shard.ending === 'lost' || cursor === undefined) account.inDoubt += size - issued;
  else {
    account.stock += cursor.stock;
    account.revokedInFlight += cursor.revoked;
    account.inDoubt += size - issued - cursor.stock - cursor.revoked;
  }
}

/** True when the headings add up to what was claimed, and no store says it issued or holds more than its shards have. */
export function isBalanced(account: Account): boolean {
  const { issued, stock, revokedInFlight, free, uncut, unopened, burnt, inDoubt } = account;
  const booked = issued + stock + revokedInFlight + free + uncut + unopened + account.void + burnt + inDoubt;
  return booked === account.claimed && inDoubt >= 0;
}

/** Ordinals that lie in the live parts of two accepted shards of one generation: 0 in every correct history. */
export function duplicateOrdinals(shards: Iterable<AuditedShard>): number {
  const live = new Map<string, Interval[]>();
  for (const shard of shards) {
    const key = generationKey(shard.name, shard.generation);
    const parts = shard.ending === 'returned' ? without(shard, shard.slices) : [shard];
    const all = live.get(key);
    if (all === undefined) live.set(key, [...parts]);
    else all.push(...parts);
  }
  let duplicates = 0;
  for (const parts of live.values()) duplicates += overlapOf(parts);
  return duplicates;
}

function overlapOf(parts: Interval[]): number {
  parts.sort((a, b) => a.start - b.start);
  let overlap = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const part of parts) {
    overlap += Math.max(0, Math.min(end, part.end) - part.start);
    end = Math.max(end, part.end);
  }
  return overlap;
}
