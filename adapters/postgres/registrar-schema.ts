/**
 * The tables of the transaction pool in PostgreSQL: made once, in a schema of their own, and only ever brought forward.
 *
 * Each statement of a group finds its rows by an index, and what changes often (heads, states, the count of changes) stands in no index,
 * so that an update rewrites one row and nothing else.
 */
import { SequenceError } from '../../core/errors.ts';
import type { Row } from './registrar-rows.ts';
import type { Ask } from './registrar-session.ts';

/** Where nobody says another name. */
export const SCHEMA = 'seqcast';
/** Raised by one with each entry that is added to `VERSIONS`. */
const VERSION = 1;
const SCHEMA_PATTERN = /^[a-z_][a-z0-9_]{0,50}$/;
/** Any number that nobody else is likely to lock: two processes that open an empty database make its tables one after the other. */
const CREATION_LOCK = 7_365_716_333;

export function checkSchemaName(schema: string): void {
  if (SCHEMA_PATTERN.test(schema) && !schema.startsWith('pg_')) return;
  const message = `the schema ${JSON.stringify(schema)} cannot be used: it is 1 to 51 small letters, digits or underscores, no digit first`;
  throw new SequenceError('SEQ_CONFIG_INVALID', message);
}

/** Makes the tables, or brings them to this version. A database that is up to date is only looked at: its role needs no right to create. */
export async function prepareSchema(ask: Ask, schema: string): Promise<void> {
  if ((await versionOf(ask, schema)) === VERSION) return;
  await ask([{ text: 'BEGIN' }, { text: `SELECT pg_advisory_xact_lock(${CREATION_LOCK})` }]);
  try {
    const version = await versionOf(ask, schema);
    for (const statements of VERSIONS.slice(version)) for (const text of statements(schema)) await ask([{ text }]);
    await ask([{ text: `UPDATE ${schema}.pool SET version = ${VERSION}` }, { text: 'COMMIT' }]);
  } catch (error) {
    await ask([{ text: 'ROLLBACK' }]).catch(() => undefined);
    throw error;
  }
}

/** 0 where there is nothing. */
async function versionOf(ask: Ask, schema: string): Promise<number> {
  // Not `to_regclass`: that may still remember that there was nothing before somebody else made it.
  const text = `SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = '${schema}' AND c.relname = 'pool'`;
  if (onlyCell(await ask([{ text }])) === undefined) return 0;
  const version = onlyCell(await ask([{ text: `SELECT version FROM ${schema}.pool` }]));
  if (Number(version) <= VERSION) return Number(version);
  const message = `the schema ${schema} has version ${version}, this program knows ${VERSION}`;
  throw new SequenceError('SEQ_DATA_NEWER', message, { schema, version });
}

function onlyCell([rows]: Row[][]): unknown {
  return rows?.[0]?.[0];
}

type Statements = (schema: string) => readonly string[];

const FIRST: Statements = (s) => [
  `CREATE SCHEMA IF NOT EXISTS ${s}`,
  // One row. Its lock is taken last and orders the commits: the count of changes grows in the order in which they become durable.
  `CREATE TABLE ${s}.pool (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version int NOT NULL, ops bigint NOT NULL)
     WITH (fillfactor = 10)`,
  `INSERT INTO ${s}.pool (version, ops) VALUES (0, 0)`,
  `CREATE TABLE ${s}.life (number int PRIMARY KEY, life text NOT NULL UNIQUE)`,
  `CREATE TABLE ${s}.series (number bigint PRIMARY KEY, sequence text NOT NULL, generation bigint NOT NULL, label text NOT NULL,
     key_scope text NOT NULL, scope bigint NOT NULL, capacity bigint NOT NULL, granted bigint NOT NULL, next bigint NOT NULL,
     free bigint NOT NULL, open bigint NOT NULL, reservations bigint NOT NULL, longest bigint NOT NULL, ops bigint NOT NULL,
     counts_at_commit boolean NOT NULL DEFAULT false, UNIQUE (sequence, generation, label)) WITH (fillfactor = 20)`,
  // Most reservations hold one interval: that is first and past, and only the others have it written out.
  `CREATE TABLE ${s}.reservation (series bigint, number bigint, life int NOT NULL, state smallint NOT NULL, first bigint NOT NULL,
     past bigint NOT NULL, intervals text, scope bigint NOT NULL, key text COLLATE "C", payload_hash text NOT NULL, owner text NOT NULL,
     reserved_at_ms bigint NOT NULL, expires_at_ms bigint, ended_at_ms bigint, ended_by text, because text,
     PRIMARY KEY (series, number)) WITH (fillfactor = 45)`,
  `CREATE UNIQUE INDEX reservation_key ON ${s}.reservation (scope, key) WHERE key IS NOT NULL`,
  // For `holders` alone. Written as a sum, so that the server never takes it for a way to find a reservation by its number.
  `CREATE INDEX reservation_first ON ${s}.reservation ((series + 0), first)`,
  `CREATE TABLE ${s}.further_interval (series bigint, first bigint, number bigint, past bigint NOT NULL,
     PRIMARY KEY (series, first, number))`,
  `CREATE TABLE ${s}.open_reservation (series bigint, expires_at_ms bigint, number bigint, PRIMARY KEY (series, expires_at_ms, number))`,
  `CREATE TABLE ${s}.free_piece (series bigint, first bigint, past bigint NOT NULL, number bigint NOT NULL, PRIMARY KEY (series, first))`,
  `CREATE TABLE ${s}.reuse (series bigint, number bigint, first bigint NOT NULL, past bigint NOT NULL, before bigint NOT NULL,
     after bigint NOT NULL, PRIMARY KEY (series, number))`,
  // What an application's own transaction changed is counted at its COMMIT: only then, and not longer, does it hold the row of the pool.
  `CREATE FUNCTION ${s}.count_at_commit() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN UPDATE ${s}.pool SET ops = ops + (NEW.ops - OLD.ops); RETURN NULL; END'`,
  `CREATE CONSTRAINT TRIGGER count_at_commit AFTER UPDATE ON ${s}.series DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW WHEN (NEW.counts_at_commit) EXECUTE FUNCTION ${s}.count_at_commit()`,
];

const VERSIONS: readonly Statements[] = [FIRST];
