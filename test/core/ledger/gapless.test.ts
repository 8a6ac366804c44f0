/** What only gapless sequences ask of the ledger: shards that follow each other, and pools whose lives do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuditedShard, accountsOf, duplicateOrdinals, isBalanced } from '../../../core/ledger/audit.ts';
import { holesOf } from '../../../core/ledger/contiguity.ts';
import { owedLosses } from '../../../core/ledger/housekeeping.ts';
import { proposeShards } from '../../../core/ledger/proposing.ts';
import type { Verdict } from '../../../core/ledger/verdict.ts';
import { LIVES_MAX } from '../../../core/limits.ts';
import { act, beginning, moves, OF_GAPLESS } from './gapless-history.ts';
import {
  allocate,
  appendShards,
  assign,
  burned,
  claim,
  DECISION,
  emptyLedger,
  expectRejected,
  extended,
  fenced,
  folded,
  freeOf,
  gaplessLedger,
  generationOf,
  granted,
  type Ledger,
  LIFE,
  logged,
  lost,
  open,
  opened,
  openShard,
  POOL,
  raiseLevels,
  rebase,
  returned,
  returnedBy,
  SHARED,
  streamOf,
} from './ledger-fixture.ts';

const two = (): Ledger => gaplessLedger(open(0, 100), granted('A', 0, 10), granted('B', 10, 20));

function holes(ledger: Ledger): number {
  return holesOf(ledger.ranges, [ledger.audit]).reduce((sum, hole) => sum + hole.ordinals, 0);
}

describe('the shards of a gapless sequence', () => {
  test('follow each other from ordinal 0 on, in one stream', () => {
    expectRejected(gaplessLedger(open(0, 100)), granted('A', 5, 10), 'not-at-cursor');
    expectRejected(extended(two(), assign('s/web/api')), allocate('C', 20, 30, { stream: 's/web/api' }), 'not-the-shared-stream');
    expectRejected(two(), granted('C', 25, 30), 'not-at-cursor');
  });

  test('go on with the rest of the last one, and with nothing else that came back', () => {
    const ledger = extended(two(), returned('B', [14, 20]));
    expect(freeOf(ledger)).toEqual([
      [14, 20],
      [20, 100],
    ]);
    expectRejected(ledger, granted('C', 20, 30), 'not-contiguous');
    extended(ledger, granted('C', 14, 20), granted('D', 20, 30));
    // What was cut from the rest is gapless as well: of what came back no part may be burnt.
    expectRejected(ledger, burned('C', 14), 'gapless-shard-open');
    expectRejected(two(), returned('B', [12, 14], [16, 20]), 'not-contiguous');
    expectRejected(two(), returned('B', [12, 18]), 'not-contiguous');
    expectRejected(two(), returned('A', [4, 10]), 'not-contiguous');
  });

  test('come back newest first, all the way down', () => {
    const ledger = extended(two(), returned('B', [10, 20]), returned('A', [3, 10]), granted('C', 3, 10), granted('D', 10, 20));
    expect(holes(ledger)).toBe(0);
    expect(streamOf(ledger, SHARED).high).toBe(20);
  });

  test('are proposed without a hole, over the rest of a shard and the range behind it', () => {
    const ledger = extended(two(), returned('B', [14, 20]));
    const options = { stream: streamOf(ledger, SHARED), name: 's', generation: generationOf(ledger), pool: POOL, incarnation: LIFE };
    const { records } = proposeShards(ledger.shards, { ...options, count: 10, decision: DECISION });
    expect(records.map(({ start, end }) => [start, end])).toEqual([
      [14, 20],
      [20, 24],
    ]);
    for (const record of records) expect(appendShards(ledger, record)).toBe('accepted');
  });

  test('are proposed up to the first hole between two ranges, and no further', () => {
    const ledger = extended(two(), claim('C', 100, 200), open(200, 300));
    const options = { stream: streamOf(ledger, SHARED), name: 's', generation: generationOf(ledger), pool: POOL, incarnation: LIFE };
    const proposed = proposeShards(ledger.shards, { ...options, count: 150, decision: DECISION });
    expect(proposed.records.map(({ start, end }) => [start, end])).toEqual([[20, 100]]);
    expect(proposed.missing).toBe(70);
  });

  test('are cut for no pool that lives no life', () => {
    const ledger = extended(gaplessLedger(open(0, 100)), assign(SHARED, 'elsewhere'));
    expectRejected(ledger, granted('A', 0, 10, { pool: 'elsewhere' }), 'not-the-current-life');
  });

  test('are never burnt, lost or moved to another pool: they are closed by the pool that holds them', () => {
    expectRejected(two(), burned('A', 4), 'gapless-shard-open');
    expectRejected(two(), lost(), 'gapless-shard-open');
    const later = extended(two(), opened('life-2', LIFE, 0));
    for (const life of [LIFE, 'life-2']) expectRejected(later, lost(life), 'gapless-shard-open');
    extended(later, lost('life-of-nobody'));
    expectRejected(two(), assign(SHARED, 'elsewhere'), 'gapless-shard-open');
    expect(owedLosses(two().shards, POOL, 'life-2', 0)).toEqual([]);
    extended(two(), returned('B', [14, 20]), returned('A'), assign(SHARED, 'elsewhere'), lost());
  });

  test('are all of ranges of one partition', () => {
    expectRejected(gaplessLedger(open(0, 100)), claim('C', 100, 200, { partition: 1 }), 'claimed-elsewhere');
  });

  test('are all that is looked at for holes: other sequences may have some, and so may a neighbour of the same number', () => {
    expect(holesOf(two().ranges, [two().audit])).toEqual([]);
    const unique = folded(open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [4, 10]));
    expect(holesOf(unique.ranges, [unique.audit])).toEqual([]);
    const ledger = two();
    const [first] = ledger.audit.shards.values();
    const neighbour = { ...(first as AuditedShard), shard: 99, name: 'of another ranges log', start: 50, end: 60 };
    const audit = {
      ...ledger.audit,
      shards: new Map([[99, neighbour], ...[...ledger.audit.shards.values()].map((each) => [each.shard, each] as const)]),
    };
    expect(holesOf(ledger.ranges, [audit])).toEqual([]);
  });

  test('leave a hole that is named with its size where one is missing', () => {
    const ledger = two();
    const [, second] = ledger.audit.shards.values();
    const audit = { ...ledger.audit, shards: new Map([[99, second as AuditedShard]]) };
    expect(holesOf(ledger.ranges, [audit])).toEqual([{ name: 's', generation: generationOf(ledger), ordinals: 10 }]);
    const burnt = new Map([[99, { ...(second as AuditedShard), start: 0, ending: 'burnt', slices: [{ start: 4, end: 10 }] } as const]]);
    expect(holesOf(ledger.ranges, [{ ...audit, shards: burnt }])).toMatchObject([{ ordinals: 6 }]);
  });

  test('begin at 0 again in the next generation, while those of the last one are still being closed', () => {
    const ledger = extended(two(), rebase({ guarantee: 'gapless' }), open(0, 50), returned('A', [4, 10]));
    expect(holesOf(ledger.ranges, [ledger.audit])).toEqual([]);
    extended(ledger, granted('C', 0, 10), returned('B', [10, 20]));
    expect(freeOf(ledger)).toEqual([[10, 50]]);
    expect(holes(ledger)).toBe(0);
    extended(ledger, fenced(generationOf(ledger) + 1));
  });
});

describe('the lives of a gapless pool', () => {
  test('follow each other in a line: the next one holds the shards of the last, which holds nothing any more', () => {
    const ledger = extended(two(), logged(LIFE, 40), opened('life-2', LIFE, 41));
    expectRejected(ledger, returned('B', [14, 20]), 'other-incarnation');
    expectRejected(ledger, granted('C', 20, 30), 'not-the-current-life');
    extended(ledger, returnedBy('life-2', 'B', [14, 20]), granted('C', 14, 20, { incarnation: 'life-2' }));
    expect(openShard(ledger, 'A')?.incarnation).toBe(LIFE);
  });

  test('are refused to a database that was rolled back: it lacks operations, or knows another life', () => {
    const ledger = gaplessLedger(logged(LIFE, 100), opened('life-2', LIFE, 100), logged('life-2', 120));
    expectRejected(ledger, opened('life-3', LIFE, 130), 'not-the-current-life');
    expectRejected(ledger, opened('life-3', 'life-2', 110), 'operations-lost');
    expectRejected(ledger, logged(LIFE, 130), 'not-the-current-life');
    expectRejected(ledger, logged('life-2', 119), 'operations-lost');
    expectRejected(ledger, opened('life-2', 'life-2', 120), 'not-the-current-life');
    expectRejected(ledger, opened('', 'life-2', 120), 'not-the-current-life');
    expect(ledger.shards.lives.get(POOL)).toEqual({ life: 'life-2', ops: 120 });
  });

  test('are one where two databases follow the same life: the second one stops', () => {
    const ledger = extended(gaplessLedger(), opened('clone-a', LIFE, 0));
    expectRejected(ledger, opened('clone-b', LIFE, 0), 'not-the-current-life');
  });

  test('may log the operations that are known already again, and more', () => {
    const ledger = gaplessLedger(logged(LIFE, 40), logged(LIFE, 40), logged(LIFE, 41));
    expect(ledger.shards.lives.get(POOL)).toEqual({ life: LIFE, ops: 41 });
  });

  test('log nothing where none was opened, and nothing in a ledger that knows no lives', () => {
    expectRejected(extended(emptyLedger(), raiseLevels()), logged(LIFE, 0), 'not-the-current-life');
    expectRejected(folded(), logged(LIFE, 0), 'level-too-low');
  });

  test('go on where the ledger holds as many pools as it may: only one more is refused', () => {
    const pools = Array.from({ length: LIVES_MAX - 1 }, (_, i) => opened(`life-of-${i}`, '', 0, `pool-${i}`));
    const ledger = gaplessLedger(...pools);
    expectRejected(ledger, opened('one-more', '', 0, 'elsewhere'), 'too-many-lives');
    extended(ledger, opened('life-2', LIFE, 0));
  });

  test('do not come back once they were declared lost', () => {
    expectRejected(extended(gaplessLedger(), lost('life-2')), opened('life-2', LIFE, 0), 'incarnation-lost');
  });
});

describe('every history of a gapless sequence', () => {
  test('has no hole, no ordinal twice, and an account that adds up, after each record', () => {
    const met = new Set<Verdict>();
    fc.assert(
      fc.property(moves, (made) => {
        const ledger = beginning();
        for (const each of made) {
          met.add(act(ledger, each));
          expect(holes(ledger)).toBe(0);
          expect(duplicateOrdinals(ledger.audit.shards.values())).toBe(0);
          for (const account of accountsOf(ledger.ranges, [ledger.audit], () => undefined)) expect(isBalanced(account)).toBe(true);
        }
      }),
      { numRuns: 400, seed: 7 },
    );
    const rare = ['level-too-low', 'claimed-elsewhere', 'too-many-lives'];
    expect(OF_GAPLESS.filter((reason) => !met.has(reason) && !rare.includes(reason))).toEqual([]);
    expect(met).toContain('accepted');
  });

  test('would have a hole if shards could begin anywhere above the last', () => {
    const ledger = extended(two(), returned('B', [14, 20]));
    // As an ordered stream, which only has to go up: the rule that the next shard begins where the last one ends is what is off.
    for (const source of ledger.shards.sources.get('s')?.values() ?? []) Object.assign(source, { gapless: undefined });
    extended(ledger, granted('C', 20, 30));
    expect(holes(ledger)).toBe(6);
  });
});
