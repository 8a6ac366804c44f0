/** Blocks of the taker's own, counted out as numbers. */
import { describe, expect, test } from 'vitest';
import { connected } from './connected.ts';

describe('a block', () => {
  test('is counted out as numbers', async () => {
    const { orders } = await connected({ start: -2n, increment: 3n });
    const block = await orders.takeBlock(4);
    expect(block).toMatchObject({ count: 4, left: 4 });
    expect(Array.from({ length: 4 }, () => block.nextNumber())).toEqual([-2, 1, 4, 7]);
    expect(block.left).toBe(0);
    expect(() => block.nextNumber()).toThrow(RangeError);
    expect(block.next()).toBeUndefined();
  });

  test('goes on over the runs it was answered with', async () => {
    const { orders } = await connected({ runMax: 2 });
    const block = await orders.takeBlock(5);
    expect([block.nextNumber(), block.next(), block.nextNumber(), block.next(), block.nextNumber()]).toEqual([
      1001,
      1002n,
      1003,
      1004n,
      1005,
    ]);
  });

  test.each([
    ['the first value', 2n ** 53n, 1n],
    ['the last value', 2n ** 53n - 3n, 1n],
    ['the last value below zero', -(2n ** 53n) + 3n, -1n],
    ['the distance', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
  ])('is not counted out in numbers where %s is no exact number', async (_, start, increment) => {
    const { orders } = await connected({ start, increment });
    const block = await orders.takeBlock(4);
    expect(() => block.nextNumber()).toThrow('take it with next()');
    expect(block.left).toBe(4);
    expect(block.next()).toBe(start);
    expect(block.left).toBe(3);
  });

  test('is counted out in numbers up to the last exact one', async () => {
    const { orders } = await connected({ start: 2n ** 53n - 3n });
    const block = await orders.takeBlock(2);
    expect([block.nextNumber(), block.nextNumber()]).toEqual([2 ** 53 - 3, 2 ** 53 - 2]);
  });

  test('gives its rest back once, and nothing out afterwards', async () => {
    const { orders, server } = await connected({ runMax: 3 });
    const block = await orders.takeBlock(8);
    for (let i = 0; i < 4; i += 1) block.nextNumber();
    await Promise.all([block.close(), block[Symbol.asyncDispose]()]);
    expect(block.left).toBe(0);
    expect(block.next()).toBeUndefined();
    expect(() => block.nextNumber()).toThrow('used up');
    expect(server.returns).toEqual([
      { id: 'block-3', used: 1 },
      { id: 'block-6', used: 0 },
    ]);
    expect(orders.figures()).toMatchObject({ fetched: 8, givenBack: 4, lost: 0 });
  });

  test('that is used up has nothing to give back', async () => {
    const { orders, server } = await connected();
    const block = await orders.takeBlock(1);
    block.nextNumber();
    await block.close();
    expect(server.returns).toEqual([]);
  });

  test('that arrives while the sequence is closed is given back', async () => {
    const { client, orders, server } = await connected();
    const block = orders.takeBlock(10);
    await client.close();
    await expect(block).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    expect(server.store.takenBack.size).toBe(10);
  });
});
