/** What was written once is read for ever: every schema of the history, and what would break it, shown on schemas made for it. */
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyReader } from '../../schemas/body-reader.ts';
import { BodyWriter } from '../../schemas/body-writer.ts';
import { compileReader } from '../../schemas/compiled-reader.ts';
import { compileWriter } from '../../schemas/compiled-writer.ts';
import { fingerprintText } from '../../schemas/fingerprint.ts';
import { CURRENT, RELEASES } from '../../schemas/released.ts';
import { parseSchema, type RecordType } from '../../schemas/schema.ts';
import { KINDS } from '../../schemas/topics.ts';
import { anyOf } from './arbitrary-message.ts';

const PINNED = JSON.parse(readFileSync('test/schemas/released-fingerprints.json', 'utf8')) as Record<string, string>;
const RELEASE_NAMES = RELEASES.map(({ kind, number }) => `${kind}.${number}`);

/** What a reader of `to` makes of what a writer of `from` wrote. */
function readAs(from: RecordType, to: RecordType, value: unknown): unknown {
  const writer = new BodyWriter(100_000);
  writer.open(new Uint8Array(0));
  compileWriter(from)(writer, value);
  const reader = new BodyReader();
  reader.open(writer.taken(), 0);
  const read = compileReader(from, to)(reader);
  reader.close();
  return read;
}

describe('the history of schemas', () => {
  it.each(KINDS)('has what %s is written with now as its newest', (kind) => {
    const newest = RELEASES.filter((release) => release.kind === kind).at(-1);
    const hint = `schemas/avro/${kind}.avsc was changed: put a copy into schemas/avro/history/ under the next number`;
    expect(newest?.schema.fingerprint, hint).toEqual(CURRENT.get(kind)?.fingerprint);
  });

  it('numbers the schemas of a kind from 1 without a gap', () => {
    const numbers = (kind: string) => RELEASES.filter((release) => release.kind === kind).map(({ number }) => number);
    for (const kind of KINDS) expect(numbers(kind), kind).toEqual(numbers(kind).map((_, index) => index + 1));
  });

  it('never changes: each has the fingerprint it was released with', () => {
    const now = Object.fromEntries(RELEASES.map(({ kind, number, schema }) => [`${kind}.${number}`, fingerprintText(schema.fingerprint)]));
    expect(now).toEqual(PINNED);
  });

  it('has no two schemas that a lookup would confuse', () => {
    const lows = RELEASES.map(({ schema }) => schema.fingerprint.low);
    expect(new Set(lows).size).toBe(lows.length);
  });

  it.each(RELEASES.map((release, index) => [RELEASE_NAMES[index], release] as const))(
    '%s is read by this version',
    (_, { kind, schema }) => {
      const current = CURRENT.get(kind) ?? schema;
      fc.assert(
        fc.property(anyOf(schema.record), (value) => {
          expect(readAs(schema.record, current.record, value)).toHaveProperty('kind', kind);
        }),
        { numRuns: 20 },
      );
    },
  );

  it.each(RELEASES.map((release, index) => [RELEASE_NAMES[index], release] as const))(
    '%s is resolved by another implementation too',
    (name, { kind }) => {
      const [reader, writer] = [`schemas/avro/${kind}.avsc`, `schemas/avro/history/${name}.avsc`].map((file) =>
        avro.Type.forSchema(JSON.parse(readFileSync(file, 'utf8')) as avro.Schema),
      );
      expect(() => reader?.createResolver(writer as avro.Type)).not.toThrow();
    },
  );
});

describe('a schema that evolves', () => {
  const record = (...fields: object[]) =>
    parseSchema(JSON.stringify({ type: 'record', name: 'Parcel', namespace: 'seqcast', fields })).record;
  const size = { name: 'size', type: 'long' };
  const label = { name: 'label', type: 'string' };
  const colour = (symbols: string[], more: object = {}) => ({ name: 'colour', type: { type: 'enum', name: 'Colour', symbols, ...more } });
  const list = (...fields: object[]) => ({ name: 'parts', type: { type: 'array', items: { type: 'record', name: 'Part', fields } } });

  it('may add a field that has a default', () => {
    const slices = { name: 'slices', type: { type: 'array', items: 'long' }, default: [1, 2] };
    const next = record(size, { ...label, default: 'none' }, slices, {
      name: 'big',
      type: { type: 'long', seqcast: 'bigint' },
      default: 7,
    });
    expect(readAs(record(size), next, { size: 3 })).toEqual({ kind: 'Parcel', size: 3, label: 'none', slices: [1, 2], big: 7n });
  });

  it('gives every message a default of its own', () => {
    const next = record(size, { ...list(size), default: [{ size: 4 }] });
    const [one, other] = [1, 2].map((n) => readAs(record(size), next, { size: n }) as { parts: object[] });
    expect(one?.parts).toEqual([{ size: 4 }]);
    expect(one?.parts).not.toBe(other?.parts);
  });

  it('may not add a field without a default', () => {
    expect(() => compileReader(record(size), record(size, label))).toThrow('Parcel.label was not written and has no default');
  });

  it('may not take back a default that older messages rely on', () => {
    const [first, second] = [record(size), record(size, { ...label, default: 'none' })];
    const third = record(size, label);
    expect(() => compileReader(second, third)).not.toThrow();
    expect(() => compileReader(first, third)).toThrow('has no default');
  });

  it('may drop a field, move it or rename it', () => {
    const before = record(label, list(size, label), size);
    const after = record({ name: 'weight', aliases: ['size'], type: 'long' }, list(size));
    const value = { label: 'x', parts: [{ size: 1, label: 'y' }], size: 9 };
    expect(readAs(before, after, value)).toEqual({ kind: 'Parcel', weight: 9, parts: [{ size: 1 }] });
  });

  it('may not read one old field as two', () => {
    const twice = record(size, { name: 'weight', aliases: ['size'], type: 'long' });
    expect(() => compileReader(record(size), twice)).toThrow('Parcel.size is what both size and weight were written as');
  });

  it('may widen a count to a rate or to 64 bits, and nothing else', () => {
    const as = (type: unknown) => record({ name: 'size', type });
    expect(readAs(as('long'), as('double'), { size: 3 })).toEqual({ kind: 'Parcel', size: 3 });
    expect(readAs(as('long'), as({ type: 'long', seqcast: 'bigint' }), { size: 3 })).toEqual({ kind: 'Parcel', size: 3n });
    expect(() => compileReader(as('double'), as('long'))).toThrow('Parcel.size was written as double and cannot be read as long');
    expect(() => compileReader(as('long'), as('string'))).toThrow('cannot be read as string');
  });

  it('may add words, and may lose one only if it says what it becomes', () => {
    expect(readAs(record(colour(['red'])), record(colour(['blue', 'red'])), { colour: 'red' })).toEqual({ kind: 'Parcel', colour: 'red' });
    const [before, after] = [record(colour(['red', 'dark_red'])), ['red', 'unknown']];
    expect(readAs(before, record(colour(after, { default: 'unknown' })), { colour: 'dark-red' })).toEqual({
      kind: 'Parcel',
      colour: 'unknown',
    });
    expect(() => compileReader(before, record(colour(after)))).toThrow('Parcel.colour may have been written as dark-red');
  });

  it('is refused where it uses what readers do not know', () => {
    expect(() => record({ name: 'size', type: ['null', 'long'] })).toThrow('not a type our schemas use');
    expect(() => record({ name: 'size', type: 'Size' })).toThrow('not a type our schemas use');
    expect(() => record({ name: 'a-b', type: 'long' })).toThrow('not a type our schemas use');
    expect(() => record(list())).toThrow('not a type our schemas use');
  });
});
