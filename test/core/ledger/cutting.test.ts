import { describe, expect, test } from 'vitest';
import { SHARD_SIZE_MAX } from '../../../core/limits.ts';
import {
  allocate,
  assign,
  expectRejected,
  extended,
  folded,
  freeOf,
  ledgerOf,
  lost,
  open,
  openShard,
  rebase,
  returned,
  STREAM,
  streamOf,
} from './ledger-fixture.ts';

describe('a shard', () => {
  test('starts at the cursor of its source and moves it to its end', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), allocate('B', 10, 40));
    expect(freeOf(ledger)).toEqual([[40, 100]]);
    expect(openShard(ledger, 'B')).toMatchObject({
      start: 10,
      end: 40,
      generation: 0,
      pool: 'pool',
      incarnation: 'life-1',
      order: 2,
      recalled: false,
    });
    expect(streamOf(ledger).open.map((shard) => shard.start)).toEqual([0, 10]);
  });

  test('neither leaves a gap nor reaches back', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10));
    expectRejected(ledger, allocate('B', 11, 20), 'not-at-cursor');
    expectRejected(ledger, allocate('B', 9, 20), 'not-at-cursor');
  });

  test('of an unordered stream may lie below what the stream had before, and does not lower where it has come to', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [2, 5]), allocate('C', 2, 5));
    expect(streamOf(ledger).high).toBe(20);
  });

  test('may take the whole rest of its source, which is gone then', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 100, { source: 256 }));
    expect(freeOf(ledger)).toEqual([]);
    expectRejected(ledger, allocate('B', 100, 101, { source: 256 }), 'no-such-source');
  });

  test('does not reach beyond its source, into a neighbour that lies there', () => {
    expectRejected(folded(open(0, 100), open(100, 200)), allocate('A', 0, 150), 'beyond-source');
  });

  test('holds at least one ordinal and at most 2^40', () => {
    const ledger = folded(open(0, 2 * SHARD_SIZE_MAX));
    expectRejected(ledger, allocate('A', 0, 0), 'shard-empty');
    expectRejected(ledger, allocate('A', 0, -5), 'shard-empty');
    expectRejected(ledger, allocate('A', 0, SHARD_SIZE_MAX + 1), 'shard-too-large');
    extended(ledger, allocate('A', 0, SHARD_SIZE_MAX), allocate('B', SHARD_SIZE_MAX, 2 * SHARD_SIZE_MAX));
  });

  test('is not cut for a stream from a source of another sequence', () => {
    const ledger = extended(folded(open(0, 100)), assign('other/web/api'));
    expectRejected(ledger, allocate('A', 0, 10, { stream: 'other/web/api', source: 256 }), 'no-such-source');
  });

  test('answers an order once: a late copy of the answer names a number that is not next any more', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10));
    expectRejected(ledger, allocate('A again', 0, 10, { order: 1 }), 'order-not-next');
    expectRejected(ledger, allocate('B', 10, 20, { order: 3 }), 'order-not-next');
  });

  test('goes to the pool that the stream is assigned to', () => {
    const ledger = folded(open(0, 100), assign(STREAM, 'pool-2'));
    expectRejected(ledger, allocate('A', 0, 10, { pool: 'pool' }), 'other-pool');
    extended(ledger, allocate('A', 0, 10, { pool: 'pool-2' }));
  });

  test('of a stream nobody was assigned is rejected', () => {
    expectRejected(folded(open(0, 100)), allocate('A', 0, 10, { stream: 's/new/api' }), 'other-pool');
  });

  test('is not addressed to a life that was declared lost, where nobody would close it', () => {
    const ledger = folded(open(0, 100), lost('life-1'));
    expectRejected(ledger, allocate('A', 0, 10, { incarnation: 'life-1' }), 'incarnation-lost');
    extended(ledger, allocate('A', 0, 10, { incarnation: 'life-2' }));
  });
});

describe('an ordered stream', () => {
  const ordered = { order: 'stream' } as const;

  test('goes on above everything it was given', () => {
    const ledger = ledgerOf(ordered, open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [4, 10]));
    expectRejected(ledger, allocate('C', 4, 10), 'out-of-order');
    extended(ledger, allocate('C', 20, 30));
  });

  test('leaves what lies below to other streams, which have not come as far', () => {
    const ledger = ledgerOf(ordered, open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [4, 10]));
    extended(ledger, assign('s/mobile/api'), allocate('C', 4, 10, { stream: 's/mobile/api' }));
    expect(streamOf(ledger, 's/mobile/api').high).toBe(10);
  });

  test('has the rest of its highest shard again once it came back, for nothing of it was issued', () => {
    const ledger = ledgerOf(ordered, open(0, 10), allocate('A', 0, 10), returned('A', [4, 10]), allocate('B', 4, 10));
    expect(streamOf(ledger).high).toBe(10);
  });

  test('has all of it again where the newest shard comes back first', () => {
    const ledger = ledgerOf(
      ordered,
      open(0, 20),
      allocate('A', 0, 10),
      allocate('B', 10, 20),
      returned('B', [10, 20]),
      returned('A', [4, 10]),
    );
    extended(ledger, allocate('C', 4, 10), allocate('D', 10, 20));
  });

  test('does not reach below what its clients gave back in the middle of a shard', () => {
    const ledger = ledgerOf(ordered, open(0, 10), allocate('A', 0, 10), returned('A', [2, 4], [6, 10]));
    expectRejected(ledger, allocate('B', 2, 4), 'out-of-order');
    extended(ledger, allocate('B', 6, 10));
  });

  test('stays above a shard that was issued to its end', () => {
    const ledger = ledgerOf(ordered, open(0, 20), allocate('A', 0, 10), returned('A'), allocate('B', 10, 12), returned('B', [10, 11]));
    expect(streamOf(ledger).high).toBe(12);
  });

  test('stays above what a lost pool may have issued', () => {
    const ledger = ledgerOf(ordered, open(0, 20), allocate('A', 0, 10), lost());
    expect(streamOf(ledger).high).toBe(10);
  });

  test('waits until another life of a pool holds nothing of it that could still be issued', () => {
    const ledger = ledgerOf(ordered, open(0, 100), allocate('A', 0, 10), assign(STREAM, 'pool-2'));
    const elsewhere = { pool: 'pool-2', incarnation: 'life-2' };
    expectRejected(ledger, allocate('B', 10, 20, elsewhere), 'held-by-other-life');
    extended(ledger, returned('A', [4, 10]), allocate('B', 4, 10, elsewhere));
  });

  test('begins anew with every generation', () => {
    const ledger = ledgerOf(ordered, open(0, 100), allocate('A', 0, 50), rebase(ordered), open(0, 100), allocate('B', 0, 10));
    expect(streamOf(ledger)).toMatchObject({ high: 10, highGeneration: 2 });
    extended(ledger, returned('A', [5, 50]));
    expect(streamOf(ledger).high).toBe(10);
    const equal = ledgerOf(ordered, open(0, 100), allocate('A', 0, 10), rebase(ordered), open(0, 100), allocate('B', 0, 10));
    expect(streamOf(extended(equal, returned('A', [5, 10]))).high).toBe(10);
  });
});

describe('a sequence in one order', () => {
  test('is cut for its shared stream only, from returned slices as well', () => {
    const shared = { stream: 's/*/*' };
    const ledger = ledgerOf(
      { order: 'sequence' },
      open(0, 100),
      assign(shared.stream),
      allocate('A', 0, 10, shared),
      returned('A', [4, 10]),
    );
    expectRejected(ledger, allocate('B', 4, 10), 'not-the-shared-stream');
    extended(ledger, allocate('B', 4, 10, shared));
    expectRejected(ledger, allocate('C', 10, 20), 'not-the-shared-stream');
  });
});
