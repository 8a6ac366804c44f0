import { describe, expect, test } from 'vitest';
import { emptyRanges } from '../../../core/ledger/ranges.ts';
import { replayShards } from '../../../core/ledger/shards.ts';
import { emptyShards } from '../../../core/ledger/shards-state.ts';
import { shardsToJson } from '../../../core/ledger/state-json.ts';
import {
  allocate,
  appendShards,
  claim,
  drop,
  expectRejected,
  extended,
  fenced,
  folded,
  freeOf,
  gaplessLedger,
  ledgerOf,
  open,
  openClaim,
  rebase,
  sourcesOf,
} from './ledger-fixture.ts';

describe('an opened range', () => {
  test('takes its bounds and generation from the accepted claim it names', () => {
    const ledger = folded(claim('C', 0, 100), openClaim('C'));
    expect(sourcesOf(ledger)).toEqual([
      { id: 256, name: 's', generation: 0, ordered: false, wholeOrder: false, returned: false, cursor: 0, end: 100 },
    ]);
  });

  test('keeps the order that its generation was defined with', () => {
    expect(sourcesOf(ledgerOf({ order: 'stream' }, open(0, 100)))[0]).toMatchObject({ ordered: true, wholeOrder: false });
    expect(sourcesOf(ledgerOf({ order: 'sequence' }, open(0, 100)))[0]).toMatchObject({ ordered: true, wholeOrder: true });
  });

  test('of a gapless sequence is in one order, whatever its definition says of order', () => {
    const ledger = gaplessLedger(open(0, 100));
    expect(ledger.ranges.live.get('s')?.definition.order).toBe('none');
    expect(sourcesOf(ledger)).toMatchObject([{ ordered: true, wholeOrder: true, gapless: true }]);
  });

  test('of a gapless sequence is not opened by readers of the level before', () => {
    const { ranges } = gaplessLedger(claim('C', 0, 100));
    const record = { kind: 'RangeOpened', claimPartition: 0, claimOffset: 2 } as const;
    const shards = emptyShards(0);
    expect(replayShards(shards, 0, record, () => ranges)).toBe('level-too-low');
    expect(shards.openedClaims.size).toBe(0);
  });

  test('is opened once: a copy would be a fresh cursor over what was cut already', () => {
    const ledger = folded(claim('C', 0, 100), openClaim('C'), allocate('A', 0, 10));
    expectRejected(ledger, openClaim('C'), 'claim-opened-before');
    expect(freeOf(ledger)).toEqual([[10, 100]]);
  });

  test('is not opened again after it was cut to the end', () => {
    expectRejected(folded(claim('C', 0, 10), openClaim('C'), allocate('A', 0, 10)), openClaim('C'), 'claim-opened-before');
  });

  test('names a claim that won: one that lost its race opens nothing', () => {
    const ledger = folded(claim('C', 0, 100));
    expect(claim('D', 0, 50)(ledger)).toBe('not-at-next-ordinal');
    expectRejected(ledger, openClaim('D'), 'claim-not-accepted');
  });

  test('is not opened by another partition than the one that claimed it', () => {
    expectRejected(folded(claim('C', 0, 100, { partition: 1 })), openClaim('C'), 'claim-of-other-partition');
  });

  test('waits, and changes nothing, until the reader has folded the claim it names', () => {
    const shards = emptyShards(0);
    const before = shardsToJson(shards);
    const record = { kind: 'RangeOpened', claimPartition: 0, claimOffset: 1 } as const;
    expect(replayShards(shards, 0, record, () => emptyRanges(0))).toBe('wait');
    expect(replayShards(shards, 0, record, () => ({ ...emptyRanges(0), nextOffset: 1 }))).toBe('wait');
    expect(shardsToJson(shards)).toBe(before);
    const { ranges } = folded(claim('C', 0, 100));
    expect(replayShards(shards, 0, record, () => ranges)).toBe('accepted');
    expect(shards.nextOffset).toBe(1);
  });

  test('is judged by the claim alone, however much further the ranges log was folded', () => {
    const early = folded(claim('C', 0, 100), openClaim('C'));
    const late = folded(claim('C', 0, 100), rebase(), drop(), openClaim('C'));
    expect(freeOf(late)).toEqual(freeOf(early));
  });

  test('of a newer generation ends the older ones here', () => {
    const ledger = folded(open(0, 100), rebase(), open(0, 50));
    expect(sourcesOf(ledger)).toMatchObject([{ generation: 2, cursor: 0, end: 50 }]);
    expect(ledger.shards.minGeneration.get('s')).toBe(2);
  });

  test('of a generation that was fenced off here is rejected', () => {
    const ledger = folded(claim('C', 0, 100), rebase(), fenced(2));
    expectRejected(ledger, openClaim('C'), 'generation-fenced');
  });

  test('goes on serving its own generation when the fence names it', () => {
    const ledger = folded(fenced(0), open(0, 100), open(100, 200));
    expect(freeOf(ledger)).toEqual([
      [0, 100],
      [100, 200],
    ]);
  });

  test('of another sequence does not touch this one', () => {
    const ledger = folded(open(0, 100));
    const record = { kind: 'GenerationFenced', name: 'other', generation: 99 } as const;
    extended(ledger, (each) => appendShards(each, record));
    expect(freeOf(ledger)).toEqual([[0, 100]]);
  });
});
