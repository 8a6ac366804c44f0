import { describe, expect, test } from 'vitest';
import type { DemandQuantiles } from '../../../backtest/rivals/forecasters/demand-quantiles.ts';
import { monthsToExhaust } from '../../../backtest/rivals/months-to-exhaust.ts';
import { newsvendor, newsvendorHorizonsS } from '../../../backtest/rivals/newsvendor.ts';
import { orderQuantity, orderUpTo } from '../../../backtest/rivals/reorder-point.ts';
import { StockDriver } from './stock-driver.ts';

test('(s,S) orders from 5,000 on up to 20,000, counting what is on its way and who waits', () => {
  const driver = new StockDriver(orderUpTo());
  expect(driver.ordersAt(0, 5_001)).toBe(0);
  expect(driver.ordersAt(1, 5_000)).toBe(15_000);
  expect(driver.ordersAt(2, 0, 10_000)).toBe(15_000);
});

test('(s,Q) orders the same again while its position is at or below s', () => {
  const driver = new StockDriver(orderQuantity('(s,Q)', 10, 4));
  expect(driver.ordersAt(0, 5)).toBe(4);
  expect(driver.ordersAt(1, 5)).toBe(4);
  expect(driver.ordersAt(2, 5)).toBe(0);
});

describe('months to exhaust', () => {
  const steady = (driver: StockDriver, fromS: number, untilS: number, demand: number): void => {
    for (let atS = fromS + 1; atS <= untilS; atS++) driver.secondEnds(atS, demand, 1e9);
  };

  test('orders six months of the rate in blocks of a thousand when fewer than six are left', () => {
    const driver = new StockDriver(monthsToExhaust());
    steady(driver, 0, 400, 70);
    expect(driver.ordersAt(400, 4_200)).toBe(0);
    expect(driver.ordersAt(400, 4_199)).toBe(1_000);
    expect(driver.ordersAt(400, 0)).toBe(4_000);
  });

  test('grants growth by half of the change over twelve months, at most 15 %', () => {
    const doubled = new StockDriver(monthsToExhaust());
    steady(doubled, 0, 400, 10_000);
    steady(doubled, 400, 520, 20_000);
    const rate = 10_000 + 10_000 * (1 - (1 - 1 / 60) ** 120);
    expect(doubled.ordersAt(520, 0)).toBe(1_000 * Math.ceil((rate * 60 * 1.15) / 1_000));
    const shrunk = new StockDriver(monthsToExhaust());
    steady(shrunk, 0, 400, 20_000);
    steady(shrunk, 400, 520, 10_000);
    expect(shrunk.ordersAt(520, 0)).toBe(1_000 * Math.ceil(((30_000 - rate) * 60) / 1_000));
  });
});

describe('a newsvendor', () => {
  /** Ten a second, and what the level adds. */
  const forecaster: DemandQuantiles = { name: 'ten', observe: () => true, quantile: (level, horizonS) => 10 * horizonS + 1_000 * level };

  test('orders below the quantile until the next order up to that of a review period more', () => {
    const driver = new StockDriver(newsvendor(forecaster, { leadTimeS: 5, reviewS: 60, level: 0.9 }));
    driver.secondEnds(1, 10, 1e6);
    // L + R = 65 s and L + 2R = 125 s, and 900 for the level.
    expect(driver.ordersAt(2, 1_550)).toBe(0);
    expect(driver.ordersAt(2, 1_549)).toBe(2_150 - 1_549);
  });

  test('orders a minute of the last rate at least, where both quantiles are one', () => {
    const flat = { ...forecaster, quantile: () => 1_000 };
    const driver = new StockDriver(newsvendor(flat, { leadTimeS: 5 }));
    driver.secondEnds(1, 40, 1e6);
    expect(driver.ordersAt(2, 999)).toBe(1 + 40 * 60);
  });

  test('covers a ride-through and two lead times more', () => {
    expect(newsvendorHorizonsS({ leadTimeS: 0.5, rideThroughS: 300 })).toEqual([361, 421]);
    expect(newsvendorHorizonsS({ leadTimeS: 0.5 })).toEqual([60.5, 120.5]);
  });

  test('serves who waits before there is a forecast', () => {
    const driver = new StockDriver(newsvendor({ ...forecaster, observe: () => false }, { leadTimeS: 1 }));
    expect(driver.ordersAt(0.01, 0, 12)).toBe(12);
    expect(driver.ordersAt(0.02, 0, 12)).toBe(0);
  });
});
