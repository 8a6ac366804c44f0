/**
 * A seeded walk through everything that ledger logs can hold: sequences that come, change and go, ranges claimed and opened, shards
 * cut, returned, burnt and lost, and beside them what a real log holds too: copies, late ones, and records of writers that were
 * wrong. The walk follows the fold, so that what it proposes is mostly accepted.
 */
import { type Interval, sizeOf } from '../core/interval.ts';
import { emptyRanges, LEDGER_LEVEL, type RangesState, replayRanges } from '../core/ledger/ranges.ts';
import type { LedgerRecord, LevelRaised, RangesRecord, ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { emptyShards, type Shard, type ShardsState, type StreamLedger } from '../core/ledger/shards-state.ts';
import type { Verdict } from '../core/ledger/verdict.ts';
import { type Rng, seededRng } from '../core/rng.ts';
import { defineSequence, type SequenceDefinition } from '../core/sequence.ts';
import { sharedStreamId } from '../core/stream.ts';

export interface WalkedLog {
  readonly name: string;
  readonly records: LedgerRecord[];
  readonly verdicts: Verdict[];
}

const PARTITIONS = [0, 1];
/** Names by the partition of the ranges log they live in. */
const NAMES = [
  ['orders', 'invoices-2026'],
  ['tickets', 'row_ids', 'lottery.eu'],
];
const STREAMS_PER_NAME = 3;
const POOLS = ['pool-eu-1', 'pool-eu-2'];
const START_MS = 1_767_225_600_000;
const SLICES_TOO_MANY = 256;
const HUGE = 2 ** 40 + 1;
const YEARLY = { reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-01-01' } as const;

export function walk(seed: number, steps: number): WalkedLog[] {
  const ledger = new LedgerWalk(seededRng(seed));
  for (let step = 0; step < steps; step++) ledger.step(step);
  return ledger.logs;
}

class LedgerWalk {
  readonly ranges: RangesState[] = PARTITIONS.map((partition) => emptyRanges(partition));
  readonly shards: ShardsState[] = PARTITIONS.map((partition) => emptyShards(partition));
  readonly logs: WalkedLog[] = ['ranges', 'shards'].flatMap((log) =>
    PARTITIONS.map((p) => ({ name: `${log}-${p}`, records: [], verdicts: [] })),
  );
  readonly #rng: Rng;
  readonly #lives = new Map(POOLS.map((pool) => [pool, 1]));
  #nowMs = START_MS;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  step(step: number): void {
    this.#nowMs += Math.floor(this.#rng.next() * 2_000);
    const partition = this.#of(PARTITIONS);
    const isRanges = step < 12 || this.#rng.next() < 0.12;
    const log = this.logs[isRanges ? partition : PARTITIONS.length + partition] as WalkedLog;
    const record = isRanges ? this.#rangesRecord(partition) : this.#shardsRecord(this.shards[partition] as ShardsState);
    if (record === undefined) return;
    const luck = this.#rng.next();
    if (luck < 0.12 && log.records.length > 0) this.#append(log, partition, this.#of(log.records.slice(-40)));
    else if (luck < 0.25) this.#append(log, partition, this.#spoilt(record));
    else this.#append(log, partition, record);
  }

  #append(log: WalkedLog, partition: number, record: LedgerRecord): void {
    const offset = log.records.length;
    const [ranges, shards] = [this.ranges[partition] as RangesState, this.shards[partition] as ShardsState];
    const verdict = log.name.startsWith('ranges')
      ? replayRanges(ranges, offset, record as RangesRecord)
      : replayShards(shards, offset, record as ShardsRecord, (p) => this.ranges[p] ?? emptyRanges(p));
    // A record that would wait is one of the future: left out, because the logs are folded one after the other.
    if (verdict === 'wait') return;
    log.records.push(record);
    log.verdicts.push(verdict);
  }

  #rangesRecord(partition: number): RangesRecord {
    const state = this.ranges[partition] as RangesState;
    const name = this.#of(NAMES[partition] as string[]);
    const live = state.live.get(name);
    const luck = this.#rng.next();
    if (luck < 0.02) return this.#raised();
    if (live === undefined)
      return { kind: 'SequenceDefined', name, previous: state.dropped.get(name) ?? -1, definition: this.#definition() };
    if (luck < 0.06) return { kind: 'SequenceDropped', name, previous: live.id };
    if (luck < 0.12) return { kind: 'SequenceRebased', name, previous: live.id, claimed: -1, definition: this.#definition() };
    if (luck < 0.2) return { kind: 'SequenceDefined', name, previous: -1, definition: live.definition };
    const size = this.#of([1, 10, 1_024, 65_536, 2 ** 42]);
    const [start, end] = [live.next, Math.min(live.next + size, live.capacity)];
    return { kind: 'RangeClaimed', name, generation: live.id, partition: this.#of(PARTITIONS), start, end };
  }

  #shardsRecord(state: ShardsState): ShardsRecord | undefined {
    const luck = this.#rng.next();
    if (luck < 0.1) return this.#opened(state);
    if (luck < 0.5) return this.#allocated(state);
    if (luck < 0.55) return this.#assigned(state);
    const shard = this.#of([...state.openShards.values()]);
    if (luck < 0.72)
      return shard && { kind: 'ShardReturned', shard: shard.id, incarnation: shard.incarnation, slices: this.#slices(shard) };
    if (luck < 0.75) return shard && { kind: 'ShardBurned', shard: shard.id, incarnation: shard.incarnation, from: this.#within(shard) };
    if (luck < 0.81)
      return shard && { kind: 'ShardRecalled', shard: shard.id, because: this.#of(['surplus', 'exhaustion', 'drain'] as const) };
    if (luck < 0.89) return this.#answered(state);
    if (luck < 0.94) return this.#lived(state);
    if (luck < 0.97) return this.#fenced();
    if (luck < 0.98) return this.#raised();
    return this.#lost();
  }

  #raised(): LevelRaised {
    return { kind: 'LevelRaised', level: this.#of([1, LEDGER_LEVEL]) };
  }

  /** A pool of gapless sequences begins another life, or says how many operations its database holds. */
  #lived(state: ShardsState): ShardsRecord {
    const pool = this.#of(POOLS);
    const current = state.lives.get(pool);
    const ops = (current?.ops ?? 0) + Math.floor(this.#rng.next() * 100);
    if (current !== undefined && this.#rng.next() < 0.6) return { kind: 'OpsLogged', pool, life: current.life, ops };
    return { kind: 'LifeOpened', pool, life: this.#life(pool), previous: current?.life ?? '', ops };
  }

  #opened(state: ShardsState): ShardsRecord | undefined {
    const claims = this.ranges.flatMap((log) => [...log.claims.values()].map((claim) => ({ log: log.partition, claim })));
    const mine = claims.filter(
      ({ log, claim }) => claim.partition === state.partition && !state.openedClaims.has(`${log}:${claim.offset}`),
    );
    const chosen = this.#of(mine.length > 0 ? mine : claims);
    return chosen && { kind: 'RangeOpened', claimPartition: chosen.log, claimOffset: chosen.claim.offset };
  }

  #allocated(state: ShardsState): ShardsRecord | undefined {
    const some = this.#of([...state.streams.values()]);
    if (some === undefined) return undefined;
    const source = this.#of([...(state.sources.get(nameOf(some))?.values() ?? [])]);
    if (source === undefined) return undefined;
    const isGapless = source.gapless === true && this.#rng.next() < 0.9;
    const stream = isGapless ? (state.streams.get(sharedStreamId(source.name)) ?? some) : some;
    const life = isGapless ? state.lives.get(stream.pool)?.life : undefined;
    const size = this.#rng.next() < 0.06 ? HUGE : this.#of([1, 7, 100, 1_000, 4_096]);
    const [start, end] = [source.cursor, Math.min(source.cursor + size, source.end)];
    const [position, reorderPoint] = [Math.floor(this.#rng.next() * 64) - 32, this.#of([32, 75, 4_000])];
    return {
      kind: 'ShardAllocated',
      start,
      end,
      source: source.id,
      stream: stream.id,
      pool: stream.pool,
      incarnation: life ?? this.#life(stream.pool),
      order: stream.lastOrder + 1,
      decision: {
        trigger: this.#of(['order', 'forecast', 'replace', 'manual'] as const),
        position,
        reorderPoint,
        orderUpTo: reorderPoint + size,
        rate: this.#rng.next() * 1_000,
        reserve: this.#of(['floor', 'peak', 'forecast', 'ride-through', 'declared', 'waiting'] as const),
        forecastAtMs: this.#of([0, this.#nowMs - 10_000]),
        decidedAtMs: this.#nowMs,
      },
    };
  }

  #assigned(state: ShardsState): ShardsRecord {
    const name = this.#of(NAMES.flat());
    const own = `${name}/web/checkout-${Math.floor(this.#rng.next() * STREAMS_PER_NAME)}`;
    const stream = this.#rng.next() < 0.3 ? sharedStreamId(name) : own;
    return { kind: 'StreamAssigned', stream, pool: this.#of(POOLS), assignment: (state.streams.get(stream)?.assignment ?? 0) + 1 };
  }

  #answered(state: ShardsState): ShardsRecord | undefined {
    const shard = this.#of([...state.openShards.values()]);
    if (shard === undefined) return undefined;
    const blocks = this.#of([[], [this.#slices(shard)[0]]]).flatMap((slice) => (slice === undefined ? [] : [slice]));
    return {
      kind: 'RequestAnswered',
      request: `bestellung-№${Math.floor(this.#rng.next() * 500)}`,
      stream: shard.stream.id,
      payloadHash: Math.floor(this.#rng.next() * 2 ** 32).toString(16),
      blocks: blocks.map((block) => ({ ...block, generation: shard.generation, shard: shard.id })),
    };
  }

  #fenced(): ShardsRecord {
    const name = this.#of(NAMES.flat());
    const live = this.ranges.map((log) => log.live.get(name)).find((generation) => generation !== undefined);
    return { kind: 'GenerationFenced', name, generation: live?.id ?? 0 };
  }

  /** A pool is declared lost and lives on under a new life; or it only restarts, and nobody has noticed yet. */
  #lost(): ShardsRecord | undefined {
    const pool = this.#of(POOLS);
    const incarnation = this.#life(pool);
    if (this.#rng.next() < 0.7) this.#lives.set(pool, (this.#lives.get(pool) ?? 0) + 1);
    return this.#rng.next() < 0.6 ? { kind: 'PoolLost', pool, incarnation, atMs: this.#nowMs } : undefined;
  }

  #definition(): SequenceDefinition {
    return this.#of([
      defineSequence({}),
      defineSequence({ increment: -3n, order: 'sequence' }),
      defineSequence({ start: -(2n ** 63n), min: -(2n ** 63n), targetStallsPpm: 100, rideThroughMs: 600_000, rideThroughClass: 'insured' }),
      defineSequence({ start: 5n, min: 1n, max: 60n, cycle: true }),
      defineSequence({ order: 'stream', increment: 10n, max: 900_000n }),
      defineSequence({ guarantee: 'gapless', format: 'INV-{YYYY}-{value:06}', ...YEARLY }),
      defineSequence({ guarantee: 'gapless', burnCost: 'high', max: 2_000_000n }),
      defineSequence({ format: '{opaque:10}-{check:mod37-2}', opaqueKey: '00112233445566778899aabbccddeeff', max: 2n ** 40n }),
    ]);
  }

  /** What a store might give back: nothing, the rest, or recycled pieces and the rest; and now and then far too many pieces. */
  #slices(shard: Shard): Interval[] {
    const cursor = this.#within(shard);
    const rest = cursor < shard.end ? [{ start: cursor, end: shard.end }] : [];
    const luck = this.#rng.next();
    if (luck < 0.2) return [];
    if (luck < 0.7 || cursor - shard.start < 4) return rest;
    if (luck < 0.75 && sizeOf(shard) >= 2 * SLICES_TOO_MANY) {
      return Array.from({ length: SLICES_TOO_MANY }, (_, i) => ({ start: shard.start + 2 * i, end: shard.start + 2 * i + 1 }));
    }
    return [{ start: shard.start, end: shard.start + 1 }, { start: cursor - 2, end: cursor - 1 }, ...rest];
  }

  /** One field is wrong. A level is left as it is: every reader stops at one it does not know. A word cannot be wrong in a log. */
  #spoilt<T extends LedgerRecord>(record: T): T {
    if (record.kind === 'LevelRaised') return record;
    if (record.kind === 'ShardReturned' && record.slices.length > 0) return { ...record, slices: [...record.slices, ...record.slices] };
    const fields = Object.entries(record).filter(([name, value]) => name !== 'kind' && name !== 'because' && typeof value !== 'object');
    const [name, value] = this.#of(fields);
    const others =
      typeof value === 'number' ? [value + 1, value - 1, 0, 2 ** 52] : ['pool-eu-1', 'orders', 'somebody-else', 'life-1-of-pool-eu-1'];
    return { ...record, [name]: this.#of(others as (string | number)[]) };
  }

  #life(pool: string): string {
    return `life-${this.#lives.get(pool)}-of-${pool}`;
  }

  #within(interval: Interval): number {
    return interval.start + Math.floor(this.#rng.next() * (sizeOf(interval) + 1));
  }

  #of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#rng.next() * choices.length)] as T;
  }
}

function nameOf(stream: StreamLedger): string {
  return stream.id.slice(0, stream.id.indexOf('/'));
}
