import { describe, expect, test } from 'vitest';
import { ALL_RULES } from '../../../core/ledger/rules.ts';
import { SLICES_PER_RETURN_MAX, SOURCE_INDEX_RADIX } from '../../../core/limits.ts';
import {
  allocate,
  appendShards,
  assign,
  burned,
  define,
  emptyLedger,
  expectRejected,
  extended,
  fenced,
  folded,
  freeOf,
  lost,
  offsetOf,
  open,
  openShard,
  recalled,
  returned,
  returnedBy,
  type Slice,
  STREAM,
  sourcesOf,
  streamOf,
} from './ledger-fixture.ts';

const cut = () => folded(open(0, 10), allocate('A', 0, 10));

describe('a returned slice', () => {
  test('is cut again as a source of its own, named by the return it came with', () => {
    const ledger = folded(open(0, 10), allocate('A', 0, 10), returned('A', [4, 6], [8, 10]));
    expect(sourcesOf(ledger).map((source) => source.id)).toEqual([3 * SOURCE_INDEX_RADIX, 3 * SOURCE_INDEX_RADIX + 1]);
    extended(ledger, allocate('B', 8, 10));
    expect(freeOf(ledger)).toEqual([[4, 6]]);
    expect(sourcesOf(ledger)[0]).toMatchObject({ id: 3 * SOURCE_INDEX_RADIX, returned: true });
    expect(openShard(ledger, 'B')).toMatchObject({ start: 8, end: 10 });
  });

  test('is cut again only once, however often its return is appended', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10), returned('A', [4, 10]), allocate('B', 4, 10));
    expectRejected(ledger, returned('A', [4, 10]), 'shard-not-open');
    expectRejected(ledger, allocate('C', 4, 10, { source: 3 * SOURCE_INDEX_RADIX }), 'no-such-source');
  });

  test('is nothing when the shard was issued whole: an empty return just closes it', () => {
    const ledger = extended(cut(), returned('A'));
    expect(freeOf(ledger)).toEqual([]);
    expect(ledger.shards.openShards.size).toBe(0);
    expect(streamOf(ledger).open).toEqual([]);
  });

  test('comes only from the life that the shard was addressed to', () => {
    expectRejected(cut(), returnedBy('life-2', 'A', [4, 10]), 'other-incarnation');
  });

  test('lies inside its shard, in order, without overlap and without holes of nothing', () => {
    const wrong: readonly Slice[][] = [
      [[-1, 3]],
      [[8, 11]],
      [[4, 4]],
      [[6, 5]],
      [
        [0, 5],
        [4, 6],
      ],
      [
        [5, 6],
        [0, 5],
      ],
    ];
    for (const slices of wrong) expectRejected(cut(), returned('A', ...slices), 'slices-outside-shard');
    extended(cut(), returned('A', [0, 5], [5, 10]));
  });

  test('has at most 254 siblings, so that position and index fit into one source id', () => {
    const slices = (count: number): Slice[] => Array.from({ length: count }, (_, i): Slice => [i * 2, i * 2 + 1]);
    const ledger = folded(open(0, 1_000), allocate('A', 0, 1_000));
    expectRejected(ledger, returned('A', ...slices(SLICES_PER_RETURN_MAX + 1)), 'too-many-slices');
    extended(ledger, returned('A', ...slices(SLICES_PER_RETURN_MAX)));
    expect(new Set(sourcesOf(ledger).map((source) => source.id)).size).toBe(SLICES_PER_RETURN_MAX);
  });

  test('of an older generation than the fence is void: it is freed for nobody', () => {
    const ledger = folded(open(0, 10), allocate('A', 0, 10), fenced(7), returned('A', [4, 10]));
    expect(freeOf(ledger)).toEqual([]);
    expect(ledger.shards.openShards.size).toBe(0);
  });
});

describe('a shard is closed once, by whichever record comes first', () => {
  test.each([
    ['return', returned('A', [4, 10])],
    ['burn', burned('A', 4)],
    ['loss', lost()],
  ])('after its %s nothing else closes it', (_, close) => {
    const ledger = extended(cut(), close);
    expectRejected(ledger, returned('A', [4, 10]), 'shard-not-open');
    expectRejected(ledger, burned('A', 4), 'shard-not-open');
    expectRejected(ledger, recalled('A'), 'shard-not-open');
  });

  test('a shard that was never accepted is not open either', () => {
    const ledger = cut();
    expect(allocate('B', 3, 10)(ledger)).toBe('no-such-source');
    expectRejected(ledger, returned('B'), 'shard-not-open');
  });
});

describe('a burn', () => {
  test('frees nothing', () => {
    const ledger = extended(cut(), burned('A', 0));
    expect(freeOf(ledger)).toEqual([]);
    expect(ledger.shards.openShards.size).toBe(0);
  });

  test('comes from the life that holds the shard, and from an ordinal of it', () => {
    expectRejected(cut(), burned('A', 4, 'life-2'), 'other-incarnation');
    expectRejected(cut(), burned('A', -1), 'burn-outside-shard');
    expectRejected(cut(), burned('A', 11), 'burn-outside-shard');
    extended(cut(), burned('A', 10));
  });
});

describe('a recall', () => {
  test('marks the shard and leaves it open: only its store knows what is left of it', () => {
    const ledger = extended(cut(), recalled('A'));
    expect(openShard(ledger, 'A')?.recalled).toBe(true);
    expectRejected(ledger, recalled('A'), 'recalled-before');
    extended(ledger, returned('A', [9, 10]));
  });
});

describe('a ledger without the rule for returns, as the simulator runs it', () => {
  const loose = () =>
    extended(
      emptyLedger({ ...ALL_RULES, returns: false }),
      define(),
      assign(STREAM),
      open(0, 10),
      allocate('A', 0, 10),
      returned('A', [4, 10]),
    );

  test('frees a slice as often as its return is appended: the fault that the rule is there for', () => {
    const ledger = extended(loose(), allocate('B', 4, 10), returned('A', [4, 10]), allocate('C', 4, 10));
    expect(openShard(ledger, 'B')).toMatchObject({ start: 4, end: 10 });
    expect(openShard(ledger, 'C')).toMatchObject({ start: 4, end: 10 });
  });

  test('still knows no shard that was never closed, and no slice outside it', () => {
    expectRejected(loose(), returned('A', [4, 11]), 'shard-not-open');
    const ledger = loose();
    const record = { kind: 'ShardReturned', shard: offsetOf(ledger, 'A') + 50, incarnation: 'life-1', slices: [] } as const;
    expectRejected(ledger, (each) => appendShards(each, record), 'shard-not-open');
  });
});
