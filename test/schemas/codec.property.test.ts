/** Whatever can be said is read as it was said, and is what an independent implementation of Avro reads. */

import { readFileSync } from 'node:fs';
import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceError } from '../../core/errors.ts';
import { decode, encode } from '../../schemas/codec.ts';
import { KINDS, type Kind } from '../../schemas/topics.ts';
import { arbitraryMessage } from './arbitrary-message.ts';

const HEADER_BYTES = 10;

/** avsc, told to keep longs exact: by itself it reads −(2^52 + 1) as 2^52. */
function independent(kind: Kind): avro.Type {
  const schema: unknown = JSON.parse(readFileSync(`schemas/avro/${kind}.avsc`, 'utf8'));
  const long = avro.types.LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64LE(value);
      return buffer;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
  });
  const typeHook = (each: unknown): avro.Type | undefined =>
    each === 'long' || (each as { type?: unknown }).type === 'long' ? long : undefined;
  return avro.Type.forSchema(schema as avro.Schema, { typeHook });
}

/** Numbers and big integers, symbols and texts, bytes and buffers compared as what they say. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return value.replaceAll('-', '_');
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plain(of)]));
}

describe.each(KINDS)('%s', (kind) => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(arbitraryMessage(kind), (message) => {
        const bytes = encode(message);
        const again = decode(bytes);
        expect(again).toEqual(message);
        expect(Object.keys(again)).toEqual(Object.keys(message));
        expect(encode(again)).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });

  it('is read the same by another implementation', () => {
    const type = independent(kind);
    fc.assert(
      fc.property(arbitraryMessage(kind), (message) => {
        const { kind: _, ...fields } = message;
        expect(plain(type.fromBuffer(Buffer.from(encode(message).subarray(HEADER_BYTES))))).toEqual(plain(fields));
      }),
      { numRuns: 50 },
    );
  });

  it('is refused when it is cut short', () => {
    fc.assert(
      fc.property(arbitraryMessage(kind), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (message, part) => {
        const bytes = encode(message);
        expect(() => decode(bytes.subarray(0, Math.floor(bytes.length * part)))).toThrow(SequenceError);
      }),
      { numRuns: 50 },
    );
  });

  it('is read or refused, never anything else, when bytes of it change', () => {
    const garbled = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(arbitraryMessage(kind), garbled, (message, changes) => {
        const bytes = encode(message);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        try {
          encode(decode(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(SequenceError);
        }
      }),
      { numRuns: 100 },
    );
  });
});
