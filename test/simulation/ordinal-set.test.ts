/** The checks' own set of ordinals, against a plain Set of numbers. */
import { expect, test } from 'vitest';
import { OrdinalSet } from '../../simulator/checks/ordinal-set.ts';
import { Dice } from '../../simulator/dice.ts';

test('adds only what is new, removes only what is there, and keeps the rest', () => {
  const dice = new Dice(7);
  const set = new OrdinalSet();
  const model = new Set<number>();
  for (let i = 0; i < 5_000; i++) {
    const start = dice.int(60);
    const end = start + dice.between(0, 8);
    const all = Array.from({ length: end - start }, (_, k) => start + k);
    expect(set.overlaps(start, end)).toBe(all.some((ordinal) => model.has(ordinal)));
    if (dice.chance(0.5)) {
      const isNew = all.length > 0 && all.every((ordinal) => !model.has(ordinal));
      expect(set.add(start, end)).toBe(isNew);
      if (isNew) for (const ordinal of all) model.add(ordinal);
    } else {
      const isThere = all.length > 0 && all.every((ordinal) => model.has(ordinal));
      expect(set.remove(start, end)).toBe(isThere);
      if (isThere) for (const ordinal of all) model.delete(ordinal);
    }
    expect(set.size()).toBe(model.size);
  }
});
