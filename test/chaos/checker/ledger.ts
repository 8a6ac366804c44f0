/**
 * The ledger, folded once more by other code. What the project accepted must have been acceptable: a claim starts where the last one ended,
 * a range is opened once, a shard starts at its source's cursor, it is closed once, and only what lies in it comes back. What the project
 * rejected changes nothing here either.
 */
import { type Interval, minus, overlaps, sizeOf } from './intervals.ts';
import type { LedgerLine, Violation } from './lines.ts';

export interface Generation {
  readonly name: string;
  readonly id: number;
  readonly start: bigint;
  readonly increment: bigint;
  readonly order: string;
  /** Kept in a database, whose lives follow each other in one shard. */
  readonly isRegistered: boolean;
  next: number;
}

export interface Shard extends Interval {
  readonly partition: number;
  readonly shard: number;
  readonly generation: Generation;
  readonly stream: string;
  readonly incarnation: string;
  ending: 'open' | 'returned' | 'burnt' | 'lost';
  endedAt: number;
  slices: readonly Interval[];
}

/** A part of a shard from which values may have been given out. */
export interface LivePart extends Interval {
  readonly shard: Shard;
}

interface Source {
  readonly generation: Generation;
  readonly isReturned: boolean;
  cursor: number;
  readonly end: number;
}

interface Claim extends Interval {
  readonly generation: Generation;
  readonly partition: number;
  isOpened: boolean;
}

/** Where the project numbers the sources that one record makes: its offset and the place of the slice. */
const SLICES_PER_RECORD_MAX = 256;

export class Ledger {
  readonly violations: Violation[] = [];
  readonly generations = new Map<string, Generation>();
  readonly shards = new Map<string, Shard>();
  readonly #live = new Map<string, Generation>();
  readonly #claims = new Map<string, Claim>();
  readonly #sources = new Map<string, Source>();
  readonly #fences = new Map<string, number>();
  readonly #lost = new Set<string>();
  readonly #answers = new Set<string>();

  constructor(lines: readonly LedgerLine[]) {
    for (const log of ['ranges', 'shards']) for (const line of lines) if (line.log === log && line.verdict === 'accepted') this.#fold(line);
    for (const [key, parts] of this.liveParts()) {
      for (const { first, second, ordinals } of overlaps(parts)) {
        this.#wrong(
          `${ordinals} ordinals of ${key} from ${second.start} on lie in the live parts of ${named(first.shard)} and ${named(second.shard)}`,
        );
      }
    }
  }

  /** By generation, sorted. */
  liveParts(): Map<string, LivePart[]> {
    const found = new Map<string, LivePart[]>();
    for (const shard of this.shards.values()) {
      const key = keyOf(shard.generation);
      const parts = found.get(key) ?? [];
      found.set(key, parts);
      for (const part of minus(shard, shard.ending === 'returned' ? shard.slices : [])) parts.push({ ...part, shard });
    }
    for (const parts of found.values()) parts.sort((a, b) => a.start - b.start);
    return found;
  }

  generationsOf(sequence: string): Generation[] {
    return [...this.generations.values()].filter(({ name }) => name === sequence);
  }

  /** What lies in no shard: waiting in an opened range, given back, claimed and never opened. */
  unshared(generation: Generation): { readonly uncut: number; readonly free: number; readonly unopened: number } {
    let uncut = 0;
    let free = 0;
    let unopened = 0;
    for (const claim of this.#claims.values()) if (claim.generation === generation && !claim.isOpened) unopened += claim.end - claim.start;
    for (const source of this.#sources.values()) {
      if (source.generation !== generation) continue;
      if (source.isReturned) free += source.end - source.cursor;
      else uncut += source.end - source.cursor;
    }
    return { uncut, free, unopened };
  }

  #fold({ log, partition, offset, at: time, record }: LedgerLine): void {
    const at = `${log} ${partition}:${offset}`;
    switch (record.kind) {
      case 'SequenceDefined':
      case 'SequenceRebased':
        this.#opened(offset, record as never);
        return;
      case 'SequenceDropped':
        this.#live.delete(String(record.name));
        return;
      case 'RangeClaimed':
        this.#claimed(at, partition, offset, record as never);
        return;
      case 'RangeOpened':
        this.#rangeOpened(at, partition, offset, record as never);
        return;
      case 'GenerationFenced':
        this.#fenced(partition, String(record.name), Number(record.generation));
        return;
      case 'ShardAllocated':
        this.#allocated(at, partition, offset, record as never);
        return;
      case 'ShardReturned':
      case 'ShardBurned':
        this.#closed(at, partition, offset, time, record as never);
        return;
      case 'PoolLost':
        this.#poolLost(partition, String(record.incarnation), time);
        return;
      case 'RequestAnswered': {
        const key = `${String(record.stream)} ${String(record.request)}`;
        if (this.#answers.has(key)) this.#wrong(`${at} answers request ${key} a second time`);
        this.#answers.add(key);
        return;
      }
      default:
    }
  }

  #opened(offset: number, record: { name: string; definition: Record<string, string> }): void {
    const { start = '1', increment = '1', order = 'none', guarantee, durability, pool } = record.definition;
    const isRegistered = guarantee === 'gapless' || durability === 'answered' || pool === 'transaction';
    const numbers = { start: BigInt(start), increment: BigInt(increment), next: 0 };
    const generation = { name: record.name, id: offset, ...numbers, order, isRegistered };
    this.generations.set(keyOf(generation), generation);
    this.#live.set(record.name, generation);
  }

  #claimed(
    at: string,
    partition: number,
    offset: number,
    record: Interval & { name: string; generation: number; partition: number },
  ): void {
    const generation = this.#live.get(record.name);
    if (generation === undefined || generation.id !== record.generation) {
      this.#wrong(`${at} claims of a generation that is not current`);
      return;
    }
    if (record.start !== generation.next) this.#wrong(`${at} claims ${record.name} from ${record.start}, not from ${generation.next}`);
    generation.next = Math.max(generation.next, record.end);
    const { start, end } = record;
    this.#claims.set(`${partition}:${offset}`, { generation, partition: record.partition, start, end, isOpened: false });
  }

  #rangeOpened(at: string, partition: number, offset: number, record: { claimPartition: number; claimOffset: number }): void {
    const claim = this.#claims.get(`${record.claimPartition}:${record.claimOffset}`);
    if (claim === undefined) {
      this.#wrong(`${at} opens a claim that was not accepted`);
      return;
    }
    if (claim.partition !== partition) this.#wrong(`${at} opens a claim of partition ${claim.partition}`);
    if (claim.isOpened) this.#wrong(`${at} opens a claim that was opened before`);
    claim.isOpened = true;
    this.#fenced(partition, claim.generation.name, claim.generation.id);
    this.#source(partition, offset, 0, { generation: claim.generation, isReturned: false, cursor: claim.start, end: claim.end });
  }

  #fenced(partition: number, name: string, generation: number): void {
    const key = `${partition} ${name}`;
    if (generation <= (this.#fences.get(key) ?? -1)) return;
    this.#fences.set(key, generation);
    for (const [id, source] of this.#sources) {
      if (id.startsWith(`${partition}:`) && source.generation.name === name && source.generation.id < generation) this.#sources.delete(id);
    }
  }

  #allocated(
    at: string,
    partition: number,
    offset: number,
    record: Interval & { source: number; stream: string; incarnation: string },
  ): void {
    const { start, end, stream, incarnation } = record;
    const id = `${partition}:${record.source}`;
    const source = this.#sources.get(id);
    if (source === undefined) {
      this.#wrong(`${at} cuts a shard from source ${record.source}, which is not there`);
      return;
    }
    if (start !== source.cursor || end > source.end || end <= start)
      this.#wrong(`${at} cuts [${start}, ${end}) from a source that has [${source.cursor}, ${source.end})`);
    if (this.#lost.has(`${partition} ${incarnation}`)) this.#wrong(`${at} is addressed to a life that was lost before`);
    source.cursor = end;
    if (source.cursor >= source.end) this.#sources.delete(id);
    const { generation } = source;
    this.shards.set(`${partition}:${offset}`, {
      partition,
      shard: offset,
      generation,
      stream,
      incarnation,
      start,
      end,
      ending: 'open',
      endedAt: 0,
      slices: [],
    });
  }

  #closed(
    at: string,
    partition: number,
    offset: number,
    time: number,
    record: { kind: string; shard: number; incarnation: string; slices?: readonly Interval[]; from?: number },
  ): void {
    const shard = this.shards.get(`${partition}:${record.shard}`);
    if (shard === undefined) {
      this.#wrong(`${at} closes a shard that was not accepted`);
      return;
    }
    if (shard.ending !== 'open') this.#wrong(`${at} closes ${named(shard)}, which was ${shard.ending} before`);
    if (!shard.generation.isRegistered && record.incarnation !== shard.incarnation)
      this.#wrong(`${at} closes ${named(shard)} in the name of ${record.incarnation}, and it was addressed to ${shard.incarnation}`);
    const slices = record.kind === 'ShardBurned' ? [{ start: record.from ?? shard.start, end: shard.end }] : (record.slices ?? []);
    const isInside = slices.every(
      ({ start, end }) => start >= shard.start && end <= shard.end && (start < end || record.kind === 'ShardBurned'),
    );
    if (!isInside || overlaps([...slices]).length > 0) this.#wrong(`${at} gives back what does not lie in ${named(shard)}`);
    shard.slices = slices.filter(({ start, end }) => start < end);
    shard.ending = record.kind === 'ShardBurned' ? 'burnt' : 'returned';
    shard.endedAt = time;
    if (record.kind === 'ShardBurned') return;
    const isFenced = shard.generation.id < (this.#fences.get(`${partition} ${shard.generation.name}`) ?? -1);
    if (isFenced) return;
    for (const [index, { start, end }] of slices.entries()) {
      this.#source(partition, offset, index, { generation: shard.generation, isReturned: true, cursor: start, end });
    }
  }

  #poolLost(partition: number, incarnation: string, time: number): void {
    this.#lost.add(`${partition} ${incarnation}`);
    for (const shard of this.shards.values()) {
      if (shard.partition === partition && shard.incarnation === incarnation && shard.ending === 'open') {
        shard.ending = 'lost';
        shard.endedAt = time;
      }
    }
  }

  #source(partition: number, offset: number, index: number, source: Source): void {
    this.#sources.set(`${partition}:${offset * SLICES_PER_RECORD_MAX + index}`, source);
  }

  #wrong(message: string): void {
    this.violations.push({ kind: 'ledger', message });
  }
}

export function keyOf({ name, id }: Generation): string {
  return `${name}@${id}`;
}

export function named({ partition, shard, start, end }: Shard): string {
  return `shard ${partition}:${shard} [${start}, ${end})`;
}

export function shardSizes(shards: Iterable<Shard>): {
  readonly exact: number;
  readonly burnt: number;
  readonly lost: number;
  readonly open: number;
} {
  const sums = { exact: 0, burnt: 0, lost: 0, open: 0 };
  for (const shard of shards) {
    const size = shard.end - shard.start;
    if (shard.ending === 'returned') sums.exact += size - sizeOf(shard.slices);
    else if (shard.ending === 'burnt') sums.burnt += size;
    else if (shard.ending === 'lost') sums.lost += size;
    else sums.open += size;
  }
  return sums;
}
