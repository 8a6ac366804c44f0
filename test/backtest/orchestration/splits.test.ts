import { describe, expect, it } from 'vitest';
import { splitsOf, wholeSplit } from '../../../backtest/orchestration/splits.ts';

const DAY_S = 86_400;

describe('splits', () => {
  it('counts everything after the gap, and trains on everything before it', () => {
    expect(splitsOf('web', 10 * DAY_S, { trainShare: 0.6, gapS: 3_600, origins: 1 })).toEqual([
      { trainedUntilS: 6 * DAY_S, countedFromS: 6 * DAY_S + 3_600, countedUntilS: 10 * DAY_S },
    ]);
  });

  it('covers the same seconds once with several origins, each a gap after what it is fitted to', () => {
    const options = { trainShare: 0.55, gapS: 900, origins: 4 };
    const splits = splitsOf('web', 300_007, options);
    const [whole] = splitsOf('web', 300_007, { ...options, origins: 1 });
    expect(wholeSplit(splits)).toEqual(whole);
    for (const [i, { trainedUntilS, countedFromS, countedUntilS }] of splits.entries()) {
      expect(countedFromS - trainedUntilS).toBe(900);
      expect(trainedUntilS % 10).toBe(0);
      expect(countedUntilS).toBe(splits[i + 1]?.countedFromS ?? 300_007);
    }
  });

  it('refuses what leaves too little to count, and says what would help', () => {
    expect(() => splitsOf('web', 3_000, { trainShare: 0.6, gapS: 900, origins: 1 })).toThrow(
      /web lasts 3000 s: after --train-share 0.6 and --gap 900s only 300 s are left.*that needs 600 s.*smaller share or gap/,
    );
    expect(() => splitsOf('web', DAY_S, { trainShare: 0.6, gapS: 0, origins: 100 })).toThrow(/100 origins need 60000 s.*fewer --origins/);
  });
});
