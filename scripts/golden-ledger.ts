/**
 * Golden ledgers: logs that were written once, by the rules of one ledger level, and must be read and folded alike for ever. Run it
 * once for a new level, `tsx scripts/golden-ledger.ts`, and commit what it wrote; the files of older levels are never written again.
 *
 * A file holds one log from offset 0: before each record its length, four bytes, little-endian.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEDGER_LEVEL } from '../core/ledger/ranges.ts';
import { encode } from '../schemas/codec.ts';
import { foldGolden } from './golden-fold.ts';
import { walk } from './golden-walk.ts';

const SEED = 20_261_118;
const STEPS = 4_000;
const LENGTH_BYTES = 4;

/** What the golden files of a level are, to notice a change of any byte. */
export interface GoldenFile {
  readonly records: number;
  readonly sha256: string;
  readonly kinds: Readonly<Record<string, number>>;
}

export function goldenFolder(level: number): string {
  return join('test', 'golden', `level-${level}`);
}

/** The records of one golden log, by offset. */
export function readGolden(level: number, log: string): Uint8Array[] {
  return unframed(readFileSync(join(goldenFolder(level), `${log}.bin`)));
}

/** Levels of which there are golden ledgers. */
export function goldenLevels(): number[] {
  return readdirSync(join('test', 'golden'))
    .filter((folder) => folder.startsWith('level-'))
    .map((folder) => Number(folder.slice('level-'.length)));
}

export function unframed(bytes: Buffer): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + LENGTH_BYTES + bytes.readUInt32LE(at);
    records.push(new Uint8Array(bytes.subarray(at + LENGTH_BYTES, end)));
    at = end;
  }
  return records;
}

export function framed(records: readonly Uint8Array[]): Uint8Array {
  const parts = records.flatMap((record) => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(record.length);
    return [length, record];
  });
  return Buffer.concat(parts);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Each log of the walk as it is written to its file, with its description. */
export function goldenLogs(): { name: string; bytes: Uint8Array; file: GoldenFile }[] {
  return walk(SEED, STEPS).map(({ name, records }) => {
    const bytes = framed(records.map((record) => encode(record)));
    const kinds: Record<string, number> = {};
    for (const { kind } of records) kinds[kind] = (kinds[kind] ?? 0) + 1;
    return { name, bytes, file: { records: records.length, sha256: sha256(bytes), kinds } };
  });
}

if (process.argv[1] === import.meta.filename) {
  const folder = goldenFolder(LEDGER_LEVEL);
  mkdirSync(folder, { recursive: true });
  const logs = goldenLogs();
  for (const { name, bytes } of logs) writeFileSync(join(folder, `${name}.bin`), bytes);
  const files = Object.fromEntries(logs.map(({ name, file }) => [name, file]));
  writeFileSync(join(folder, 'files.json'), `${JSON.stringify(files, null, 2)}\n`);
  const folds = foldGolden(Object.keys(files), (name) => readGolden(LEDGER_LEVEL, name));
  writeFileSync(join(folder, 'folds.json'), `${JSON.stringify(folds, null, 2)}\n`);
  console.log(`${folder}: ${logs.map(({ name, file }) => `${name} ${file.records}`).join(', ')}`);
}
