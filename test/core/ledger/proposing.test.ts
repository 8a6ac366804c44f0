import { describe, expect, test } from 'vitest';
import { type CursorsAhead, openOf, proposeClaim, proposeShards, unopenedClaims, usableOrdinals } from '../../../core/ledger/proposing.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { StreamLedger } from '../../../core/ledger/shards-state.ts';
import { RANGE_SIZE_MAX, RANGE_SIZE_MIN, SHARD_SIZE_MAX, SHARDS_PER_ORDER_MAX } from '../../../core/limits.ts';
import {
  allocate,
  appendShards,
  assign,
  claim,
  DECISION,
  drop,
  expectRejected,
  extended,
  fenced,
  folded,
  generationOf,
  type Ledger,
  ledgerOf,
  open,
  rebase,
  returned,
  STREAM,
  type Step,
  streamOf,
} from './ledger-fixture.ts';

/** The shards an order of `count` would be cut into, as `[start, end)`. */
function cut(ledger: Ledger, count: number, stream: string = STREAM, ahead?: CursorsAhead): { shards: number[][]; missing: number } {
  const options = {
    stream: streamOf(ledger, stream),
    name: 's',
    generation: generationOf(ledger),
    pool: 'pool',
    incarnation: 'life-1',
    count,
  };
  const { records, missing } = proposeShards(ledger.shards, { ...options, decision: DECISION, ...(ahead === undefined ? {} : { ahead }) });
  return { shards: records.map(({ start, end }) => [start, end]), missing };
}

/** One shard whose return leaves slices of these sizes, a hole after each. */
function sliced(...sizes: readonly number[]): Step[] {
  let start = 0;
  const slices = sizes.map((size): [number, number] => {
    const slice: [number, number] = [start, start + size];
    start += size + 1;
    return slice;
  });
  return [open(0, start), allocate('A', 0, start), returned('A', ...slices)];
}

function liveOf(ledger: Ledger): Generation {
  return ledger.ranges.live.get('s') as Generation;
}

describe('the shards of an order', () => {
  test('are one where one source has enough, numbered after the last order', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10));
    expect(cut(ledger, 30)).toEqual({ shards: [[10, 40]], missing: 0 });
    const { records } = proposeShards(ledger.shards, {
      stream: streamOf(ledger),
      name: 's',
      generation: 0,
      pool: 'pool',
      incarnation: 'life-1',
      count: 30,
      decision: DECISION,
    });
    expect(records).toEqual([
      {
        kind: 'ShardAllocated',
        source: 256,
        start: 10,
        end: 40,
        stream: STREAM,
        pool: 'pool',
        incarnation: 'life-1',
        order: 2,
        decision: DECISION,
      },
    ]);
  });

  test('use returned slices before a fresh range', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), returned('A', [4, 10]));
    expect(cut(ledger, 6)).toEqual({ shards: [[4, 10]], missing: 0 });
    expect(cut(ledger, 20)).toEqual({
      shards: [
        [4, 10],
        [10, 24],
      ],
      missing: 0,
    });
  });

  test('come from the smallest slice that holds all of it', () => {
    expect(cut(folded(...sliced(50, 10, 20)), 15).shards).toEqual([[62, 77]]);
  });

  test('come from the slice of just that size where there is one', () => {
    expect(cut(folded(...sliced(50, 15, 20)), 15)).toEqual({ shards: [[51, 66]], missing: 0 });
  });

  test('are no more than it takes: a source that fills the order is the last one', () => {
    expect(cut(folded(open(0, 10), open(10, 20)), 10)).toEqual({ shards: [[0, 10]], missing: 0 });
    expect(cut(ledgerOf({ order: 'stream' }, open(0, 10), open(10, 20)), 10)).toEqual({ shards: [[0, 10]], missing: 0 });
  });

  test('come from the largest slices first where none holds all of it', () => {
    expect(cut(folded(...sliced(5, 10, 20)), 32)).toEqual({
      shards: [
        [17, 37],
        [6, 16],
        [0, 2],
      ],
      missing: 0,
    });
  });

  test('are at most eight of an ordered stream as well', () => {
    const ranges = Array.from({ length: SHARDS_PER_ORDER_MAX + 1 }, (_, i) => open(i, i + 1));
    const { shards, missing } = cut(ledgerOf({ order: 'stream' }, ...ranges), 100);
    expect(shards).toEqual(Array.from({ length: SHARDS_PER_ORDER_MAX }, (_, i) => [i, i + 1]));
    expect(missing).toBe(100 - SHARDS_PER_ORDER_MAX);
  });

  test('are at most eight, one of them kept for a fresh range', () => {
    const ledger = folded(...sliced(...Array.from({ length: 20 }, () => 1)), open(40, 1_000));
    const { shards, missing } = cut(ledger, 100);
    expect(shards).toHaveLength(SHARDS_PER_ORDER_MAX);
    expect(shards.at(-1)).toEqual([40, 40 + 100 - (SHARDS_PER_ORDER_MAX - 1)]);
    expect(missing).toBe(0);
  });

  test('say what is missing where the sources have too little', () => {
    expect(cut(folded(), 10)).toEqual({ shards: [], missing: 10 });
    expect(cut(folded(open(0, 7)), 10)).toEqual({ shards: [[0, 7]], missing: 3 });
  });

  test('are no larger than a shard may be', () => {
    const ledger = folded(open(0, 3 * SHARD_SIZE_MAX));
    expect(cut(ledger, SHARD_SIZE_MAX + 5)).toEqual({ shards: [[0, SHARD_SIZE_MAX]], missing: 5 });
  });

  test('never come from an older generation than the one asked for', () => {
    const ledger = folded(open(0, 100), rebase());
    expect(cut(ledger, 10)).toEqual({ shards: [], missing: 10 });
  });

  test('ascend for an ordered stream, and begin at or above where it goes on', () => {
    const steps = [open(0, 30), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [4, 10]), open(30, 60)] as const;
    const ledger = ledgerOf({ order: 'stream' }, ...steps);
    expect(cut(ledger, 15)).toEqual({
      shards: [
        [20, 30],
        [30, 35],
      ],
      missing: 0,
    });
    extended(ledger, assign('s/mobile/api'));
    expect(cut(ledger, 8, 's/mobile/api')).toEqual({
      shards: [
        [4, 10],
        [20, 22],
      ],
      missing: 0,
    });
    const smallFirst = extended(ledgerOf({ order: 'stream' }, ...sliced(5, 20)), assign('s/mobile/api'));
    expect(cut(smallFirst, 10, 's/mobile/api').shards).toEqual([
      [0, 5],
      [6, 11],
    ]);
  });

  test('begin where the proposals still under way will have moved the cursors to', () => {
    const ledger = extended(folded(open(0, 50)), assign('s/mobile/api'));
    const ahead: CursorsAhead = new Map();
    expect(cut(ledger, 30, STREAM, ahead).shards).toEqual([[0, 30]]);
    expect(cut(ledger, 30, 's/mobile/api', ahead)).toEqual({ shards: [[30, 50]], missing: 10 });
    expect(usableOrdinals(ledger.shards, { stream: undefined, name: 's', generation: 0, ahead })).toBe(0);
    extended(ledger, open(50, 90));
    expect(cut(ledger, 5, 's/mobile/api', ahead).shards).toEqual([[50, 55]]);
    extended(ledger, allocate('A', 0, 30), allocate('B', 30, 50, { stream: 's/mobile/api' }));
  });
});

describe('the ordinals a stream could have', () => {
  test('are those of all sources of the generation, of an unordered stream', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), returned('A', [4, 10]));
    expect(usableOrdinals(ledger.shards, { stream: streamOf(ledger), name: 's', generation: 0 })).toBe(96);
    expect(usableOrdinals(ledger.shards, { stream: undefined, name: 's', generation: 1 })).toBe(0);
    expect(usableOrdinals(ledger.shards, { stream: undefined, name: 'unknown', generation: 0 })).toBe(0);
  });
});

describe('the ordinals of a sequence in one order', () => {
  test('are there for its shared stream alone, or for one nothing is known of yet', () => {
    const ledger = extended(ledgerOf({ order: 'sequence' }, open(0, 100)), assign('s/*/*'));
    const usable = (stream: StreamLedger | undefined): number => usableOrdinals(ledger.shards, { stream, name: 's', generation: 0 });
    expect([streamOf(ledger, 's/*/*'), streamOf(ledger), undefined].map(usable)).toEqual([100, 0, 100]);
    expect(cut(ledger, 10)).toEqual({ shards: [], missing: 10 });
  });
});

describe('a proposed claim', () => {
  test('takes sixteen times what is needed now, at least 1,024 and at most 2^42', () => {
    const live = liveOf(folded());
    expect(proposeClaim(live, 3, 10, true)).toEqual({
      kind: 'RangeClaimed',
      name: 's',
      generation: 0,
      partition: 3,
      start: 0,
      end: RANGE_SIZE_MIN,
    });
    expect(proposeClaim(live, 0, 1_000, true)).toMatchObject({ start: 0, end: 16_000 });
    expect(proposeClaim(live, 0, 2 ** 40, true)).toMatchObject({ start: 0, end: RANGE_SIZE_MAX });
  });

  test('takes all that is left where the partition is alone, a quarter where others look for some as well', () => {
    const ledger = ledgerOf({ max: 1_000n }, claim('C', 0, 200));
    expect(proposeClaim(liveOf(ledger), 0, 10, true)).toMatchObject({ start: 200, end: 1_000 });
    expect(proposeClaim(liveOf(ledger), 0, 10, false)).toMatchObject({ start: 200, end: 400 });
    expect(proposeClaim(liveOf(ledger), 0, 300, false)).toMatchObject({ start: 200, end: 500 });
  });

  test('never takes more than there is', () => {
    const ledger = ledgerOf({ max: 100n }, claim('C', 0, 90));
    expect(proposeClaim(liveOf(ledger), 0, 5_000, false)).toMatchObject({ start: 90, end: 100 });
    expect(proposeClaim(liveOf(extended(ledger, claim('D', 90, 100))), 0, 1, true)).toBeUndefined();
  });
});

describe('the claims a partition may open', () => {
  test('are its own, of the living generation, not opened yet, oldest first', () => {
    const ledger = folded(open(0, 100), claim('C', 100, 200), claim('D', 200, 300, { partition: 1 }), claim('E', 300, 400));
    const found = unopenedClaims(ledger.ranges, ledger.shards, 's');
    expect(found.map((each) => each.start)).toEqual([100, 300]);
    for (const each of found) expect(appendShards(ledger, openOf(ledger.ranges, each))).toBe('accepted');
    expect(unopenedClaims(ledger.ranges, ledger.shards, 's')).toEqual([]);
    expect(unopenedClaims(ledger.ranges, ledger.shards, 'unknown')).toEqual([]);
  });

  test('are none of a generation that ended', () => {
    const gone = folded(claim('C', 0, 100), drop());
    expect(unopenedClaims(gone.ranges, gone.shards, 's')).toEqual([]);
    const ledger = folded(claim('C', 0, 100), rebase(), fenced(2));
    expect(unopenedClaims(ledger.ranges, ledger.shards, 's')).toEqual([]);
    expectRejected(ledger, (each) => appendShards(each, { kind: 'RangeOpened', claimPartition: 0, claimOffset: 1 }), 'generation-fenced');
  });
});
