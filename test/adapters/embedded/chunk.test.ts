import { describe, expect, test } from 'vitest';
import { decodeChunks, encodeChunk, type PackedRecords } from '../../../adapters/embedded/chunk.ts';
import { show, text } from './data-dirs.ts';

describe('a chunk', () => {
  test('gives its records back with their offsets and time, from several parts', () => {
    const chunk = encodeChunk(2 ** 40, 1_700_000_000_123, [packed('a', '', 'ccc'), packed('dd')]);
    const entries = decodeChunks(chunk, 0, 10) ?? [];
    expect(entries.map(({ offset, bytes }) => `${offset - 2 ** 40}:${show(bytes)}`)).toEqual(['0:a', '1:', '2:ccc', '3:dd']);
    expect(new Set(entries.map(({ atMs }) => atMs))).toEqual(new Set([1_700_000_000_123]));
  });

  test('chunks end to end are read from any offset and up to any limit', () => {
    const chunks = Buffer.concat([encodeChunk(5, 1, [packed('5', '6')]), encodeChunk(7, 2, [packed('7', '8', '9')])]);
    expect((decodeChunks(chunks, 6, 3) ?? []).map(({ bytes }) => show(bytes))).toEqual(['6', '7', '8']);
    expect(decodeChunks(chunks, 10, 3)).toEqual([]);
    expect(decodeChunks(new Uint8Array(0), 0, 3)).toEqual([]);
  });

  test('any flipped bit is noticed', () => {
    const chunk = encodeChunk(5, 1_700_000_000_123, [packed('one', 'two')]);
    for (let bit = 0; bit < chunk.length * 8; bit++) {
      const damaged = chunk.slice();
      damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeChunks(damaged, 0, 10), `bit ${bit}`).toBeUndefined();
    }
  });

  test('a chunk cut short, a missing and a doubled one are noticed', () => {
    const [first, second, third] = [encodeChunk(0, 1, [packed('a')]), encodeChunk(1, 1, [packed('b')]), encodeChunk(2, 1, [packed('c')])];
    expect(decodeChunks(first.subarray(0, first.length - 1), 0, 10)).toBeUndefined();
    expect(decodeChunks(Buffer.concat([first, third]), 0, 10)).toBeUndefined();
    expect(decodeChunks(Buffer.concat([first, first]), 0, 10)).toBeUndefined();
    expect(decodeChunks(Buffer.concat([first, second, third]), 0, 10)).toHaveLength(3);
  });
});

function packed(...values: readonly string[]): PackedRecords {
  return { lengths: Uint32Array.from(values, (value) => value.length), bytes: text(values.join('')) };
}
