import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNK, type PackedType, packed, packedLength, unpackedAt } from '../../../models/history/chunk-packing.ts';
import { PackedRing } from '../../../models/history/packed-ring.ts';
import { StateReader, StateWriter } from '../../../models/state-bytes.ts';

const LIMIT = 300;

const code = fc.oneof(fc.constantFrom(0, 1, 1_200, 65_535), fc.nat(65_535));
const sum = fc.oneof(
  fc.nat(9),
  fc.nat(2 ** 30).map((n) => n / 1_024),
  fc.double({ min: 0, max: 1e300, noNaN: true }),
  fc.maxSafeNat(),
);
const anyOf = (type: PackedType) => (type === 'uint16' ? code : sum);

/** What the ring should hold, kept plainly. */
function plainly(begin: number, stretches: readonly (readonly [number, number])[]): { values: number[]; start: number; end: number } {
  const all = stretches.flatMap(([value, count]) => Array.from({ length: count }, () => value));
  const values = all.slice(-LIMIT);
  const end = begin + all.length;
  return { values: all.length === 0 ? [] : values, start: end - values.length, end };
}

function saved(ring: PackedRing): Uint8Array {
  const to = new StateWriter();
  ring.save(to);
  return to.bytes();
}

function elementsOf(ring: PackedRing): number[] {
  return Array.from({ length: ring.length }, (_, i) => ring.at(ring.start + i));
}

describe.each(['uint16', 'float64'] as const)('a chunk of %s', (type) => {
  test('comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(anyOf(type), { minLength: 1, maxLength: CHUNK }), fc.nat(3), (values, at) => {
        const bytes = packed(values, values.length, type);
        const data = new Uint8Array(at + bytes.length);
        data.set(bytes, at);
        expect(packedLength(data, at, values.length, type)).toBe(bytes.length);
        values.forEach((value, i) => {
          expect(unpackedAt(data, at, i, type)).toBe(value);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(['uint16', 'float64'] as const)('a packed ring of %s', (type) => {
  const stretches = fc.array(fc.tuple(anyOf(type), fc.oneof(fc.constant(1), fc.nat(200), fc.nat(700))), { maxLength: 40 });

  test('holds what a plain one would, whether pushed one by one or as stretches', () => {
    fc.assert(
      fc.property(stretches, fc.nat(1_000), fc.infiniteStream(fc.boolean()), (all, begin, singly) => {
        const ring = new PackedRing(type, LIMIT);
        ring.begin(begin);
        for (const [value, count] of all) {
          if (singly.next().value) for (let i = 0; i < count; i++) ring.push(value);
          else ring.repeat(value, count);
        }
        const { values, start, end } = plainly(begin, all);
        expect([ring.start, ring.end]).toEqual([start, end]);
        expect(elementsOf(ring)).toEqual(values);
        const from = Math.floor(values.length / 3);
        const read = new Float64Array(values.length - from);
        ring.read(ring.start + from, read);
        expect([...read]).toEqual(values.slice(from));
        const restored = new PackedRing(type, LIMIT);
        restored.restore(new StateReader(saved(ring)));
        expect(elementsOf(restored)).toEqual(values);
        expect(Buffer.compare(saved(restored), saved(ring))).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('goes on after a restore as if nothing had been', () => {
    fc.assert(
      fc.property(stretches, stretches, (before, after) => {
        const whole = new PackedRing(type, LIMIT);
        for (const [value, count] of before) whole.repeat(value, count);
        const restored = new PackedRing(type, LIMIT);
        restored.restore(new StateReader(saved(whole)));
        for (const ring of [whole, restored]) for (const [value, count] of after) for (let i = 0; i < count; i++) ring.push(value);
        expect(Buffer.compare(saved(restored), saved(whole))).toBe(0);
      }),
    );
  });
});

describe('a packed ring', () => {
  test('takes a few bytes for a year of one event a day', () => {
    const ring = new PackedRing('uint16', 366 * 24);
    for (let hour = 0; hour < 366 * 24; hour++) ring.push(hour % 24 === 11 ? 1_200 : 0);
    const silent = new PackedRing('uint16', 366 * 24);
    silent.repeat(0, 365 * 24);
    expect(ring.bytes).toBeLessThan(4_500);
    expect(silent.bytes).toBe(0);
    expect(saved(silent).length).toBeLessThan(40);
  });

  test('holds stretches that reach further than 16 bits count, and forgets them again', () => {
    const ring = new PackedRing('uint16', 150_000);
    const all: number[] = [];
    for (const [value, count] of [
      [7, 70],
      [0, 70_000],
      [3, 1],
      [0, 65_000],
      [5, 200],
      [0, 149_000],
      [9, 400],
    ] as const) {
      for (let i = 0; i < count; i++) {
        const each = value === 7 || value === 9 ? i % 1_000 : value;
        ring.push(each);
        all.push(each);
      }
      const held = all.slice(-150_000);
      const read = new Float64Array(held.length);
      ring.read(ring.start, read);
      expect(read).toEqual(Float64Array.from(held));
      const restored = new PackedRing('uint16', 150_000);
      restored.restore(new StateReader(saved(ring)));
      expect(Buffer.compare(saved(restored), saved(ring))).toBe(0);
    }
    for (let i = 0; i < 40_000; i++) ring.push(i);
    expect([ring.at(ring.end - 1), ring.at(ring.end - 40_000), ring.at(ring.end - 40_001)]).toEqual([39_999, 0, 399]);
  });

  test('reads of codes what they mean, from any place on', () => {
    const meanings = Float64Array.from({ length: 65_536 }, (_, code) => code / 3);
    for (const variety of [1, 2, 3, 5, 12, 40, 60_000]) {
      const ring = new PackedRing('uint16', 1_000);
      for (let i = 0; i < 700; i++) ring.push((i * 7_919) % variety);
      for (let from = 0; from < 130; from++) {
        const read = new Float64Array(700 - from - (from % 9));
        ring.read(from, read, meanings);
        expect(read.every((value, i) => value === (((from + i) * 7_919) % variety) / 3)).toBe(true);
      }
    }
  });

  test('takes hardly more than plain numbers where nothing repeats', () => {
    const ring = new PackedRing('uint16', 10_000);
    for (let i = 0; i < 25_000; i++) ring.push((i * 7_919) % 65_521);
    expect(ring.bytes).toBeLessThan(1.4 * 2 * 10_000);
    expect(ring.at(ring.end - 1)).toBe((24_999 * 7_919) % 65_521);
  });
});
