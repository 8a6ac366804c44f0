/**
 * The files of bulk jobs: values written as Parquet, CSV or ranges, and files of others written again with a column of values. All lie in
 * one directory, under plain names; a file is written aside, made durable and renamed into its place, so that it is there whole or not at all.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { SequenceError } from '../../core/errors.ts';
import { openDurableDirectory, putFile } from '../durable-files.ts';
import { engineError } from './archive-errors.ts';
import { identifier, type ValueRun, valuesSql } from './bulk-columns.ts';
import { type Print, writeText } from './bulk-text.ts';
import { quoted, withEngine } from './engine.ts';

export type { ValueRun } from './bulk-columns.ts';

export type BulkFormat = 'parquet' | 'csv' | 'ranges';

/** What a file was when it was looked at: another size or time is another file. */
export interface BulkInput {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

export interface BulkWrite {
  readonly file: string;
  readonly format: BulkFormat;
  readonly runs: readonly ValueRun[];
  /** How the sequence prints its values; left out where they are numbers only. */
  readonly print: Print | undefined;
  readonly isStopping: () => boolean;
  /** Hears the share that is written, where that is known. */
  readonly onShare: (share: number) => void;
}

export interface StampWrite extends Omit<BulkWrite, 'format'> {
  readonly input: string;
  readonly seen: BulkInput;
  readonly column: string;
}

/** Beside the files: what grows, and what jobs remember. */
const WRITING = '.writing';

/** How often is looked how far a file has grown. */
const LOOKED_AT_MS = 250;

/** What a consecutive value takes in a Parquet file, and less than it ever takes as text with its line: only for how far it is. */
const BYTES_PER_VALUE = { parquet: 1, csv: 8, ranges: 8 } as const satisfies Record<BulkFormat, number>;

/** A quarter of the size that the engine's default makes of consecutive values. */
const PARQUET = '(FORMAT parquet, COMPRESSION zstd)';
const CSV = '(FORMAT csv, HEADER true)';

export class BulkFiles {
  readonly root: string;
  readonly #running = new Set<DuckDBConnection>();
  #closed = false;

  private constructor(root: string) {
    this.root = root;
  }

  /** Creates the directory where it is missing. Throws `SEQ_DATA_DIR_UNUSABLE`. */
  static async open(directory: string): Promise<BulkFiles> {
    const wanted = resolve(directory);
    try {
      await mkdir(wanted, { recursive: true });
      await access(wanted, constants.R_OK | constants.W_OK | constants.X_OK);
      const root = await realpath(wanted);
      await openDurableDirectory(root);
      return new BulkFiles(root);
    } catch (cause) {
      throw bulkError(cause, wanted);
    }
  }

  /** Undefined where there is no such file. */
  async sizeOf(file: string): Promise<number | undefined> {
    return (await lstat(join(this.root, file)).catch(() => undefined))?.size;
  }

  /** Throws `SEQ_INVALID_REQUEST` where there is no such file of its own in the directory. */
  async look(file: string): Promise<BulkInput> {
    const path = join(this.root, file);
    const facts = await lstat(path).catch(() => undefined);
    // A link could lead out of the directory.
    if (facts?.isFile() !== true) throw invalid(`${file}: there is no such file in ${this.root}`);
    const [rows, columns] = await this.#engine(file, async (connection) => {
      const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${relation(path)}`);
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${relation(path)}`);
      return [Number(counted.getRows()[0]?.[0]), described.getRows().map(([name]) => String(name))] as const;
    });
    return { rows, columns, bytes: facts.size, modifiedAtMs: facts.mtimeMs };
  }

  /** Size of the finished file. */
  async write(options: BulkWrite): Promise<number> {
    const { file, format, runs, print, isStopping, onShare } = options;
    const total = totalOf(runs);
    // Where lines are written here, they are counted.
    const onBytes = (bytes: number): void => {
      if (print === undefined) onShare(shareOf(bytes, total * BYTES_PER_VALUE[format]));
    };
    return await this.#put(file, onBytes, async (path) => {
      if (format === 'ranges') return writeFile(path, rangesText(runs, print));
      const onLines = (lines: number): void => onShare(lines / total);
      if (print === undefined) {
        return this.#copy(file, valuesSql(runs, 'value'), path, format === 'csv' ? CSV : PARQUET, total);
      }
      if (format === 'csv') {
        if (!(await writeText({ file: path, runs, print, header: 'value,formatted\n', isStopping, onLines }))) throw stopped();
        return;
      }
      await this.#withText({ ...options, print, onShare: (share) => onShare(share / 2) }, (text) =>
        this.#copy(file, `SELECT value, formatted FROM ${text}`, path, PARQUET, total),
      );
    });
  }

  /** Writes `input` again with one more column. */
  async stamp(options: StampWrite): Promise<number> {
    const { file, input, seen, column, runs, print } = options;
    const from = join(this.root, input);
    const now = await lstat(from).catch(() => undefined);
    if (now === undefined || now.size !== seen.bytes || now.mtimeMs !== seen.modifiedAtMs)
      throw invalid(`${input} was changed since the job began: its rows may be others`);
    const named = identifier(column);
    const stamped = (values: string): string => `SELECT * FROM ${relation(from)} POSITIONAL JOIN (${values})`;
    const target = file.endsWith('.csv') ? CSV : PARQUET;
    const onBytes = (bytes: number): void => {
      if (print === undefined) options.onShare(shareOf(bytes, seen.bytes));
    };
    return await this.#put(file, onBytes, (path) => {
      if (print === undefined) return this.#copy(file, stamped(valuesSql(runs, named)), path, target, seen.rows);
      const copied = (text: string): Promise<void> =>
        this.#copy(file, stamped(`SELECT formatted AS ${named} FROM ${text}`), path, target, seen.rows);
      return this.#withText({ ...options, print }, copied);
    });
  }

  /** Ends what is being written: its call fails with `SEQ_CLOSED`, as every later one. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#running) connection.interrupt();
  }

  async #put(file: string, onBytes: (bytes: number) => void, write: (path: string) => Promise<void>): Promise<number> {
    const target = join(this.root, file);
    let timer: NodeJS.Timeout | undefined;
    try {
      await putFile(this.root, target, async (path) => {
        timer = setInterval(() => void lstat(path).then(({ size }) => onBytes(size), ignored), LOOKED_AT_MS);
        await write(path);
      });
      return (await lstat(target)).size;
    } catch (cause) {
      throw bulkError(cause, file);
    } finally {
      clearInterval(timer);
    }
  }

  /** Printed values through a file of their own: the engine reads it as it goes, however many they are. */
  async #withText(options: Omit<BulkWrite, 'format'> & { readonly print: Print }, use: (text: string) => Promise<void>): Promise<void> {
    const { runs, print, isStopping, onShare } = options;
    const text = join(this.root, WRITING, `${randomUUID()}.csv`);
    const total = totalOf(runs);
    try {
      const onLines = (lines: number): void => onShare(lines / total);
      if (!(await writeText({ file: text, runs, print, header: '', isStopping, onLines }))) throw stopped();
      const columns = "{'value': 'BIGINT', 'formatted': 'VARCHAR'}";
      await use(`read_csv(${quoted(text)}, columns = ${columns}, header = false, auto_detect = false, quote = '"', escape = '"')`);
    } finally {
      await rm(text, { force: true });
    }
  }

  async #copy(file: string, query: string, path: string, options: string, expected: number): Promise<void> {
    const written = await this.#engine(file, async (connection) => {
      const reader = await connection.runAndReadAll(`COPY (${query}) TO ${quoted(path)} ${options}`);
      return Number(reader.getRows()[0]?.[0]);
    });
    if (written !== expected) throw invalid(`${file} would have ${written} rows, not ${expected}: what was read has changed`);
  }

  async #engine<T>(file: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return await withEngine(this.root, async (connection) => {
      if (this.#closed) throw stopped();
      this.#running.add(connection);
      // An engine that had not begun its statement yet did not hear that it should end.
      const timer = setInterval(() => this.#closed && connection.interrupt(), LOOKED_AT_MS);
      try {
        return await work(connection);
      } catch (cause) {
        throw bulkError(cause, file);
      } finally {
        clearInterval(timer);
        this.#running.delete(connection);
      }
    });
  }
}

/** Every column of a CSV file stays the text it is: a guess would lose leading zeros. */
function relation(path: string): string {
  return path.endsWith('.csv') ? `read_csv(${quoted(path)}, header = true, all_varchar = true)` : `read_parquet([${quoted(path)}])`;
}

function rangesText(runs: readonly ValueRun[], print: Print | undefined): string {
  return runs.map((run) => `${JSON.stringify(rangeOf(run, print))}\n`).join('');
}

function rangeOf({ start, count, increment }: ValueRun, print: Print | undefined): Record<string, unknown> {
  const last = start + BigInt(count - 1) * increment;
  const range = { start: String(start), count, increment: String(increment), last: String(last) };
  return print === undefined ? range : { ...range, formattedStart: print(start), formattedLast: print(last) };
}

/** Never the whole: the end says so itself. */
function shareOf(bytes: number, expected: number): number {
  return Math.min(0.99, bytes / Math.max(expected, 1));
}

/** A file that is not there yet has no size to tell. */
function ignored(): void {}

function totalOf(runs: readonly ValueRun[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

function stopped(): SequenceError {
  return new SequenceError('SEQ_CLOSED', 'the process ends; the job goes on in the next one');
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}

/** What went wrong with a file of a bulk job, in words that name the file and not the archive. */
export function bulkError(cause: unknown, file: string): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/INTERRUPT Error/.test(text)) return stopped();
  const { code } = engineError(cause, 'archive');
  if (code === 'SEQ_DISK_FULL') {
    const message = `${file}: the disk is full; nothing half written was kept, and the job goes on when there is room`;
    return new SequenceError(code, message, { file }, { cause });
  }
  const fits = code === 'SEQ_STORAGE_FAILED' && (cause as NodeJS.ErrnoException).code !== undefined ? 'SEQ_DATA_DIR_UNUSABLE' : code;
  return new SequenceError(fits, `${file}: ${text.split('\n')[0] ?? ''}`.slice(0, 400), { file }, { cause });
}
