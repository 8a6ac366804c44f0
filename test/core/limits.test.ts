import { describe, expect, test } from 'vitest';
import { sourceId } from '../../core/ledger/shards-state.ts';
import {
  CLIENT_ID_LENGTH_MAX,
  CLIENT_ID_PATTERN,
  NAME_LENGTH_MAX,
  NAME_PATTERN,
  ORDINAL_MAX,
  PARTITIONED_CAPACITY_MIN,
  RANGE_SIZE_MAX,
  RANGE_SIZE_MIN,
  SHARD_SIZE_MAX,
  SHARDS_PER_ORDER_MAX,
  SLICES_PER_RETURN_MAX,
  SOURCE_INDEX_RADIX,
} from '../../core/limits.ts';

describe('the limits fit each other', () => {
  test('a name and a client id are as long as their patterns allow', () => {
    expect(NAME_PATTERN.test('x'.repeat(NAME_LENGTH_MAX))).toBe(true);
    expect(NAME_PATTERN.test('x'.repeat(NAME_LENGTH_MAX + 1))).toBe(false);
    expect(CLIENT_ID_PATTERN.test('x'.repeat(CLIENT_ID_LENGTH_MAX))).toBe(true);
    expect(CLIENT_ID_PATTERN.test('x'.repeat(CLIENT_ID_LENGTH_MAX + 1))).toBe(false);
  });

  test('the index of a slice never reaches the next position of a source id', () => {
    expect(SLICES_PER_RETURN_MAX).toBeLessThan(SOURCE_INDEX_RADIX);
    expect(sourceId(1, SLICES_PER_RETURN_MAX - 1)).toBeLessThan(sourceId(2, 0));
    expect(Number.isSafeInteger(sourceId(2 ** 44, SLICES_PER_RETURN_MAX))).toBe(true);
  });

  test('a range holds the largest shard, and a sequence of its own partition is smaller than a range', () => {
    expect(RANGE_SIZE_MAX).toBeGreaterThanOrEqual(SHARD_SIZE_MAX);
    expect(RANGE_SIZE_MIN).toBeGreaterThan(SHARDS_PER_ORDER_MAX);
    expect(PARTITIONED_CAPACITY_MIN).toBeLessThanOrEqual(RANGE_SIZE_MAX);
    expect(RANGE_SIZE_MAX).toBeLessThan(ORDINAL_MAX);
  });
});
