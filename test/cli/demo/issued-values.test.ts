import { describe, expect, test } from 'vitest';
import { IssuedValues } from '../../../cli/demo/issued-values.ts';
import { seededRng } from '../../../core/rng.ts';

describe('the values the demo was given', () => {
  test('melt into one interval when they touch', () => {
    const issued = new IssuedValues();
    for (const [start, end] of [
      [0, 10],
      [20, 30],
      [10, 20],
    ] as const)
      issued.add(start, end);
    expect(issued).toMatchObject({ count: 30, duplicates: 0, intervalCount: 1 });
  });

  test('are counted as duplicates when they come again', () => {
    const issued = new IssuedValues();
    issued.add(0, 10);
    issued.add(5, 12);
    expect(issued).toMatchObject({ count: 12, duplicates: 5, intervalCount: 1 });
  });

  test('are forgotten when the sequence begins again, but not how many they were', () => {
    const issued = new IssuedValues();
    issued.add(0, 10);
    issued.clear();
    issued.add(0, 10);
    expect(issued).toMatchObject({ count: 20, duplicates: 0, intervalCount: 1 });
  });

  test('are counted as a plain set of ordinals would count them', () => {
    const rng = seededRng(11);
    for (let round = 0; round < 50; round++) {
      const issued = new IssuedValues();
      const plain = new Set<number>();
      let duplicates = 0;
      for (let call = 0; call < 60; call++) {
        const start = Math.floor(rng.next() * 300);
        const end = start + 1 + Math.floor(rng.next() * 12);
        for (let ordinal = start; ordinal < end; ordinal++) duplicates += plain.has(ordinal) ? 1 : 0;
        for (let ordinal = start; ordinal < end; ordinal++) plain.add(ordinal);
        issued.add(start, end);
      }
      const edges = [...plain].filter((ordinal) => !plain.has(ordinal - 1)).length;
      expect(issued).toMatchObject({ count: plain.size, duplicates, intervalCount: edges });
    }
  });
});
