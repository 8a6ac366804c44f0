/** The choice of a pool's kind by example: what decides, at which figures, and what is said of it. */
import { describe, expect, test } from 'vitest';
import {
  CALLS_MIN,
  type ChosenKind,
  chooseKind,
  firstKind,
  type Guarantees,
  isRegistered,
  STAY_MS_MIN,
  type Usage,
} from '../../core/pool-kind.ts';

const AUTO: Guarantees = { guarantee: 'unique', durability: 'stock', pool: 'auto' };
const GAPLESS: Guarantees = { ...AUTO, guarantee: 'gapless' };
const ANSWERED: Guarantees = { ...AUTO, durability: 'answered' };

/** Just so that a stream enters analytics, and just so that it stays there. */
const ENTERS: Usage = { calls: CALLS_MIN, callsPerSecond: 1 / 60, valuesPerSecond: 2.5, burstiness: 60, usualRequest: 4_096 };
const STAYS: Usage = { calls: CALLS_MIN, callsPerSecond: 1 / 20, valuesPerSecond: 2.5, burstiness: 20, usualRequest: 2_048 };

const by = (kind: ChosenKind['kind'], chosenBy: ChosenKind['by'] = 'usage'): ChosenKind => ({
  kind,
  by: chosenBy,
  because: 'said',
  sinceMs: 0,
});

describe('a promise or a word', () => {
  test.each<[Guarantees, string, string, RegExp]>([
    [GAPLESS, 'transaction', 'guarantee', /gapless: .*reserved .*confirmed or cancelled/],
    [ANSWERED, 'transaction', 'guarantee', /durability is answered: .*on the disk before/],
    [{ ...GAPLESS, durability: 'answered', pool: 'transaction' }, 'transaction', 'guarantee', /gapless/],
    [{ ...AUTO, pool: 'transaction' }, 'transaction', 'operator', /the sequence says pool transaction/],
    [{ ...AUTO, pool: 'analytics' }, 'analytics', 'operator', /the sequence says pool analytics/],
    [AUTO, 'throughput', 'usage', /fewer than 4 calls/],
  ])('of %o begins with %s, by %s', (of, kind, chosenBy, because) => {
    expect(firstKind(of, 7)).toEqual({ kind, by: chosenBy, because: expect.stringMatching(because), sinceMs: 7 });
    expect(isRegistered(of)).toBe(kind === 'transaction');
  });

  test('holds whatever the usage, and tells a change of its reason from a change of the kind', () => {
    const gapless = firstKind(GAPLESS, 7);
    expect(chooseKind(gapless, GAPLESS, ENTERS, STAY_MS_MIN)).toBe(gapless);
    expect(chooseKind(gapless, ANSWERED, ENTERS, 9)).toEqual({ ...firstKind(ANSWERED, 9), sinceMs: 7 });
    expect(chooseKind(by('analytics'), ANSWERED, ENTERS, 9)).toEqual(firstKind(ANSWERED, 9));
    // What was promised is promised no more: usage begins anew, at once.
    expect(chooseKind(gapless, AUTO, ENTERS, 9)).toEqual(firstKind(AUTO, 9));
    expect(chooseKind(by('analytics', 'operator'), AUTO, ENTERS, STAY_MS_MIN)).toEqual(firstKind(AUTO, STAY_MS_MIN));
  });
});

describe('usage', () => {
  test('changes nothing within ten minutes of the last change', () => {
    const since = { ...by('throughput'), sinceMs: 5_000 };
    expect(chooseKind(since, AUTO, ENTERS, 5_000 + STAY_MS_MIN - 1)).toBe(since);
    expect(chooseKind(since, AUTO, ENTERS, 5_000 + STAY_MS_MIN).kind).toBe('analytics');
  });

  test('makes a stream one of analytics from certain figures on, and says them', () => {
    expect(chooseKind(by('throughput'), AUTO, ENTERS, STAY_MS_MIN)).toEqual({
      kind: 'analytics',
      by: 'usage',
      because:
        '60.0 calls/h, 2.50 values/s, three of four calls ask for 4096 values or more, the largest second is 60 times the mean (4 calls)',
      sinceMs: STAY_MS_MIN,
    });
  });

  test.each<[Partial<Usage>, number]>([
    [{ usualRequest: 4_095 }, STAY_MS_MIN],
    [{ callsPerSecond: 1.01 / 60 }, STAY_MS_MIN],
    [{ burstiness: 59.9 }, STAY_MS_MIN],
    [{ calls: CALLS_MIN - 0.1 }, STAY_MS_MIN],
    [{}, STAY_MS_MIN - 1],
  ])('but not with %o after %d ms', (but, nowMs) => {
    const before = by('throughput');
    expect(chooseKind(before, AUTO, { ...ENTERS, ...but }, nowMs)).toBe(before);
  });

  test.each<[Partial<Usage>, boolean]>([
    [{}, true],
    [{ usualRequest: 2_047 }, false],
    [{ callsPerSecond: 1.01 / 20 }, false],
    [{ burstiness: 19.9 }, false],
    [{ calls: CALLS_MIN - 0.1, burstiness: 0 }, true],
  ])('keeps a stream there until it is clearly another: %o, %s', (but, stays) => {
    const before = by('analytics');
    const chosen = chooseKind(before, AUTO, { ...STAYS, ...but }, STAY_MS_MIN);
    if (stays) expect(chosen).toBe(before);
    else expect(chosen).toMatchObject({ kind: 'throughput', by: 'usage', sinceMs: STAY_MS_MIN });
  });
});
