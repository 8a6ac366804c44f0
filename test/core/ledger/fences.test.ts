import { describe, expect, test } from 'vitest';
import {
  allocate,
  claim,
  expectRejected,
  extended,
  fenced,
  folded,
  freeOf,
  open,
  openClaim,
  openShard,
  rebase,
  returned,
} from './ledger-fixture.ts';

describe('a fence', () => {
  test('voids what is uncut and what came back of every older generation', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), returned('A', [4, 10]), fenced(5));
    expect(freeOf(ledger)).toEqual([]);
    expectRejected(ledger, allocate('B', 4, 10, { source: 4 * 256 }), 'no-such-source');
  });

  test('leaves open shards to their pools, which revoke and return them', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), fenced(5));
    expect(openShard(ledger, 'A')?.generation).toBe(0);
    extended(ledger, returned('A', [4, 10]));
    expect(freeOf(ledger)).toEqual([]);
  });

  test('never moves back, so that a late one cannot let an older generation in again', () => {
    const ledger = folded(fenced(5));
    expectRejected(ledger, fenced(5), 'not-newer-than-fence');
    expectRejected(ledger, fenced(4), 'not-newer-than-fence');
    extended(ledger, fenced(6));
  });

  test('does not touch sources of the generation it names, nor newer ones', () => {
    const ledger = folded(rebase(), open(0, 50), fenced(9));
    expect(freeOf(ledger)).toEqual([]);
    const same = folded(rebase(), claim('C', 0, 50), fenced(1), openClaim('C'));
    expect(freeOf(same)).toEqual([[0, 50]]);
  });

  test('comes before anything was opened here as well', () => {
    const ledger = folded(claim('C', 0, 100), fenced(3));
    expectRejected(ledger, openClaim('C'), 'generation-fenced');
  });
});
