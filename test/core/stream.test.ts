import { describe, expect, test } from 'vitest';
import { PARTITIONED_CAPACITY_MIN } from '../../core/limits.ts';
import { defineSequence } from '../../core/sequence.ts';
import { parseStreamId, partitionKey, partitionOf, sequenceOfStream, sharedStreamId, streamId } from '../../core/stream.ts';

describe('the id of a stream', () => {
  test('is its three names, and is taken apart again', () => {
    const name = { sequence: 'orders', clientType: 'web', service: 'checkout' };
    expect(streamId(name)).toBe('orders/web/checkout');
    expect(parseStreamId('orders/web/checkout')).toEqual(name);
    expect(sequenceOfStream('orders/web/checkout')).toBe('orders');
  });

  test('has a star where the rest of a sequence shares it, which is no name', () => {
    expect(sharedStreamId('orders')).toBe('orders/*/*');
    expect(parseStreamId('orders/*/*')).toEqual({ sequence: 'orders', clientType: '*', service: '*' });
  });

  test('with parts missing has empty names', () => {
    expect(parseStreamId('orders')).toEqual({ sequence: 'orders', clientType: '', service: '' });
    expect(parseStreamId('')).toEqual({ sequence: '', clientType: '', service: '' });
  });
});

describe('the partition of a stream', () => {
  test('is chosen by the stream where the sequence is large', () => {
    expect(partitionKey('orders/web/checkout', defineSequence({}))).toBe('orders/web/checkout');
    expect(partitionKey('orders/web/checkout', defineSequence({ max: BigInt(PARTITIONED_CAPACITY_MIN) }))).toBe('orders/web/checkout');
    expect(partitionKey('orders/web/checkout', defineSequence({ order: 'stream' }))).toBe('orders/web/checkout');
  });

  test('is that of the sequence where the last value must be within reach, or one order is kept', () => {
    expect(partitionKey('orders/web/checkout', defineSequence({ max: BigInt(PARTITIONED_CAPACITY_MIN) - 1n }))).toBe('orders');
    expect(partitionKey('orders/web/checkout', defineSequence({ order: 'sequence' }))).toBe('orders');
  });

  // Every log of every installation lies where this function put it: these numbers never change.
  test.each<[string, number, number, number]>([
    ['', 5, 1, 3],
    ['a', 4, 4, 1],
    ['orders', 4, 8, 7],
    ['orders/web/checkout', 2, 6, 10],
    ['orders/*/*', 0, 0, 12],
    ['invoices/batch/billing', 2, 2, 1],
    ['müller/日本/service', 5, 1, 5],
  ])('of %j is fixed for ever', (key, ofEight, ofTwelve, ofThirteen) => {
    expect([partitionOf(key, 8), partitionOf(key, 12), partitionOf(key, 13)]).toEqual([ofEight, ofTwelve, ofThirteen]);
  });

  test('is one of the partitions, and all of them are used', () => {
    const used = new Set(Array.from({ length: 500 }, (_, i) => partitionOf(`orders/web/service-${i}`, 16)));
    expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(partitionOf('anything', 1)).toBe(0);
  });
});
