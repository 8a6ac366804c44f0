/**
 * The schemas of this version, and every schema that a released version wrote with: `avro/<Kind>.avsc` is what is written now,
 * `avro/history/<Kind>.<number>.avsc` are frozen copies, the newest of which equals it. See `schemas/README.md` for how to change one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseSchema, type Schema } from './schema.ts';
import { KINDS, type Kind } from './topics.ts';

export interface Release {
  readonly kind: Kind;
  readonly number: number;
  readonly schema: Schema;
}

const FOLDER = new URL('./avro/', import.meta.url);
const HISTORY = new URL('./history/', FOLDER);
const FILE_NAME = /^([A-Za-z]+)[.]([1-9][0-9]*)[.]avsc$/;

/** By text: most of the history is a copy of what is current, and parsing is most of what loading this file costs. */
const parsed = new Map<string, Schema>();

/** What is written and expected now, by kind. */
export const CURRENT: ReadonlyMap<Kind, Schema> = new Map(KINDS.map((kind) => [kind, schemaIn(new URL(`${kind}.avsc`, FOLDER), kind)]));

/** Everything that may be met in a log, oldest first within a kind. */
export const RELEASES: readonly Release[] = readdirSync(HISTORY)
  .map((file) => releaseOf(file))
  .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.number - b.number);

function releaseOf(file: string): Release {
  const [, name, number] = FILE_NAME.exec(file) ?? [];
  const kind = KINDS.find((each) => each === name);
  if (kind === undefined) throw new Error(`${file} in the history of schemas is not named after a kind and a number`);
  return { kind, number: Number(number), schema: schemaIn(new URL(file, HISTORY), kind) };
}

function schemaIn(file: URL, kind: Kind): Schema {
  const text = readFileSync(file, 'utf8');
  const schema = parsed.get(text) ?? parseSchema(text);
  parsed.set(text, schema);
  if (schema.record.name !== kind) throw new Error(`the schema of ${kind} describes ${schema.record.name}`);
  return schema;
}
