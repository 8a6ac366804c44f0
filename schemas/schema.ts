/**
 * The part of Avro that our messages use, as a tree of types: records, arrays, enums and five primitives. Anything else in an
 * `.avsc` file is refused, so that reader and writer need not know it.
 */
import { canonicalForm, type JsonSchema } from './canonical-form.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';

export type Type =
  | { readonly type: 'boolean' | 'double' | 'string' | 'bytes' }
  /** A `long` is a number in the safe range, unless the schema marks it `"seqcast": "bigint"`: then it is 64 bits, exact. */
  | { readonly type: 'long' | 'bigint' }
  | EnumType
  | { readonly type: 'array'; readonly items: Type }
  | RecordType;

export interface EnumType {
  readonly type: 'enum';
  /** As the code says them: Avro has no hyphen, so `ride_through` in a schema is `ride-through` here. */
  readonly symbols: readonly string[];
  /** What a reader takes for a symbol that it does not know. */
  readonly otherwise: string | undefined;
}

export interface RecordType {
  readonly type: 'record';
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  /** Former names, under which older writers wrote it. */
  readonly aliases: readonly string[];
  readonly type: Type;
  /** In Avro's JSON; undefined where there is none. */
  readonly default: unknown;
}

export interface Schema {
  readonly record: RecordType;
  readonly fingerprint: Fingerprint;
}

type Attributes = { readonly [attribute: string]: unknown };

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Parses the text of an `.avsc` file, whose outermost type is a record. */
export function parseSchema(text: string): Schema {
  const json = JSON.parse(text) as JsonSchema;
  const record = typeOf(json);
  if (record.type !== 'record') throw unsupported(json);
  return { record, fingerprint: fingerprintOf(canonicalForm(json)) };
}

function typeOf(json: unknown): Type {
  const attributes: Attributes = typeof json === 'string' ? { type: json } : ((json ?? {}) as Attributes);
  switch (attributes.type) {
    case 'boolean':
    case 'double':
    case 'string':
    case 'bytes':
      return { type: attributes.type };
    case 'long':
      return { type: attributes.seqcast === 'bigint' ? 'bigint' : 'long' };
    case 'array':
      return { type: 'array', items: typeOf(attributes.items) };
    case 'enum':
      return enumOf(attributes);
    case 'record':
      return recordOf(attributes);
    default:
      throw unsupported(json);
  }
}

function enumOf({ symbols, default: otherwise }: Attributes): EnumType {
  if (!Array.isArray(symbols)) throw unsupported(symbols);
  const spoken = (symbols as string[]).map((symbol) => symbol.replaceAll('_', '-'));
  return { type: 'enum', symbols: spoken, otherwise: typeof otherwise === 'string' ? otherwise.replaceAll('_', '-') : undefined };
}

function recordOf({ name, fields }: Attributes): RecordType {
  // A record without fields takes no bytes: a few bytes of garbage could then claim an array of billions of them.
  if (typeof name !== 'string' || !Array.isArray(fields) || fields.length === 0) throw unsupported(name);
  return { type: 'record', name, fields: (fields as Attributes[]).map(fieldOf) };
}

function fieldOf({ name, type, aliases, default: value }: Attributes): Field {
  // Field names become names in compiled readers and writers.
  if (typeof name !== 'string' || !IDENTIFIER.test(name)) throw unsupported(name);
  return { name, aliases: (aliases as string[] | undefined) ?? [], type: typeOf(type), default: value };
}

function unsupported(json: unknown): Error {
  return new Error(`not a type our schemas use: ${JSON.stringify(json)}`);
}
