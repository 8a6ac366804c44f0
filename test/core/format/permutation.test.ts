import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { halfSipHash, PERMUTATION_SIZE_MAX, PERMUTATION_SIZE_MIN, Permutation } from '../../../core/format/permutation.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);

describe('a keyed permutation', () => {
  test('hashes as HalfSipHash-2-4 was published to', () => {
    // Vectors 0 and 4 of the reference implementation: key 00..07, messages of no byte and of 00..03.
    expect(halfSipHash(0x03020100, 0x07060504, new Uint32Array(0))).toBe(0x5b9f35a9);
    expect(halfSipHash(0x03020100, 0x07060504, Uint32Array.of(0x03020100))).toBe(0x89466e2a);
  });

  test('gives each value of a small domain exactly once, and none in its own place but a few', () => {
    const size = PERMUTATION_SIZE_MIN + 11n;
    const permutation = new Permutation(KEY, size);
    const seen = new Set<bigint>();
    let fixed = 0;
    for (let value = 0n; value < size; value++) {
      const image = permutation.apply(value);
      if (image === value) fixed++;
      seen.add(image);
    }
    expect(seen.size).toBe(Number(size));
    expect([...seen].every((image) => image >= 0n && image < size)).toBe(true);
    // A random permutation has one fixed point on average; ten has a chance of one in ten million.
    expect(fixed).toBeLessThan(10);
  });

  test('is turned back by its key for every value of every size', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: PERMUTATION_SIZE_MIN, max: PERMUTATION_SIZE_MAX }),
        fc.bigInt({ min: 0n, max: 2n ** 63n }),
        (size, any) => {
          const permutation = new Permutation(KEY, size);
          const value = any % size;
          expect(permutation.invert(permutation.apply(value))).toBe(value);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('is the same in every version: printed numbers are read back years later', () => {
    const images = (size: bigint, key = KEY) => [0n, 1n, size / 2n, size - 1n].map((value) => new Permutation(key, size).apply(value));
    // Domains of 16, 17, 47 and 63 bits.
    expect(images(PERMUTATION_SIZE_MIN)).toEqual([40_496n, 46_913n, 8_982n, 33_796n]);
    expect(images(PERMUTATION_SIZE_MIN + 1n)).toEqual([55_012n, 54_728n, 6_265n, 61_901n]);
    expect(images(10n ** 14n)).toEqual([29_687_925_298_157n, 2_742_798_893_905n, 73_332_861_197_042n, 91_664_031_682_783n]);
    expect(images(PERMUTATION_SIZE_MAX)).toEqual([
      ...[1_204_442_427_881_385_494n, 8_024_851_199_924_615_693n],
      ...[4_904_330_924_766_957_348n, 965_672_615_533_364_985n],
    ]);
    // A key may be a view into other bytes.
    expect(images(10n ** 14n, Uint8Array.of(9, 9, 9, ...KEY).subarray(3))).toEqual(images(10n ** 14n));
  });

  test('permutes once more what falls on the first value outside', () => {
    // The network under a domain of 17 bits has 18.
    const [whole, size] = [new Permutation(KEY, 2n ** 18n), 65_555n];
    expect(whole.apply(38_237n)).toBe(size);
    expect(new Permutation(KEY, size).apply(38_237n)).toBe(whole.apply(size));
  });

  test('takes values of its own domain only', () => {
    const permutation = new Permutation(KEY, PERMUTATION_SIZE_MIN);
    for (const value of [-1n, PERMUTATION_SIZE_MIN]) {
      expect(() => permutation.apply(value)).toThrow('a permutation takes values of its own domain');
      expect(() => permutation.invert(value)).toThrow('a permutation takes values of its own domain');
    }
  });

  test.each([PERMUTATION_SIZE_MIN - 1n, PERMUTATION_SIZE_MAX + 1n])('is not made of %d values', (size) => {
    expect(() => new Permutation(KEY, size)).toThrow('a permutation has from 2^16 to 2^63 values');
  });

  test.each([0, 15, 17])('is not made by a key of %d bytes', (length) => {
    expect(() => new Permutation(new Uint8Array(length), PERMUTATION_SIZE_MIN)).toThrow('the key of a permutation has 16 bytes');
  });

  test('is another one under another key', () => {
    const other = new Permutation(
      KEY.map((byte) => byte ^ 1),
      2n ** 40n,
    );
    const one = new Permutation(KEY, 2n ** 40n);
    expect([1n, 2n, 3n].some((value) => other.apply(value) === one.apply(value))).toBe(false);
  });
});
