/**
 * The schemas of this version, and every schema that a released version wrote with: `avro/<Kind>.avsc` is what is written now,
 * `avro/history/<Kind>.<number>.avsc` are frozen copies, the newest of which equals it. See `schemas/README.md` for how to change one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fingerprintText } from './fingerprint.ts';
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

/** What is written and expected now, by kind. */
export const CURRENT: ReadonlyMap<Kind, Schema> = new Map(KINDS.map((kind) => [kind, parseFile(new URL(`${kind}.avsc`, FOLDER))]));

/** Everything that may be met in a log, oldest first within a kind. */
export const RELEASES: readonly Release[] = readdirSync(HISTORY)
  .map((file) => releaseOf(file))
  .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.number - b.number);

function releaseOf(file: string): Release {
  const [, kind, number] = FILE_NAME.exec(file) ?? [];
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) throw new Error(`schemas/avro/history/${file} is not named after a kind and a number`);
  return { kind: known, number: Number(number), schema: parseFile(new URL(file, HISTORY)) };
}

function parseFile(file: URL): Schema {
  const schema = parseSchema(readFileSync(file, 'utf8'));
  const { name } = schema.record;
  if (!file.pathname.includes(`/${name}.`)) throw new Error(`${file.pathname} describes ${name} (${fingerprintText(schema.fingerprint)})`);
  return schema;
}
