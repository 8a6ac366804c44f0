import { describe, expect, test } from 'vitest';
import {
  allocate,
  assign,
  expectRejected,
  extended,
  folded,
  freeOf,
  lost,
  open,
  openShard,
  returned,
  STREAM,
  streamOf,
} from './ledger-fixture.ts';

describe('a lost pool', () => {
  test('has its open shards closed, and nothing of them is freed: it may have issued all of it', () => {
    const ledger = folded(open(0, 30), allocate('A', 0, 10), allocate('B', 10, 20), lost());
    expect(ledger.shards.openShards.size).toBe(0);
    expect(streamOf(ledger).open).toEqual([]);
    expect(freeOf(ledger)).toEqual([[20, 30]]);
  });

  test('returns nothing any more: a zombie may go on issuing from it', () => {
    const ledger = folded(open(0, 30), allocate('A', 0, 10), lost());
    expectRejected(ledger, returned('A', [4, 10]), 'shard-not-open');
  });

  test('keeps what it returned before: that was taken out of its stock first', () => {
    const ledger = folded(open(0, 10), allocate('A', 0, 10), returned('A', [4, 10]), lost());
    expect(freeOf(ledger)).toEqual([[4, 10]]);
  });

  test('takes only its own life with it, not the next one of the same pool', () => {
    const ledger = folded(open(0, 30), allocate('A', 0, 10), allocate('B', 10, 20, { incarnation: 'life-2' }), lost('life-1'));
    expect(ledger.shards.openShards.size).toBe(1);
    expect(openShard(ledger, 'B')?.incarnation).toBe('life-2');
  });

  test('is lost once', () => {
    expectRejected(folded(lost()), lost(), 'already-lost');
  });

  test('is given nothing more in any stream, so that no shard stays open for ever', () => {
    const ledger = folded(open(0, 30), lost(), assign('s/mobile/api'));
    for (const stream of [STREAM, 's/mobile/api']) expectRejected(ledger, allocate('A', 0, 10, { stream }), 'incarnation-lost');
    extended(ledger, allocate('A', 0, 10, { incarnation: 'life-2' }));
  });
});
