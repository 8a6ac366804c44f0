import { describe, expect, test } from 'vitest';
import { type HorizonDemand, normalQuantile, RESERVE_FLOOR, type ReserveInput, reserve, thinned } from '../../../core/sizing/reserve.ts';

function horizon(demand: Partial<HorizonDemand>): HorizonDemand {
  return { horizonMs: 1_000, median: 0, upper: 0, cap: 0, insured: 0, ...demand };
}

function reserveOf(input: Partial<ReserveInput>): ReturnType<typeof reserve> {
  return reserve({
    leadTimeMs: 1_000,
    requestSize: 1,
    horizons: [],
    rideThroughMs: 0,
    rideThroughClass: 'expected',
    targetStallsPpm: 10,
    declaredRate: 0,
    fastRate: 0,
    ...input,
  });
}

describe('the reserve', () => {
  test('before the first forecast is a quarter above what the present rate asks for in a lead time', () => {
    expect(reserveOf({ leadTimeMs: 2_000, fastRate: 100 })).toEqual({ reorderPoint: 250, part: 'peak' });
    expect(reserveOf({ leadTimeMs: 2_000, fastRate: 100, horizons: [horizon({ insured: 40, cap: 50 })] })).toEqual({
      reorderPoint: 40,
      part: 'forecast',
    });
  });

  test('is deeper by the size of a request, which takes the stock that far below it before anything is ordered', () => {
    expect(reserveOf({ requestSize: 1_000 }).reorderPoint).toBe(RESERVE_FLOOR + 999);
    const input = { leadTimeMs: 10, horizons: [horizon({ insured: 10_000, cap: 10_000 })] };
    // Few large requests scatter more than many small ones of the same rate.
    expect(reserveOf({ ...input, requestSize: 100 }).reorderPoint - 99).toBeGreaterThan(reserveOf(input).reorderPoint);
    expect(thinned(10_000, 0.01, 10, 1e9)).toBe(10_000);
    expect(reserveOf({ requestSize: 0 }).reorderPoint).toBe(RESERVE_FLOOR);
    // 100 + 3.09 × √(100 × 100 × 0.99) = 407.5, and 99 more.
    expect(reserveOf({ ...input, requestSize: 100 })).toEqual({ reorderPoint: 507, part: 'peak' });
  });

  test('is a floor of 32 values for a stream of which nothing is known', () => {
    expect(reserveOf({})).toEqual({ reorderPoint: RESERVE_FLOOR, part: 'floor' });
    expect(reserveOf({ horizons: [horizon({ insured: 32, cap: 32 })] })).toEqual({ reorderPoint: 32, part: 'floor' });
  });

  test('covers the remembered peak of a lead time where the forecast cannot lower it', () => {
    expect(reserveOf({ horizons: [horizon({ insured: 125, cap: 125 })] })).toEqual({ reorderPoint: 125, part: 'peak' });
  });

  test('covers what the forecast expects where that is less than the peak', () => {
    expect(reserveOf({ horizons: [horizon({ insured: 80.2, cap: 125 })] })).toEqual({ reorderPoint: 81, part: 'forecast' });
  });

  test('of a lead time of half a second takes half of the worst second, and the scatter of it', () => {
    // 100 × 0.5 = 50, and 3.09 standard deviations of √(50 × 0.5) = 5.
    expect(reserveOf({ leadTimeMs: 500, horizons: [horizon({ insured: 100, cap: 100 })] })).toEqual({ reorderPoint: 66, part: 'peak' });
  });

  test('covers a ride-through by what is expected, or by what is insured as well', () => {
    const horizons = [horizon({ insured: 50, cap: 50 }), horizon({ horizonMs: 60_000, upper: 600, insured: 2_000, cap: 3_000 })];
    const rideThroughMs = 60_000;
    expect(reserveOf({ horizons, rideThroughMs })).toEqual({ reorderPoint: 600, part: 'ride-through' });
    expect(reserveOf({ horizons, rideThroughMs, rideThroughClass: 'insured' })).toEqual({ reorderPoint: 2_000, part: 'ride-through' });
    expect(reserveOf({ horizons })).toEqual({ reorderPoint: 50, part: 'peak' });
    expect(reserveOf({ horizons: horizons.slice(0, 1), rideThroughMs })).toEqual({ reorderPoint: 50, part: 'peak' });
  });

  test('rises at once for a burst that was announced', () => {
    expect(reserveOf({ declaredRate: 20_000, leadTimeMs: 500 })).toEqual({ reorderPoint: 10_000, part: 'declared' });
    expect(reserveOf({ declaredRate: 20, horizons: [horizon({ insured: 125, cap: 125 })] }).part).toBe('peak');
  });
});

describe('the demand of a part of the worst second', () => {
  test('is that of the whole second from a second on', () => {
    expect(thinned(100, 1, 10)).toBe(100);
    expect(thinned(100, 5, 10)).toBe(100);
  });

  test('is nothing where nobody asks', () => {
    expect(thinned(0, 0.5, 10)).toBe(0);
    expect(thinned(100, 0, 10)).toBe(0);
  });

  test('is the wider, the fewer requests may stall, between one order in a million and one in a hundred', () => {
    const deviations = (ppm: number): number => (thinned(100, 0.5, ppm) - 50) / 5;
    expect(deviations(10)).toBeCloseTo(3.09, 2);
    expect(deviations(1)).toBeCloseTo(3.719, 2);
    expect(deviations(0)).toBeCloseTo(4.753, 2);
    expect(deviations(100)).toBeCloseTo(2.326, 2);
    expect(deviations(1_000_000)).toBe(deviations(100));
  });
});

describe('the normal quantile', () => {
  test.each([
    [0.5, 0],
    [0.9, 1.2816],
    [0.99, 2.3263],
    [0.999, 3.0902],
    [0.999999, 4.7534],
  ])('of %d is %d, within 0.00045', (level, expected) => {
    expect(Math.abs(normalQuantile(level) - expected)).toBeLessThan(4.5e-4 + 5e-5);
  });
});
