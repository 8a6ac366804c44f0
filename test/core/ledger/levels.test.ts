import { describe, expect, test } from 'vitest';
import { LEDGER_LEVEL } from '../../../core/ledger/ranges.ts';
import {
  appendRanges,
  appendShards,
  contentOf,
  define,
  expectRejected,
  extended,
  folded,
  type Ledger,
  opened,
  raiseLevels,
} from './ledger-fixture.ts';

const raised = (level: number) => ({ kind: 'LevelRaised', level }) as const;

describe('the level of a ledger', () => {
  test('is raised once and never lowered, in either log', () => {
    for (const level of [0, 1, LEDGER_LEVEL]) {
      const highest = (): Ledger => extended(folded(), raiseLevels());
      expectRejected(highest(), (ledger) => appendRanges(ledger, raised(level)), 'level-not-higher');
      expectRejected(highest(), (ledger) => appendShards(ledger, raised(level)), 'level-not-higher');
    }
  });

  test('stops a reader that does not know it, before the record is counted as read', () => {
    const ledger = folded();
    const before = contentOf(ledger);
    const offsets = [ledger.ranges.nextOffset, ledger.shards.nextOffset];
    expect(() => appendRanges(ledger, raised(LEDGER_LEVEL + 1))).toThrow(expect.objectContaining({ code: 'SEQ_DATA_NEWER' }));
    expect(() => appendShards(ledger, raised(LEDGER_LEVEL + 1))).toThrow(/this version folds up to level 2/);
    expect([ledger.ranges.nextOffset, ledger.shards.nextOffset]).toEqual(offsets);
    expect(contentOf(ledger)).toBe(before);
  });

  test('takes effect from its record on', () => {
    const ledger = folded();
    expectRejected(ledger, define({ guarantee: 'gapless' }, 'bills'), 'level-too-low');
    expectRejected(ledger, opened('life-a', '', 0), 'level-too-low');
    expect(appendRanges(ledger, raised(LEDGER_LEVEL))).toBe('accepted');
    expect(appendShards(ledger, raised(LEDGER_LEVEL))).toBe('accepted');
    expect([ledger.ranges.level, ledger.shards.level]).toEqual([LEDGER_LEVEL, LEDGER_LEVEL]);
    extended(ledger, define({ guarantee: 'gapless' }, 'bills'), opened('life-a', '', 0));
  });
});
