import { describe, expect, test } from 'vitest';
import { allocate, assign, expectRejected, folded, open, openShard, STREAM, streamOf } from './ledger-fixture.ts';

describe('an assignment', () => {
  test('gives a new stream to a pool, with nothing ordered yet', () => {
    expect(streamOf(folded())).toEqual({ id: STREAM, pool: 'pool', assignment: 1, lastOrder: 0, high: 0, highGeneration: -1, open: [] });
  });

  test('follows the last one by number, so that a late copy cannot move a stream back', () => {
    const ledger = folded(assign(STREAM, 'pool-2'), assign(STREAM, 'pool-3'));
    expectRejected(ledger, assign(STREAM, 'pool-2', 2), 'assignment-not-next');
    expectRejected(ledger, assign(STREAM, 'pool-2', 5), 'assignment-not-next');
    expectRejected(ledger, assign('s/new/api', 'pool-2', 2), 'assignment-not-next');
    expect(streamOf(ledger)).toMatchObject({ pool: 'pool-3', assignment: 3 });
  });

  test('moves a stream and leaves its open shards with the pool they were addressed to', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), assign(STREAM, 'pool-2'));
    expect(openShard(ledger, 'A')?.pool).toBe('pool');
    expect(streamOf(ledger)).toMatchObject({ pool: 'pool-2', lastOrder: 1 });
  });
});
