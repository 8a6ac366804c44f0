/**
 * Watches the logs at their ends: folds every record the moment it lands, with the real `replay`, and keeps a second, independent
 * book of who owns each ordinal (I3). What every other reader says of a record is compared with what was said here (I4).
 */
import {
  type AuditedPartition,
  type AuditedShard,
  auditedPartition,
  auditRecord,
  type Ending,
  generationKey,
} from '../../core/ledger/audit.ts';
import { emptyRanges, type RangesState, replayRanges } from '../../core/ledger/ranges.ts';
import type { RangesRecord, ShardReturned, ShardsRecord } from '../../core/ledger/records.ts';
import type { Rules } from '../../core/ledger/rules.ts';
import { emptyShards, isFenced, type ShardsState } from '../../core/ledger/shards-state.ts';
import { rangesToJson, shardsToJson } from '../../core/ledger/state-json.ts';
import type { Verdict } from '../../core/ledger/verdict.ts';
import type { Coverage } from '../coverage.ts';
import { OrdinalSet } from './ordinal-set.ts';
import { Violation } from './violation.ts';

export type LogName = 'ranges' | 'shards';

/** Whole states are compared where the offset is a multiple of this; verdicts are compared at every record. */
const DIGEST_EVERY = 256;

/** Who owns the ordinals of one generation. */
interface Ownership {
  readonly name: string;
  readonly generation: number;
  claimedEnd: number;
  /** Uncut or returned, by partition. */
  readonly free: OrdinalSet[];
  /** In the live part of an accepted shard. */
  readonly live: OrdinalSet;
}

export class LedgerCheck {
  readonly ranges: RangesState[];
  readonly partitions: AuditedPartition[];
  readonly #verdicts: Record<LogName, Verdict[][]>;
  readonly #digests = new Map<string, string>();
  /** Newest fence by partition and sequence. */
  readonly #fences = new Map<string, number>();
  /** Commands of the operator that were accepted. A late copy is the same object. */
  readonly #commands = new Set<RangesRecord>();
  readonly #ownership = new Map<string, Ownership>();
  readonly #coverage: Coverage;

  constructor(partitionCount: number, rules: Rules, coverage: Coverage) {
    const numbers = Array.from({ length: partitionCount }, (_, partition) => partition);
    this.ranges = numbers.map((partition) => emptyRanges(partition, rules));
    this.partitions = numbers.map((partition) => auditedPartition(emptyShards(partition, rules)));
    this.#verdicts = { ranges: numbers.map(() => []), shards: numbers.map(() => []) };
    this.#coverage = coverage;
  }

  shard(partition: number, shard: number): AuditedShard | undefined {
    return this.partitions[partition]?.shards.get(shard);
  }

  /** Ordinals of a generation that lie in a source somewhere, or were claimed and not opened yet. */
  freeOrdinals(name: string, generation: number): number {
    return this.#ownership.get(generationKey(name, generation))?.free.reduce((sum, free) => sum + free.size(), 0) ?? 0;
  }

  onRanges(partition: number, offset: number, record: RangesRecord): Verdict {
    const state = this.ranges[partition] as RangesState;
    const verdict = replayRanges(state, offset, record);
    this.#book('ranges', partition, verdict, record.kind);
    if (verdict === 'accepted') this.#tookEffect(record);
    if (verdict !== 'accepted' || record.kind !== 'RangeClaimed') return verdict;
    const owned = this.#owned(record.name, record.generation);
    if (record.start !== owned.claimedEnd)
      throw new Violation('I3', `claim ${offset} of ${record.name} starts at ${record.start}, not at ${owned.claimedEnd}`);
    owned.claimedEnd = record.end;
    return verdict;
  }

  onShards(partition: number, offset: number, record: ShardsRecord): Verdict {
    const audit = this.partitions[partition] as AuditedPartition;
    const endingBefore = record.kind === 'ShardReturned' ? audit.shards.get(record.shard)?.ending : undefined;
    const verdict = auditRecord(audit, offset, record, (p) => this.ranges[p] as RangesState);
    if (verdict === 'wait') throw new Violation('I4', `record ${offset} of shards ${partition} names a claim beyond the end of its log`);
    this.#book('shards', partition, verdict, record.kind);
    if (verdict === 'accepted') this.#own(audit, offset, record, endingBefore);
    return verdict;
  }

  #own(audit: AuditedPartition, offset: number, record: ShardsRecord, endingBefore: Ending | undefined): void {
    const { partition } = audit.state;
    switch (record.kind) {
      case 'RangeOpened': {
        const claim = this.ranges[record.claimPartition]?.claims.get(record.claimOffset);
        if (claim === undefined) throw new Violation('I3', `record ${offset} opened a claim that was never accepted`);
        this.#mustNotBeFenced(partition, claim.name, claim.generation);
        this.#voidOlder(partition, claim.name, claim.generation);
        this.#free(partition, this.#owned(claim.name, claim.generation), claim.start, claim.end);
        return;
      }
      case 'GenerationFenced':
        this.#voidOlder(partition, record.name, record.generation);
        return;
      case 'ShardAllocated':
        this.#allocated(partition, offset);
        return;
      case 'ShardReturned':
        if (endingBefore !== 'open') throw new Violation('I3', `shard ${record.shard} was closed twice, by record ${offset}`);
        this.#returned(audit, record);
        return;
      default:
    }
  }

  /** A reader judged a record: it must have come to the same verdict. */
  agree(log: LogName, partition: number, offset: number, verdict: Verdict): void {
    const known = this.#verdicts[log][partition]?.[offset];
    if (known !== verdict) throw new Violation('I4', `two readers of record ${offset} of ${log} ${partition}: ${known} and ${verdict}`);
  }

  /** A reader stands at this offset: it must hold the same state as everyone who stood there. */
  compareState(state: RangesState | ShardsState): void {
    if (state.nextOffset % DIGEST_EVERY === 0 && state.nextOffset > 0) this.#compareDigest(state);
  }

  /** Nothing is appended any more: what the watch holds is what every reader must hold at the end. */
  end(): void {
    for (const state of [...this.ranges, ...this.partitions.map(({ state }) => state)]) this.#compareDigest(state);
  }

  /** A reader stands at the end, where the watch stands: it must hold the same state. */
  compareAtEnd(state: RangesState | ShardsState): void {
    this.#compareDigest(state);
  }

  #compareDigest(state: RangesState | ShardsState): void {
    const isRanges = 'claims' in state;
    const key = `${isRanges ? 'ranges' : 'shards'} ${state.partition}:${state.nextOffset}`;
    const digest = isRanges ? rangesToJson(state) : shardsToJson(state);
    const known = this.#digests.get(key);
    if (known === undefined) this.#digests.set(key, digest);
    else if (known !== digest) throw new Violation('I4', `two readers at ${key} hold different states`);
  }

  #book(log: LogName, partition: number, verdict: Verdict, kind: string): void {
    this.#verdicts[log][partition]?.push(verdict);
    if (verdict === 'accepted') this.#coverage.count(kind);
    else this.#coverage.countOf('rejected', verdict);
    this.compareState(log === 'ranges' ? (this.ranges[partition] as RangesState) : (this.partitions[partition] as AuditedPartition).state);
  }

  #allocated(partition: number, offset: number): void {
    const shard = this.shard(partition, offset) as AuditedShard;
    const owned = this.#owned(shard.name, shard.generation);
    this.#mustNotBeFenced(partition, shard.name, shard.generation);
    const cut = owned.free[partition]?.remove(shard.start, shard.end) === true;
    if (!cut)
      throw new Violation('I3', `shard ${partition}:${offset} [${shard.start}, ${shard.end}) was cut from ordinals that were not free`);
    if (!owned.live.add(shard.start, shard.end))
      throw new Violation('I3', `shard ${partition}:${offset} overlaps the live part of another`);
  }

  #returned(audit: AuditedPartition, record: ShardReturned): void {
    const shard = audit.shards.get(record.shard) as AuditedShard;
    const owned = this.#owned(shard.name, shard.generation);
    const voided = isFenced(audit.state, shard.name, shard.generation);
    for (const { start, end } of record.slices) {
      if (!owned.live.remove(start, end))
        throw new Violation('I3', `[${start}, ${end}) of shard ${record.shard} was returned but is not live`);
      if (!voided) this.#free(audit.state.partition, owned, start, end);
    }
  }

  /** One command ends one generation: a copy that comes late must not end the next one, too. */
  #tookEffect(record: RangesRecord): void {
    if (record.kind === 'RangeClaimed') return;
    if (this.#commands.has(record))
      throw new Violation('fence', `one ${record.kind} of ${'name' in record ? record.name : ''} took effect twice`);
    this.#commands.add(record);
  }

  #mustNotBeFenced(partition: number, name: string, generation: number): void {
    const fence = this.#fences.get(`${partition} ${name}`) ?? -1;
    if (generation < fence)
      throw new Violation('fence', `${name}@${generation} goes on in partition ${partition} after the fence ${fence}`);
  }

  #free(partition: number, owned: Ownership, start: number, end: number): void {
    if (owned.live.overlaps(start, end) || owned.free.some((free) => free.overlaps(start, end))) {
      throw new Violation('I3', `[${start}, ${end}) of ${owned.name}@${owned.generation} was freed while somebody owns it`);
    }
    owned.free[partition]?.add(start, end);
  }

  #voidOlder(partition: number, name: string, generation: number): void {
    const key = `${partition} ${name}`;
    this.#fences.set(key, Math.max(generation, this.#fences.get(key) ?? -1));
    for (const owned of this.#ownership.values()) {
      if (owned.name === name && owned.generation < generation) owned.free[partition]?.clear();
    }
  }

  #owned(name: string, generation: number): Ownership {
    const key = generationKey(name, generation);
    let owned = this.#ownership.get(key);
    if (owned === undefined) {
      owned = { name, generation, claimedEnd: 0, free: this.partitions.map(() => new OrdinalSet()), live: new OrdinalSet() };
      this.#ownership.set(key, owned);
    }
    return owned;
  }
}
