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

  test('is another one under another key', () => {
    const other = new Permutation(
      KEY.map((byte) => byte ^ 1),
      2n ** 40n,
    );
    const one = new Permutation(KEY, 2n ** 40n);
    expect([1n, 2n, 3n].some((value) => other.apply(value) === one.apply(value))).toBe(false);
  });
});
