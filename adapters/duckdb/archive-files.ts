/**
 * The files of the archive: `dir/<table>/sequence=<name>/day=<YYYY-MM-DD>/<batch>.parquet`, the layout that every reader of Parquet data
 * sets knows. A file is written elsewhere, made durable and renamed into its place: it is there whole or not at all, and a batch that is
 * written again replaces itself.
 */
import { constants } from 'node:fs';
import { access, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import { NAME_PATTERN } from '../../core/limits.ts';
import type { ArchiveBatch, ArchiveQuery, ArchiveTable } from '../../pipelines/ports.ts';
import { namesIn as durableNamesIn, openDurableDirectory, putFile as putDurableFile } from '../durable-files.ts';
import { TABLE_NAMES } from './archive-columns.ts';
import { fileError } from './archive-errors.ts';

/** One query opens at most so many files: a year of hours of eleven partitions, and a few seconds of work. */
const FILES_PER_READ_MAX = 100_000;

const ENDING = '.parquet';
/** The file that the batches of a day were put together in. A batch that is there beside it was written later, and holds instead of its rows. */
export const COMPACTED = 'compacted';

/** Readers of such a layout look for them in the whole path, and take the first. */
const TAKEN_NAME = /(^|[/\\])(sequence|day)=/i;

const DAY_PATTERN = /^\d{4}-\d{2}-\d{2}$/;

/** Creates the directory where it is missing; its real path. Throws `SEQ_DATA_DIR_UNUSABLE`. */
export async function openArchiveDirectory(directory: string): Promise<string> {
  const wanted = resolve(directory);
  try {
    checkPath(wanted);
    await mkdir(wanted, { recursive: true });
    await access(wanted, constants.R_OK | constants.W_OK | constants.X_OK);
    const real = await realpath(wanted);
    checkPath(real);
    await openDurableDirectory(real);
    return real;
  } catch (error) {
    throw fileError(error, wanted);
  }
}

/** Throws `SEQ_INVALID_REQUEST` where a batch could not be named after what it says. */
export function checkBatch({ table, sequence, day, batch }: Omit<ArchiveBatch, 'rows'>): void {
  checkPlace({ table, sequence, fromDay: day });
  if (!NAME_PATTERN.test(batch) || batch === COMPACTED) throw invalid(`not a name for a batch: ${JSON.stringify(batch.slice(0, 80))}`);
}

export function checkPlace({ table, sequence, fromDay, toDay }: Omit<ArchiveQuery, 'limit'>): void {
  if (!TABLE_NAMES.includes(table)) throw invalid(`the archive has no table ${JSON.stringify(String(table).slice(0, 80))}`);
  if (sequence !== undefined && !NAME_PATTERN.test(sequence)) throw invalid(`not a sequence: ${JSON.stringify(sequence.slice(0, 80))}`);
  for (const day of [fromDay, toDay]) if (day !== undefined) checkDay(day);
}

/** `write` is given the path to write to; when this resolves the file is in its place and survives a power loss. */
export async function putFile(root: string, batch: Omit<ArchiveBatch, 'rows'>, write: (file: string) => Promise<void>): Promise<void> {
  const target = join(root, batch.table, `sequence=${escaped(batch.sequence)}`, `day=${batch.day}`, `${batch.batch}.parquet`);
  try {
    await putDurableFile(root, target, write);
  } catch (error) {
    throw fileError(error, target);
  }
}

/** The files that may hold rows of the query, in one order every time. Throws `SEQ_INVALID_REQUEST` where they are too many to open. */
export async function filesOf(root: string, { table, sequence, fromDay, toDay }: Omit<ArchiveQuery, 'limit'>): Promise<string[]> {
  const files: string[] = [];
  const wanted = sequence === undefined ? undefined : `sequence=${escaped(sequence)}`;
  for (const ofSequence of await namesIn(join(root, table))) {
    if (wanted === undefined ? !ofSequence.startsWith('sequence=') : ofSequence !== wanted) continue;
    for (const ofDay of await namesIn(join(root, table, ofSequence))) {
      const day = ofDay.slice('day='.length);
      if (!ofDay.startsWith('day=') || (fromDay !== undefined && day < fromDay) || (toDay !== undefined && day > toDay)) continue;
      const directory = join(root, table, ofSequence, ofDay);
      for (const name of await namesIn(directory)) if (name.endsWith('.parquet')) files.push(join(directory, name));
      if (files.length > FILES_PER_READ_MAX) throw tooManyFiles(table);
    }
  }
  return files;
}

/** One directory of a day, and the batches in it. */
export interface ArchiveDay {
  readonly directory: string;
  /** Names without their ending, in order. */
  readonly batches: readonly string[];
}

/** The days of a table before `beforeDay`, of all sequences. */
export async function daysOf(root: string, table: ArchiveTable, beforeDay: string): Promise<ArchiveDay[]> {
  checkDay(beforeDay);
  const days: ArchiveDay[] = [];
  for (const ofSequence of await namesIn(join(root, table))) {
    for (const ofDay of ofSequence.startsWith('sequence=') ? await namesIn(join(root, table, ofSequence)) : []) {
      if (!ofDay.startsWith('day=') || ofDay.slice('day='.length) >= beforeDay) continue;
      const directory = join(root, table, ofSequence, ofDay);
      const names = (await namesIn(directory)).filter((name) => name.endsWith(ENDING));
      days.push({ directory, batches: names.map((name) => name.slice(0, -ENDING.length)).sort() });
    }
  }
  return days;
}

/** Readers of such a layout take the word null for no value at all; its first letter as a percent code is read as the letter. */
function escaped(sequence: string): string {
  return sequence.toLowerCase() === 'null' ? `%${sequence.charCodeAt(0).toString(16).toUpperCase()}${sequence.slice(1)}` : sequence;
}

/** What nobody wrote yet has no rows; a stray file among the directories has none either. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return await durableNamesIn(directory);
  } catch (error) {
    throw fileError(error, directory);
  }
}

function checkPath(directory: string): void {
  if (!TAKEN_NAME.test(directory)) return;
  const problem = `the archive cannot lie below a directory named sequence= or day=: ${directory}`;
  throw new SequenceError('SEQ_DATA_DIR_UNUSABLE', problem, { path: directory });
}

function checkDay(day: string): void {
  const parsed = DAY_PATTERN.test(day) ? new Date(`${day}T00:00:00Z`) : new Date(Number.NaN);
  if (!Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day)) return;
  throw invalid(`not a day: ${JSON.stringify(day.slice(0, 80))}; write it as 2026-11-25`);
}

function tooManyFiles(table: ArchiveTable): SequenceError {
  const problem = `the archive holds more than ${FILES_PER_READ_MAX} files of ${table}: more than one query may open`;
  return invalid(`${problem}; ask for one sequence and fewer days, or move old days elsewhere`);
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
