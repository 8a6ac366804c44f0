import { expect, test } from 'vitest';
import { begunAnywhere } from '../../client/src/kafka-brokers.ts';

const BROKERS = ['a:9092', 'b:9092', 'c:9092'];

test('clients begin with any of the brokers, and know all of them', () => {
  expect([0, 0.4, 0.99].map((drawn) => begunAnywhere(BROKERS, () => drawn))).toEqual([
    ['a:9092', 'b:9092', 'c:9092'],
    ['b:9092', 'c:9092', 'a:9092'],
    ['c:9092', 'a:9092', 'b:9092'],
  ]);
  expect(begunAnywhere([])).toEqual([]);
});

test('a list that the application finds by itself stays as it is', () => {
  const found = async (): Promise<string[]> => BROKERS;
  expect(begunAnywhere(found)).toBe(found);
});
