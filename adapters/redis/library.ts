/**
 * The Function library of the stock: Lua files, put together in the order below and loaded into a server under one versioned name. A
 * server holds one version at a time, because functions have one name for all clients; see docs/adr/0009-stock-in-the-library.md.
 */
import { readFileSync } from 'node:fs';
import type { SequenceError } from '../../core/errors.ts';
import { unusable } from '../redis-server/address.ts';

/** Changes whenever a command or its reply does: a server that holds another version is refused. */
export const LIBRARY = 'seqcast_v3';

/** Each file uses what stands before it. */
const FILES = [
  'limits',
  'decimals',
  'arguments',
  'shard-states',
  'life',
  'streams',
  'waiters',
  'blocks',
  'periods',
  'taking',
  'values',
  'requests',
  'hello',
  'next',
  'next-each',
  'load',
  'give-back',
  'revoke',
  'cursors',
  'poll',
  'report',
  'streams-told',
] as const;

let source: string | undefined;

/** The text of the library, as `FUNCTION LOAD` takes it. */
export function librarySource(): string {
  source ??= [
    `#!lua name=${LIBRARY}`,
    `local LIBRARY = '${LIBRARY}'`,
    ...FILES.map((file) => readFileSync(new URL(`./functions/${file}.lua`, import.meta.url), 'utf8')),
  ].join('\n');
  return source;
}

/** What is used of a client of `ioredis`. */
interface LibraryConnection {
  function(subcommand: 'LOAD', code: string): Promise<unknown>;
}

/** Loads the library where it is missing; never replaces one, which would burn its stock. */
export async function loadLibrary(connection: LibraryConnection, shown: string): Promise<void> {
  try {
    await connection.function('LOAD', librarySource());
  } catch (error) {
    const text = String(error);
    // Another process was faster.
    if (/Library '.*' already exists/.test(text)) return;
    if (/Function .* already exists/.test(text)) throw otherVersion(shown);
    throw error;
  }
}

export function otherVersion(shown: string): SequenceError {
  return unusable(
    shown,
    `it holds the functions of another version of seqcast than ${LIBRARY}`,
    'let the fillers of that version drain, delete its library (FUNCTION DELETE) and start again',
  );
}
