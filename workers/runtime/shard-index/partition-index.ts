/**
 * All shards that one partition of the ledger ever accepted, closed ones too: who was given which ordinals, when, how it ended, and what
 * the pool reported last. The ledger's own state forgets a shard when it closes; this is what remembers it.
 */
import type { Interval } from '../../../core/interval.ts';
import { type AuditBook, type AuditedShard, type Ending, generationKey } from '../../../core/ledger/audit.ts';
import type { ShardsRecord } from '../../../core/ledger/records.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import { sequenceOfStream } from '../../../core/stream.ts';
import type { ConsumptionEvent, ShardCursor } from '../../../schemas/messages.ts';
import { type Place, ShardBook } from './shard-book.ts';
import type { Report } from './shard-run.ts';

/** Reports of shards that are not known yet: the record of the shard is on its way. More than these are of shards that never will be. */
const EARLY_MAX = 4_096;

export interface IndexedShard extends AuditedShard {
  readonly report: Report | undefined;
  /** Ordinals that reports say were issued for good, where there are any. */
  readonly reportedIssued: number | undefined;
}

export class PartitionIndex implements AuditBook {
  readonly partition: number;
  readonly books = new Map<string, ShardBook>();
  readonly streams = new Names();
  readonly holders = new Names();
  /** Of shards that are open: which end next is known only by id. */
  readonly #open = new Map<number, Place>();
  #newest = -1;
  readonly #early = new Map<number, readonly [ConsumptionEvent, ShardCursor]>();
  /** Reports that begin behind the last one and go on beyond it: a second issue. */
  readonly problems: string[] = [];

  constructor(partition: number) {
    this.partition = partition;
  }

  /** What an accepted record did; `state` is that of the ledger after it. */
  apply(state: ShardsState, offset: number, record: ShardsRecord): void {
    if (record.kind === 'ShardAllocated') {
      const shard = state.openShards.get(offset);
      if (shard === undefined) return;
      const { name, generation, start, end, pool, incarnation, decision } = shard;
      const addressed = { stream: shard.stream.id, pool, incarnation, decidedAtMs: decision.decidedAtMs };
      this.#add({ partition: this.partition, shard: offset, name, generation, start, end, ...addressed, ending: 'open', slices: [] });
    } else if (record.kind === 'ShardReturned') this.#end(record.shard, 'returned', record.slices);
    else if (record.kind === 'ShardBurned') this.#endBurnt(record.shard, record.from);
    else if (record.kind === 'PoolLost') this.#endLost(record.incarnation);
  }

  get(id: number): IndexedShard | undefined {
    const place = this.#placeOf(id);
    return place === undefined ? undefined : this.#shardAt(place);
  }

  /** Adds a shard, or ends one that is known. */
  set(id: number, shard: AuditedShard): void {
    if (this.#placeOf(id) === undefined) this.#add(shard);
    else this.#end(id, shard.ending, shard.slices);
  }

  *values(): Generator<IndexedShard> {
    for (const book of this.books.values()) {
      for (const run of [...book.runs, book.loose]) {
        for (let row = 0; row < run.length; row++) yield this.#shardAt({ book, run, row });
      }
    }
  }

  /** The newest shard in whose live part the ordinal lies. */
  holderOf(name: string, generation: number, ordinal: number): IndexedShard | undefined {
    const place = this.books.get(generationKey(name, generation))?.holderOf(ordinal);
    return place === undefined ? undefined : this.#shardAt(place);
  }

  note(event: ConsumptionEvent, cursor: ShardCursor): void {
    const { shard: id, generation } = cursor;
    const place = this.#open.get(id) ?? this.books.get(generationKey(sequenceOfStream(event.stream), generation))?.placeOf(id);
    if (place !== undefined) this.#report(place, event, cursor);
    else if (this.#early.size < EARLY_MAX) this.#early.set(cursor.shard, [event, cursor]);
  }

  get size(): number {
    return [...this.books.values()].reduce((sum, book) => sum + book.size, 0);
  }

  /** Bytes of the columns; names, and what did not fit them, come on top. */
  get bytes(): number {
    return [...this.books.values()].reduce((sum, book) => sum + book.bytes, 0);
  }

  /** A book as it was saved. */
  restore(book: ShardBook): void {
    this.books.set(generationKey(book.name, book.generation), book);
    for (const run of [...book.runs, book.loose]) {
      for (let row = 0; row < run.length; row++) if (run.ending(row) === 'open') this.#open.set(run.id(row), { book, run, row });
      if (run.length > 0) this.#newest = Math.max(this.#newest, run.id(run.length - 1));
    }
  }

  #add(shard: AuditedShard): void {
    const { name, generation, start, end, stream, pool, incarnation, decidedAtMs: allocatedAtMs } = shard;
    const key = generationKey(name, generation);
    let book = this.books.get(key);
    if (book === undefined) {
      book = new ShardBook(name, generation);
      this.books.set(key, book);
    }
    const names = { stream: this.streams.numberOf(stream), holder: this.holders.numberOf(`${pool}\n${incarnation}`) };
    const place = book.append({ id: shard.shard, start, end, allocatedAtMs, ...names });
    this.#open.set(shard.shard, place);
    this.#newest = shard.shard;
    const early = this.#early.get(shard.shard);
    if (early === undefined) return;
    this.#early.delete(shard.shard);
    this.#report(place, ...early);
  }

  #end(id: number, ending: Ending, slices: readonly Interval[]): void {
    const place = this.#open.get(id);
    if (place === undefined) return;
    place.run.close(place.row, ending, slices);
    this.#open.delete(id);
  }

  #endBurnt(id: number, from: number): void {
    const place = this.#open.get(id);
    if (place === undefined) return;
    const end = place.run.end(place.row);
    this.#end(id, 'burnt', from < end ? [{ start: from, end }] : []);
  }

  #endLost(incarnation: string): void {
    for (const [id, { run, row }] of this.#open) {
      if (addressOf(this.holders.name(run.holder(row))).incarnation === incarnation) this.#end(id, 'lost', []);
    }
  }

  #placeOf(id: number): Place | undefined {
    const open = this.#open.get(id);
    if (open !== undefined || id > this.#newest) return open;
    for (const book of this.books.values()) {
      const place = book.placeOf(id);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #report({ run, row }: Place, event: ConsumptionEvent, { from, to, returned }: ShardCursor): void {
    const before = run.report(row);
    // A copy of an event repeats a span; a span that begins behind the last cursor and goes on beyond it would be a second issue.
    if (before !== undefined && from < before.to && to > before.to)
      this.problems.push(`shard ${this.partition}:${run.id(row)} was reported from ${from} after it stood at ${before.to}`);
    if (before !== undefined && to < before.to) return;
    if (before !== undefined && to === before.to && returned === 0) return;
    const start = run.start(row);
    const issued = (before === undefined ? 0 : before.to - start - run.short(row)) + (to - from) - returned;
    run.setShort(row, to - start - issued);
    // A span that only saw ordinals come back says nothing of when they were issued first.
    if (before === undefined || to > before.to) run.setReport(row, { from, to, fromMs: event.fromMs, toMs: event.toMs });
  }

  #shardAt({ book: { name, generation }, run, row }: Place): IndexedShard {
    const report = run.report(row);
    return {
      partition: this.partition,
      shard: run.id(row),
      name,
      generation,
      start: run.start(row),
      end: run.end(row),
      stream: this.streams.name(run.stream(row)),
      ...addressOf(this.holders.name(run.holder(row))),
      decidedAtMs: run.allocatedAtMs(row),
      ending: run.ending(row),
      slices: run.slices(row),
      report,
      reportedIssued: report === undefined ? undefined : report.to - run.start(row) - run.short(row),
    };
  }
}

/** Names that many shards share, each held once. */
class Names {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }

  name(number: number): string {
    return this.#names[number] as string;
  }

  all(): readonly string[] {
    return this.#names;
  }
}

function addressOf(holder: string): { readonly pool: string; readonly incarnation: string } {
  const [pool = '', incarnation = ''] = holder.split('\n');
  return { pool, incarnation };
}
