import { describe, expect, test } from 'vitest';
import { owedFences, owedLosses, owedReset, owedResets } from '../../../core/ledger/housekeeping.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { allocate, claim, define, drop, extended, fenced, folded, type Ledger, ledgerOf, lost, open, rebase } from './ledger-fixture.ts';

const fencesOf = (ledger: Ledger) => owedFences(ledger.ranges, ledger.shards);
const lossesOf = (ledger: Ledger) => owedLosses(ledger.shards, 'pool', 'life-9', 1_000);

describe('a fence', () => {
  test('is owed where a partition claimed from a generation that was replaced, until it is read back', () => {
    const ledger = folded(open(0, 100), rebase());
    expect(fencesOf(ledger)).toEqual([{ kind: 'GenerationFenced', name: 's', generation: 2 }]);
    extended(ledger, fenced(2));
    expect(fencesOf(ledger)).toEqual([]);
  });

  test('is owed for a claim that was never opened as well: a slow allocator may still open it', () => {
    expect(fencesOf(folded(claim('C', 0, 100), rebase()))).toHaveLength(1);
  });

  test('is not owed while the generation lives, nor where nothing was ever claimed from it', () => {
    expect(fencesOf(folded(open(0, 100)))).toEqual([]);
    expect(fencesOf(folded(claim('C', 0, 100)))).toEqual([]);
    expect(fencesOf(folded(rebase()))).toEqual([]);
    expect(fencesOf(folded(claim('C', 0, 100, { partition: 1 }), rebase()))).toEqual([]);
  });

  test('names the drop where the sequence is gone, and the new generation once it was created again', () => {
    const ledger = folded(open(0, 100), drop());
    expect(fencesOf(ledger)).toEqual([{ kind: 'GenerationFenced', name: 's', generation: 2 }]);
    extended(ledger, define({}, 's', 2));
    expect(fencesOf(ledger)).toEqual([{ kind: 'GenerationFenced', name: 's', generation: 3 }]);
  });

  test('is owed once for several generations that ended', () => {
    const ledger = folded(open(0, 100), rebase(), claim('C', 0, 50), rebase());
    expect(fencesOf(ledger)).toEqual([{ kind: 'GenerationFenced', name: 's', generation: 4 }]);
  });

  test('is owed for the generation that ended although the living one was claimed from meanwhile', () => {
    const ledger = folded(open(0, 100), rebase(), claim('C', 0, 50));
    expect(fencesOf(ledger)).toEqual([{ kind: 'GenerationFenced', name: 's', generation: 2 }]);
  });

  test('is made by the first range of the new generation as well', () => {
    expect(fencesOf(folded(open(0, 100), rebase(), open(0, 50)))).toEqual([]);
  });
});

describe('the next period of a sequence', () => {
  const monthly = { reset: 'monthly', timeZone: 'UTC', periodStart: '2026-01-01' } as const;
  const februaryMs = Date.UTC(2026, 1, 1);

  test('is owed from the first instant after its own, whatever was claimed, and begins at the bound behind', () => {
    const ledger = ledgerOf({ ...monthly, start: 500n, max: 900n });
    const january = ledger.ranges.live.get('s') as Generation;
    expect(owedReset(january, februaryMs - 1)).toBeUndefined();
    const definition = { ...january.definition, start: 1n, periodStart: '2026-02-01' };
    const reset = { kind: 'SequenceRebased', name: 's', previous: 0, claimed: -1, definition };
    expect(owedReset(january, februaryMs)).toEqual(reset);
    expect(owedResets(ledger.ranges, februaryMs)).toEqual([reset]);
  });

  test('is owed by the sequences whose period is over, and by no others', () => {
    const yearly = { ...monthly, reset: 'yearly' } as const;
    const ledger = folded(define(monthly, 'months'), define(yearly, 'years'));
    expect(owedResets(ledger.ranges, februaryMs - 1)).toEqual([]);
    expect(owedResets(ledger.ranges, februaryMs).map(({ name }) => name)).toEqual(['months']);
    expect(owedResets(ledger.ranges, Date.UTC(2027, 0, 1)).map(({ name }) => name)).toEqual(['months', 'years']);
  });
});

describe('a loss', () => {
  test('is owed once for every former life of the pool that holds open shards', () => {
    const lives = (incarnation: string) => ({ incarnation });
    const ledger = folded(open(0, 99), allocate('A', 0, 1), allocate('B', 1, 2), allocate('C', 2, 3, lives('life-2')));
    expect(lossesOf(ledger)).toEqual([
      { kind: 'PoolLost', pool: 'pool', incarnation: 'life-1', atMs: 1_000 },
      { kind: 'PoolLost', pool: 'pool', incarnation: 'life-2', atMs: 1_000 },
    ]);
    extended(ledger, lost('life-1'), lost('life-2'));
    expect(lossesOf(ledger)).toEqual([]);
  });

  test('is not owed for the living one, nor for another pool', () => {
    const ledger = folded(open(0, 99), allocate('A', 0, 1));
    expect(owedLosses(ledger.shards, 'pool', 'life-1', 0)).toEqual([]);
    expect(owedLosses(ledger.shards, 'elsewhere', 'life-9', 0)).toEqual([]);
  });
});
