/** Any message of a kind, made from its schema: extremes of every type, empty arrays, text of every script. */
import fc from 'fast-check';
import { CURRENT } from '../../schemas/released.ts';
import type { Type } from '../../schemas/schema.ts';
import type { Kind, Message } from '../../schemas/topics.ts';

export function arbitraryMessage(kind: Kind): fc.Arbitrary<Message> {
  const schema = CURRENT.get(kind);
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  return anyOf(schema.record).map((fields) => ({ kind, ...(fields as object) }) as Message);
}

export function anyOf(type: Type): fc.Arbitrary<unknown> {
  switch (type.type) {
    case 'boolean':
      return fc.boolean();
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'string':
      return fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.string({ minLength: 60, maxLength: 70 }),
        fc.constant('\ufeffΩ 🙂 名前'),
      );
    case 'bytes':
      return fc.uint8Array();
    case 'long':
      // Minus zero is written as zero: a count has no sign of nothing.
      return fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(200), fc.constantFrom(...SAFE_EXTREMES)).map((value) => value + 0);
    case 'bigint':
      return fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(...LONG_EXTREMES));
    case 'enum':
      return fc.constantFrom(...type.symbols);
    case 'array':
      return fc.oneof(fc.constant([]), fc.array(anyOf(type.items), { maxLength: 5 }));
    case 'record':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, anyOf(field.type)])), { noNullPrototype: true });
  }
}

/** Where a varint grows by a byte, and the ends of what a number holds exactly. */
const SAFE_EXTREMES = [6, 7, 13, 14, 20, 21, 27, 28, 31, 32, 34, 35, 52, 53].flatMap((bits) => {
  const edge = Math.min(2 ** bits, Number.MAX_SAFE_INTEGER);
  return [edge - 1, edge, -edge, -edge + 1];
});
const LONG_EXTREMES = [27n, 28n, 53n, 55n, 56n, 62n, 63n].flatMap((bits) => [2n ** bits - 1n, -(2n ** bits) + 1n, -(2n ** bits)]);
