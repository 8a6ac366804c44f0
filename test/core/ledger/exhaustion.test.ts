import { describe, expect, test } from 'vitest';
import { couldServe, isExhausted } from '../../../core/ledger/exhaustion.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { Shard, StreamLedger } from '../../../core/ledger/shards-state.ts';
import type { SequenceAttributes } from '../../../core/sequence.ts';
import {
  allocate,
  assign,
  burned,
  claim,
  extended,
  type Ledger,
  ledgerOf,
  lost,
  open,
  openShard,
  recalled,
  returned,
  STREAM,
  type Step,
  streamOf,
} from './ledger-fixture.ts';

const OTHER = 's/mobile/api';
const small = (...steps: readonly Step[]): Ledger => ofTen({}, ...steps);
const ofTen = (attributes: SequenceAttributes, ...steps: readonly Step[]): Ledger =>
  ledgerOf({ ...attributes, max: 10n }, assign(OTHER), ...steps);

function exhausted(ledger: Ledger, stream: string = STREAM, nowMs = 0): boolean {
  return isExhausted(ledger.ranges, ledger.shards, ledger.ranges.live.get('s') as Generation, stream, nowMs);
}

describe('a sequence is exhausted for a stream', () => {
  test('when every ordinal was issued to somebody', () => {
    const ledger = small(open(0, 10), allocate('A', 0, 10), returned('A'));
    expect(exhausted(ledger)).toBe(true);
    expect(exhausted(ledger, 's/unknown/api')).toBe(true);
  });

  test('when the rest is burnt or lost', () => {
    expect(exhausted(small(open(0, 10), allocate('A', 0, 5), allocate('B', 5, 10), burned('A', 0), lost()))).toBe(true);
  });

  test('not while ordinals are unclaimed, unopened or uncut', () => {
    expect(exhausted(small(open(0, 9), allocate('A', 0, 9), returned('A')))).toBe(false);
    expect(exhausted(small(open(0, 9), allocate('A', 0, 9), returned('A'), claim('C', 9, 10)))).toBe(false);
    expect(exhausted(small(open(0, 10), allocate('A', 0, 9), returned('A')))).toBe(false);
  });

  test('not while another stream holds a shard that could come back', () => {
    const ledger = small(open(0, 10), allocate('A', 0, 10, { stream: OTHER }));
    expect(exhausted(ledger)).toBe(false);
    expect(exhausted(ledger, OTHER)).toBe(true);
    expect(exhausted(extended(ledger, returned('A', [9, 10])))).toBe(false);
  });

  test('not while its own shard is on its way back, recalled or left with another pool', () => {
    const ledger = small(open(0, 10), allocate('A', 0, 10));
    expect(exhausted(ledger)).toBe(true);
    expect(exhausted(extended(ledger, recalled('A')))).toBe(false);
    expect(exhausted(small(open(0, 10), allocate('A', 0, 10), assign(STREAM, 'pool-2')))).toBe(false);
  });

  test('not by what a shard of an older generation holds', () => {
    const ledger = small(open(0, 10), allocate('A', 0, 10, { stream: OTHER }));
    const generation: Generation = { ...(ledger.ranges.live.get('s') as Generation), id: 7 };
    expect(isExhausted(ledger.ranges, ledger.shards, generation, STREAM, 0)).toBe(true);
  });
});

describe('a sequence that begins again each year is exhausted for a stream', () => {
  test('until its period is over: from that instant on the next one is on its way', () => {
    const yearly = { reset: 'yearly', timeZone: 'UTC', periodStart: '2026-01-01' } as const;
    const ledger = ofTen(yearly, open(0, 10), allocate('A', 0, 10), returned('A'));
    const overMs = Date.UTC(2027, 0, 1);
    expect(exhausted(ledger, STREAM, overMs - 1)).toBe(true);
    expect(exhausted(ledger, STREAM, overMs)).toBe(false);
  });
});

describe('an ordered sequence is exhausted for a stream', () => {
  const ordered = { order: 'stream' } as const;

  test('when only lower ordinals than its own could come back', () => {
    const ledger = ofTen(ordered, open(0, 10), allocate('A', 0, 5, { stream: OTHER }), allocate('B', 5, 10), returned('B'));
    expect(exhausted(ledger)).toBe(true);
    expect(exhausted(extended(ledger, returned('A', [3, 5])))).toBe(true);
    expect(exhausted(ledger, OTHER)).toBe(false);
  });

  test('not while another stream holds higher ones', () => {
    const ledger = ofTen(ordered, open(0, 10), allocate('A', 0, 5), allocate('B', 5, 10, { stream: OTHER }), returned('A'));
    expect(exhausted(ledger)).toBe(false);
  });

  test('not while its own highest shard is on its way back', () => {
    const ledger = ofTen(ordered, open(0, 10), allocate('A', 0, 5), allocate('B', 5, 10));
    expect(exhausted(extended(ledger, recalled('A')))).toBe(true);
    expect(exhausted(extended(ledger, recalled('B')))).toBe(false);
  });
});

describe('a shard of another stream could serve a stream', () => {
  /** A shard `[5, 10)` that another stream holds, and what is known of the stream that looks for ordinals. */
  function other(more: Partial<Shard> = {}): { readonly shard: Shard; readonly generation: Generation; readonly ledger: StreamLedger } {
    const ledger = small(open(0, 10), allocate('A', 0, 5, { stream: OTHER }), allocate('B', 5, 10, { stream: OTHER }));
    const shard = { ...(openShard(ledger, 'B') as Shard), ...more };
    return { shard, generation: ledger.ranges.live.get('s') as Generation, ledger: streamOf(ledger) };
  }

  test.each([
    ['of an ordered sequence where it reaches above all that the stream had', { ordered: true }, { high: 9, highGeneration: 0 }, true],
    ['of an ordered sequence not where it ends where the stream goes on', { ordered: true }, { high: 10, highGeneration: 0 }, false],
    ['however far the stream came in an older generation', { ordered: true }, { high: 10, highGeneration: -1 }, true],
    ['of an unordered sequence however far the stream came', { ordered: false }, { high: 10, highGeneration: 0 }, true],
    ['not where it is of another sequence, whose ranges log counts from 0 as well', { name: 'other' }, {}, false],
    ['not where it is of another generation', { generation: 7 }, {}, false],
  ])('%s', (_, more: Partial<Shard>, known: Partial<StreamLedger>, could) => {
    const { shard, generation, ledger } = other(more);
    expect(couldServe(shard, generation, STREAM, { ...ledger, ...known })).toBe(could);
  });

  test('that never had a shard, and was never heard of', () => {
    const { shard, generation } = other({ ordered: true });
    expect(couldServe(shard, generation, STREAM, undefined)).toBe(true);
  });
});
