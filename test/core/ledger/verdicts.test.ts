/** Every reason to reject a record, met once: the table does not compile without one of them, and none of them changes anything. */
import { describe, expect, test } from 'vitest';
import { REJECTIONS, type Rejection } from '../../../core/ledger/verdict.ts';
import { LIVES_MAX, SHARD_SIZE_MAX, SLICES_PER_RETURN_MAX } from '../../../core/limits.ts';
import {
  allocate,
  answered,
  appendRanges,
  appendShards,
  assign,
  burned,
  claim,
  define,
  drop,
  expectRejected,
  extended,
  fenced,
  folded,
  gaplessLedger,
  generationOf,
  granted,
  type Ledger,
  LIFE,
  ledgerOf,
  logged,
  lost,
  open,
  openClaim,
  opened,
  rebase,
  recalled,
  returned,
  returnedBy,
  type Slice,
  type Step,
} from './ledger-fixture.ts';

interface Case {
  readonly before: Ledger;
  readonly record: Step;
}

const cut = (): Ledger => folded(open(0, 100), allocate('A', 0, 10));
const manySlices: Slice[] = Array.from({ length: SLICES_PER_RETURN_MAX + 1 }, (_, i): Slice => [i * 2, i * 2 + 1]);

const CASES: Record<Rejection, () => Case> = {
  'name-taken': () => ({ before: folded(), record: define({}, 's', 0) }),
  'not-after-last-drop': () => ({ before: folded(drop()), record: define({}, 's', -1) }),
  'generation-not-current': () => ({ before: folded(rebase()), record: rebase({}, 0) }),
  'not-at-next-ordinal': () => ({ before: folded(open(0, 100)), record: claim('C', 50, 150) }),
  'range-empty': () => ({ before: folded(), record: claim('C', 0, 0) }),
  'beyond-capacity': () => ({ before: ledgerOf({ max: 10n }), record: claim('C', 0, 11) }),
  'claim-not-accepted': () => {
    const before = folded(claim('C', 0, 100));
    expect(claim('D', 0, 100)(before)).toBe('not-at-next-ordinal');
    return { before, record: openClaim('D') };
  },
  'claim-of-other-partition': () => ({ before: folded(claim('C', 0, 100, { partition: 1 })), record: openClaim('C') }),
  'claim-opened-before': () => ({ before: folded(claim('C', 0, 100), openClaim('C')), record: openClaim('C') }),
  'generation-fenced': () => ({ before: folded(claim('C', 0, 100), fenced(1)), record: openClaim('C') }),
  'not-newer-than-fence': () => ({ before: folded(fenced(7)), record: fenced(7) }),
  'no-such-source': () => ({ before: cut(), record: allocate('B', 10, 20, { source: 999 }) }),
  'not-at-cursor': () => ({ before: cut(), record: allocate('B', 11, 20) }),
  'shard-empty': () => ({ before: cut(), record: allocate('B', 10, 10) }),
  'beyond-source': () => ({ before: cut(), record: allocate('B', 10, 101) }),
  'shard-too-large': () => ({ before: folded(open(0, SHARD_SIZE_MAX + 1)), record: allocate('A', 0, SHARD_SIZE_MAX + 1) }),
  'out-of-order': () => ({
    before: ledgerOf({ order: 'stream' }, open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [4, 10])),
    record: allocate('C', 4, 10),
  }),
  'not-the-shared-stream': () => ({ before: ledgerOf({ order: 'sequence' }, open(0, 100)), record: allocate('A', 0, 10) }),
  'held-by-other-life': () => ({
    before: ledgerOf({ order: 'stream' }, open(0, 100), allocate('A', 0, 10)),
    record: allocate('B', 10, 20, { incarnation: 'life-2' }),
  }),
  'order-not-next': () => ({ before: cut(), record: allocate('B', 10, 20, { order: 1 }) }),
  'other-pool': () => ({ before: cut(), record: allocate('B', 10, 20, { pool: 'elsewhere' }) }),
  'incarnation-lost': () => ({ before: folded(open(0, 100), lost()), record: allocate('A', 0, 10) }),
  'shard-not-open': () => ({ before: extended(cut(), returned('A', [4, 10])), record: returned('A', [4, 10]) }),
  'other-incarnation': () => ({ before: cut(), record: returnedBy('life-2', 'A', [4, 10]) }),
  'slices-outside-shard': () => ({ before: cut(), record: returned('A', [4, 11]) }),
  'too-many-slices': () => ({ before: folded(open(0, 1_000), allocate('A', 0, 1_000)), record: returned('A', ...manySlices) }),
  'burn-outside-shard': () => ({ before: cut(), record: burned('A', 11) }),
  'recalled-before': () => ({ before: folded(open(0, 100), allocate('A', 0, 10), recalled('A')), record: recalled('A') }),
  'already-lost': () => ({ before: folded(lost()), record: lost() }),
  'assignment-not-next': () => ({ before: folded(), record: assign('s/web/api', 'elsewhere', 1) }),
  'request-answered-before': () => ({ before: folded(answered('r')), record: answered('r') }),
  'level-not-higher': () => ({ before: folded(), record: (ledger) => appendShards(ledger, { kind: 'LevelRaised', level: 1 }) }),
  'level-too-low': () => ({ before: folded(), record: rebase({ guarantee: 'gapless' }) }),
  'claimed-elsewhere': () => ({ before: gaplessLedger(open(0, 100)), record: claim('C', 100, 200, { partition: 1 }) }),
  'claimed-meanwhile': () => ({ before: folded(open(0, 100)), record: rebase({}, undefined, 0) }),
  'not-contiguous': () => ({
    before: gaplessLedger(open(0, 100), granted('A', 0, 10), granted('B', 10, 20)),
    record: returned('A', [4, 10]),
  }),
  'gapless-shard-open': () => ({ before: gaplessLedger(open(0, 100), granted('A', 0, 10)), record: lost() }),
  'not-the-current-life': () => ({ before: gaplessLedger(opened('life-2', LIFE, 7)), record: opened('life-3', LIFE, 7) }),
  'operations-lost': () => ({ before: gaplessLedger(logged(LIFE, 100)), record: opened('life-2', LIFE, 80) }),
  'too-many-lives': () => {
    const pools = Array.from({ length: LIVES_MAX - 1 }, (_, i) => opened(`life-of-${i}`, '', 0, `pool-${i}`));
    return { before: gaplessLedger(...pools), record: opened('one-more', '', 0, 'elsewhere') };
  },
};

describe('a rejected record', () => {
  test('has one of these reasons', () => {
    expect(Object.keys(CASES)).toEqual([...REJECTIONS]);
  });

  test.each(REJECTIONS)('changes nothing: %s', (reason) => {
    const { before, record } = CASES[reason]();
    expectRejected(before, record, reason);
  });

  test('moves the reader past it, so that the next record stands at its own offset', () => {
    const ledger = cut();
    const { nextOffset } = ledger.shards;
    expect(returnedBy('life-2', 'A')(ledger)).toBe('other-incarnation');
    expect(ledger.shards.nextOffset).toBe(nextOffset + 1);
    const claims = ledger.ranges.nextOffset;
    expect(appendRanges(ledger, { kind: 'SequenceDropped', name: 's', previous: generationOf(ledger) + 7 })).toBe('generation-not-current');
    expect(ledger.ranges.nextOffset).toBe(claims + 1);
  });
});
