import { describe, expect, test } from 'vitest';
import { baiduRing } from '../../../backtest/rivals/baidu-ring.ts';
import { cosidChain } from '../../../backtest/rivals/cosid-chain.ts';
import { foundationDbWindow } from '../../../backtest/rivals/foundationdb-window.ts';
import { hazelcast } from '../../../backtest/rivals/hazelcast.ts';
import { ipamWatermarks } from '../../../backtest/rivals/ipam-watermarks.ts';
import { mysqlBulk } from '../../../backtest/rivals/mysql-bulk.ts';
import { postgresCache } from '../../../backtest/rivals/postgres-cache.ts';
import { tidb } from '../../../backtest/rivals/tidb.ts';
import { vitess } from '../../../backtest/rivals/vitess.ts';
import { StockDriver } from './stock-driver.ts';

test('TiDB begins with 30,000 and aims at ten seconds, between 30,000 and 2,000,000', () => {
  const driver = new StockDriver(tidb());
  expect(driver.fetchAt(0, 0, 1)).toBe(30_000);
  // Lasted 3 s: 30,000 · 10 / 3. Then 100 s, which would be 10,000. Then a hundredth of a second, which would be thirty million.
  expect(driver.fetchAt(3, 0, 1)).toBe(100_000);
  expect(driver.fetchAt(103, 0, 1)).toBe(30_000);
  expect(driver.fetchAt(103.01, 0, 1)).toBe(2_000_000);
});

test("TiDB's watch starts when a fetch is done, and a statement of many rows is never short", () => {
  const driver = new StockDriver(tidb(50_000));
  expect(driver.ordersAt(0, 0, 1)).toBe(50_000);
  driver.deliver(50_000, 5);
  expect(driver.ordersAt(7.5, 0, 1)).toBe(200_000);
});

describe("CosId's chain", () => {
  test('is filled to ten segments by its worker before anybody asks', () => {
    expect(new StockDriver(cosidChain()).secondEnds(1, 0)).toBe(10_000);
  });

  test('is filled up by what lacks of the safe distance each second', () => {
    const driver = new StockDriver(cosidChain());
    driver.deliver(driver.secondEnds(1, 0));
    expect(driver.secondEnds(2, 0, 10_000)).toBe(0);
    expect(driver.secondEnds(3, 1, 9_999)).toBe(1_000);
    // The worker waits for its own fetch.
    expect(driver.secondEnds(4, 5_000, 4_999)).toBe(0);
  });

  test('is appended by a caller who finds nothing, then doubled by a worker that is hungry for five seconds', () => {
    const driver = new StockDriver(cosidChain());
    expect(driver.ordersAt(10, 0, 1)).toBe(10_000);
    driver.deliver(10_000, 10.5);
    const hungry = [driver.fetchAt(10.51, 9_000), ...[11, 12, 13, 14].map((atS) => fetchedBySecond(driver, atS))];
    expect(hungry).toEqual([20_000, 40_000, 80_000, 160_000, 320_000]);
    // Five seconds later it halves its distance, and has enough.
    expect(fetchedBySecond(driver, 15)).toBe(0);
  });

  function fetchedBySecond(driver: StockDriver, atS: number): number {
    const count = driver.secondEnds(atS, 1);
    if (count > 0) driver.deliver(count);
    return count;
  }
});

test('MySQL doubles its reservations within a statement, up to 65,535, and loses what it did not use', () => {
  const driver = new StockDriver(mysqlBulk());
  const sizes = Array.from({ length: 18 }, (_, k) => driver.fetchAt(k, 0, 1));
  expect(sizes.slice(0, 4)).toEqual([1, 2, 4, 8]);
  expect(sizes.slice(15)).toEqual([32_768, 65_535, 65_535]);
  expect(driver.secondEnds(20, 5, 100)).toBe(0);
  expect(driver.secondEnds(21, 0, 100)).toBe(-100);
  expect(driver.fetchAt(22, 0, 1)).toBe(1);
});

test('MySQL reserves exactly the rows of a statement where it knows them', () => {
  expect(new StockDriver(mysqlBulk('known')).ordersAt(0, 0, 37)).toBe(37);
});

test("FoundationDB's windows of 64, 1,024 and 8,192 grow at starts of 255 and 65,535, and are left when half used", () => {
  const driver = new StockDriver(foundationDbWindow());
  const sizes = Array.from({ length: 70 }, (_, k) => driver.fetchAt(k, 0, 1));
  // Starts 0, 64, 128, 192 are below 255; 256 + 64 · 1,024 = 65,792 is the first not below 65,535.
  expect(sizes.slice(0, 5)).toEqual([32, 32, 32, 32, 512]);
  expect(sizes.slice(4, 68).every((size) => size === 512)).toBe(true);
  expect(sizes.slice(68)).toEqual([4_096, 4_096]);
});

test('Vitess reserves its cache as often as a statement needs', () => {
  expect(new StockDriver(vitess()).ordersAt(0, 0, 5_000)).toBe(1_000);
  expect(new StockDriver(vitess(100, 250)).ordersAt(0, 0, 250)).toBe(300);
});

test("Baidu's ring of 65,536 is filled before the first call and whenever less than half is left, and throws when it is dry", () => {
  const driver = new StockDriver(baiduRing());
  expect(driver.fetchAt(0, 0)).toBe(65_536);
  expect(driver.ordersAt(1, 32_768)).toBe(0);
  expect(driver.ordersAt(2, 32_767)).toBe(32_769);
  expect(driver.ordersAt(3, 10)).toBe(0);
  expect(driver.policy.lostAfterS).toBe(0);
});

test('PostgreSQL takes its cache, and can lose 32 values more than its sessions hold', () => {
  const policy = postgresCache(20, 3);
  expect(policy.crashBurnMax).toBe(92);
  expect(new StockDriver(policy).ordersAt(0, 0, 1)).toBe(20);
  expect(new StockDriver(postgresCache()).ordersAt(0, 0, 1)).toBe(1);
});

test('Hazelcast fetches a hundred, and throws them away after 600 seconds', () => {
  const driver = new StockDriver(hazelcast());
  expect(driver.fetchAt(10, 0, 1)).toBe(100);
  expect(driver.secondEnds(609.99, 0, 40)).toBe(0);
  expect(driver.secondEnds(610, 0, 40)).toBe(-40);
});

test('IPAM requests a batch below half of one and releases one above one and a half', () => {
  const driver = new StockDriver(ipamWatermarks());
  expect(driver.ordersAt(0, 5)).toBe(0);
  expect(driver.ordersAt(1, 4)).toBe(10);
  expect(driver.ordersAt(2, 4)).toBe(0);
  driver.deliver(10);
  expect(driver.secondEnds(3, 0, 15)).toBe(0);
  expect(driver.secondEnds(4, 0, 16)).toBe(-10);
});

test('IPAM keeps its watermarks one batch apart, whatever it is told', () => {
  const driver = new StockDriver(ipamWatermarks(10, 1, 1.2));
  expect(driver.secondEnds(1, 0, 20)).toBe(0);
  expect(driver.secondEnds(2, 0, 21)).toBe(-10);
});
