/** What listeners hear of the ledger and of streams, and what is remembered for those who come later. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShardsRecord } from '../../../../core/ledger/records.ts';
import { emptyShards } from '../../../../core/ledger/shards-state.ts';
import type { LedgerListener } from '../../../../workers/runtime/ledger/ledger-reader.ts';
import { LiveFeed, type NumberedEvent } from '../../../../workers/runtime/live/live-feed.ts';
import type { StreamStatus } from '../../../../workers/runtime/service/service.ts';

const DECISION = {
  trigger: 'order',
  position: 0,
  reorderPoint: 10,
  orderUpTo: 50,
  rate: 1,
  reserve: 'peak',
  forecastAtMs: 0,
  decidedAtMs: 0,
} as const;
const ACCEPTED = 'accepted';

function status(stream: string, changes: Partial<StreamStatus> = {}): StreamStatus {
  const counts = { requestsTotal: 0, stallsTotal: 0, issuedTotal: 0, allocationsTotal: 0, returnedTotal: 0 };
  const levels = {
    demandPerSecond: 1,
    forecastMedian: 1,
    forecastUpper: 2,
    stock: 10,
    waiting: 0,
    reorderPoint: 3,
    orderUpTo: 9,
    leadTimeMs: 4,
  };
  return { stream, pool: 'pool-0', ...levels, ...counts, ...changes };
}

let streams: StreamStatus[];
let nowMs: number;
let ledger: LedgerListener;
let feed: LiveFeed;

beforeEach(() => {
  streams = [];
  nowMs = 1_000;
  const reader = { shards: [], listen: hears };
  feed = new LiveFeed({ reader, streams: () => streams, nowMs: () => nowMs });
});

function hears(listener: LedgerListener): void {
  ledger = listener;
}

afterEach(() => feed.close());

function tell(offset: number, record: ShardsRecord, live = true): void {
  ledger.onShards?.(emptyShards(2), offset, record, ACCEPTED, live);
}

function heard(lastId?: number): NumberedEvent[] {
  const events: NumberedEvent[] = [];
  feed.subscribe((event) => events.push(event), lastId);
  return events;
}

function allocate(offset: number): void {
  const shard = { start: 100, end: 140, source: 1, stream: 'orders/web/cart', pool: 'pool-0', incarnation: 'life', order: 1 };
  tell(offset, { kind: 'ShardAllocated', ...shard, decision: DECISION });
}

describe('the live feed', () => {
  it('tells of an allocation, of what came back of it, and says nothing of a shard that was issued whole', () => {
    const events = heard();
    allocate(7);
    tell(8, { kind: 'ShardReturned', shard: 7, incarnation: 'life', slices: [{ start: 120, end: 140 }] });
    allocate(9);
    tell(10, { kind: 'ShardReturned', shard: 9, incarnation: 'life', slices: [] });
    allocate(11);
    tell(12, { kind: 'ShardBurned', shard: 11, incarnation: 'life', from: 135 });
    expect(events.map(({ event }) => event)).toMatchObject([
      { kind: 'allocation', allocation: { stream: 'orders/web/cart', partition: 2, shard: 7, size: 40, reorderPoint: 10 } },
      { kind: 'return', stream: 'orders/web/cart', pool: 'pool-0', values: 20 },
      { kind: 'allocation' },
      { kind: 'allocation' },
      { kind: 'burn', values: 5 },
    ]);
  });

  it('tells nothing of records that are folded while it catches up', () => {
    const events = heard();
    tell(7, { kind: 'PoolLost', pool: 'pool-0', incarnation: 'life', atMs: 0 }, false);
    expect(events).toEqual([]);
  });

  it('shows a new listener the newest look, and one that was away what it missed', () => {
    streams = [status('a/b/c')];
    feed.look();
    nowMs = 2_000;
    streams = [status('a/b/c', { stock: 9 })];
    feed.look();
    allocate(7);
    expect(heard().map(({ id }) => id)).toEqual([2]);
    expect(heard(1).map(({ id }) => id)).toEqual([2, 3]);
    expect(heard(3)).toEqual([]);
    // A number of another process, or of long ago, says nothing here.
    expect(heard(99).map(({ id }) => id)).toEqual([2]);
  });

  it('looks at what moved, and adds all of it up', () => {
    const events = heard();
    streams = [status('a/b/c'), status('a/b/d')];
    feed.look();
    nowMs = 2_000;
    streams = [status('a/b/c', { issuedTotal: 5, stallsTotal: 2, stock: 5 }), status('a/b/d')];
    feed.look();
    expect(events.slice(1).map(({ event }) => event)).toMatchObject([
      { kind: 'stall', stream: 'a/b/c', stalls: 2 },
      { kind: 'streams', streams: [{ stream: 'a/b/c' }], totals: { streams: 2, stock: 15, issued: 5, stalls: 2 } },
    ]);
  });
});

describe('the past of a stream', () => {
  it('is demand since the second before, and what was held, oldest first', () => {
    for (const issuedTotal of [0, 10, 40, 40]) {
      streams = [status('a/b/c', { issuedTotal })];
      feed.look();
      nowMs += 2_000;
    }
    const past = feed.past('a/b/c');
    expect(past?.demand).toEqual([5, 15, 0]);
    expect(past?.atMs).toEqual([3_000, 5_000, 7_000]);
    expect(past?.stock).toEqual([10, 10, 10]);
    expect(feed.past('a/b/d')).toBeUndefined();
  });

  it('is kept for a quarter of an hour', () => {
    for (let second = 0; second <= 1_000; second++) {
      streams = [status('a/b/c', { issuedTotal: second })];
      feed.look();
      nowMs += 1_000;
    }
    const atMs = feed.past('a/b/c')?.atMs ?? [];
    expect([atMs.length, atMs[0], atMs.at(-1)]).toEqual([900, 102_000, 1_001_000]);
  });

  it('of a stream that fell silent makes room for a new one', () => {
    streams = Array.from({ length: 200 }, (_, index) => status(`old/b/${index}`));
    for (let second = 0; second < 902; second++) {
      feed.look();
      nowMs += 1_000;
    }
    streams = [...streams, status('idle/b/c'), status('new/b/c', { issuedTotal: 3 })];
    feed.look();
    nowMs += 1_000;
    feed.look();
    expect(feed.past('idle/b/c')).toBeUndefined();
    expect(feed.past('new/b/c')?.atMs).toHaveLength(1);
    expect(feed.past('old/b/0')).toBeUndefined();
    expect(feed.past('old/b/1')?.atMs).toHaveLength(900);
  });

  it('tells of the busiest where too many move, and answers for each one that is asked for', () => {
    const events = heard();
    streams = Array.from({ length: 1_000 }, (_, i) => status(`a/b/s${i}`, { demandPerSecond: i, stock: i }));
    feed.look();
    const [{ event: look }] = events as [NumberedEvent];
    expect(look).toMatchObject({ isCut: true, totals: { streams: 1_000 } });
    expect(look.kind === 'streams' && look.streams[0]?.stream).toBe('a/b/s999');
    expect(feed.rows(['a/b/s3', 'a/b/none', 'a/b/s4']).map(({ stock }) => stock)).toEqual([3, 4]);
    streams = [status('a/b/s3', { stock: 2 })];
    feed.look();
    expect(feed.rows(['a/b/s3', 'a/b/s4']).map(({ stock }) => stock)).toEqual([2]);
    expect(events.at(-1)?.event).toMatchObject({ isCut: false });
  });

  it('looks at once where it is asked before its first look', () => {
    streams = [status('a/b/c')];
    expect(feed.rows(['a/b/c'])).toHaveLength(1);
  });
});
