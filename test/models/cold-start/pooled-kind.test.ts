import { describe, expect, it } from 'vitest';
import { PooledKind } from '../../../models/cold-start/pooled-kind.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NINE = 9 * HOUR;

/** An hour at an even rate. */
function even(rate: number) {
  return { demand: 3_600 * rate, busiestMinute: 60 * rate, busiestSecond: rate };
}

/** A kind that has learnt of one hour from as many streams as there are rates. */
function kindOf(rates: readonly number[], hourStartMs = NINE): PooledKind {
  const kind = new PooledKind();
  for (const rate of rates) kind.learn(hourStartMs, even(rate), true);
  return kind;
}

describe('a pooled kind', () => {
  it('expects nothing before it has learnt of an hour', () => {
    expect(new PooledKind().expects(NINE, 0, 60_000, 1)).toBeUndefined();
  });

  it('expects what a stream of the kind asked for at that hour of the day, at every length of a window', () => {
    const kind = kindOf([10, 10, 10]);
    for (const seconds of [0.5, 1, 7, 60, 600, 3_600]) {
      const expected = kind.expects(NINE + 5 * DAY, 0, seconds * 1_000, 1);
      expect(expected?.median).toBeCloseTo(10 * seconds, 6);
      expect(expected?.upper).toBeCloseTo(10 * seconds, 6);
    }
  });

  it('is not moved by one stream that is a thousand times the others', () => {
    const usual = [8, 10, 12, 9, 11, 10, 10, 9];
    const plain = kindOf([...usual, 10, 10, 10, 10]).expects(NINE, 0, 60_000, 1)?.median ?? 0;
    const mixed = kindOf([...usual, 10_000, 10, 10, 10]).expects(NINE, 0, 60_000, 1)?.median ?? 0;
    expect(plain).toBeCloseTo(600, -2);
    expect(mixed / plain).toBeLessThan(1.15);
  });

  it('expects more where the streams of the kind differ, but not of another order of magnitude', () => {
    const alike = kindOf([10, 10, 10, 10]).expects(NINE, 0, 60_000, 1);
    const unlike = kindOf([5, 20, 5, 20, 5, 20]).expects(NINE, 0, 60_000, 1);
    expect(unlike?.median).toBeCloseTo(600, -2);
    expect((unlike?.upper ?? 0) / (unlike?.median ?? 1)).toBeGreaterThan(1.5);
    const wild = kindOf([1, 1_000, 1, 1_000]).expects(NINE, 0, 60_000, 1);
    expect((wild?.upper ?? 0) / (wild?.median ?? 1)).toBeLessThan(4.1);
    expect(alike?.upper).toBeCloseTo(600, 6);
    const sized = kindOf([5, 20, 5, 20, 5, 20]).expects(NINE, 0, 60_000, 0);
    expect((sized?.upper ?? 0) / (sized?.median ?? 1)).toBeCloseTo(1, 2);
  });

  it('expects a batch of its hour in a short window, and the mean as the median', () => {
    const kind = new PooledKind();
    kind.learn(NINE, { demand: 6_000, busiestMinute: 6_000, busiestSecond: 120 }, true);
    const minute = kind.expects(NINE, 0, 60_000, 1);
    expect(minute?.median).toBeCloseTo(100, 6);
    expect(minute?.upper).toBeCloseTo(6_000, 6);
    expect(kind.expects(NINE, 0, 1_000, 1)?.upper).toBeCloseTo(120, 6);
    expect(kind.expects(NINE, 0, HOUR, 1)?.upper).toBeCloseTo(6_000, 6);
  });

  it('counts hours that it does not know like those it knows, and looks ahead into the next', () => {
    const kind = kindOf([10]);
    expect(kind.expects(NINE + HOUR / 2, 0, HOUR, 1)?.median).toBeCloseTo(36_000, 6);
    expect(kind.expects(NINE + 3 * HOUR, 0, HOUR, 1)).toBeUndefined();
    expect(kind.expects(NINE - 60_000, 0, 30_000, 1)).toBeUndefined();
    expect(kind.expects(NINE - 60_000, 300_000, 30_000, 1)?.median).toBeCloseTo(300, 6);
  });

  it('tells the long run over the hours it knows', () => {
    const kind = kindOf([16]);
    kind.learn(NINE + HOUR, even(4), false);
    expect(kind.long().hourDemand).toBeCloseTo(36_000, 6);
    expect(kind.long().meanSqrtRate).toBeCloseTo(3, 6);
    const batches = new PooledKind();
    batches.learn(NINE, { demand: 24_000, busiestMinute: 12_000, busiestSecond: 240 }, true);
    expect(batches.long().meanSqrtRate).toBeCloseTo(Math.sqrt(200) / 30, 6);
    expect(kind.streams).toBe(1);
  });

  it('is the same after it was saved and restored', () => {
    const kind = kindOf([3, 5, 8, 100, 2, 4, 9]);
    const copy = PooledKind.restored(JSON.parse(JSON.stringify(kind.save())) as number[]);
    for (const each of [kind, copy]) each.learn(NINE + DAY, even(7), false);
    expect(copy.save()).toEqual(kind.save());
    expect(copy.expects(NINE, 0, 1_000, 1)).toEqual(kind.expects(NINE, 0, 1_000, 1));
  });
});
