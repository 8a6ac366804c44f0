/**
 * One transaction for a group of jobs: lock the series, read what the jobs refer to, let the rules decide, write it down, commit. Two round
 * trips, whatever the group holds.
 */
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import { checkWriter, type Writer } from '../../core/reservation/lineage.ts';
import type { FreePiece } from '../../core/reservation/series.ts';
import { exact, headOf, type Row, reservationOf } from './registrar-rows.ts';
import type { Question, Session } from './registrar-session.ts';
import { countOps, lockSeries, type Needs, readNeeds, readWriter, writeChanges } from './registrar-statements.ts';
import { type LoadedGroup, SeriesGroup } from './series-group.ts';

/** What a job is told, once it is known how many changes there are. */
export type Told<T> = (ops: number) => T;

/** Part of a group that somebody waits for. */
export interface GroupJob<T = unknown> {
  readonly needs: Needs;
  /** Leaves out series that somebody else has locked, rather than wait for them; such a job is a group of its own. */
  readonly skipsLocked: boolean;
  readonly writer: Writer;
  /** Decides, and writes into the group; a job that throws a `SequenceError` must have written nothing. */
  decide(group: SeriesGroup): Told<T>;
}

export type Decided = { readonly told: Told<unknown> } | { readonly refused: SequenceError };

export interface GroupAnswer {
  readonly decided: readonly Decided[];
  readonly ops: number;
}

export const BEGIN: Question = { text: 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE' };
const COMMIT: Question = { text: 'COMMIT' };

/** While this is held no other life can be recorded. */
export function holdLife(schema: string): Question {
  return { text: `LOCK TABLE ${schema}.life IN ROW SHARE MODE` };
}

export async function runGroup(session: Session, schema: string, jobs: readonly GroupJob[]): Promise<GroupAnswer> {
  const needs = together(jobs.map((job) => job.needs));
  const skipsLocked = jobs.some((job) => job.skipsLocked);
  // The count of changes comes last: it covers all that was read before it, also what another series has answered to a key.
  const reads = [lockSeries(schema, needs.series, skipsLocked), ...readNeeds(schema, needs), readWriter(schema)];
  const [, , ...rows] = await session.ask([BEGIN, holdLife(schema), ...reads]);
  const group = new SeriesGroup(loadedFrom(rows));
  const decided = jobs.map((job) => decidedBy(job, group));
  const made = group.opsMade();
  if (made === 0) {
    await session.ask([COMMIT]);
    return { decided, ops: group.opsBefore };
  }
  const written = await session.commit([...writeChanges(schema, group, false), countOps(schema, made), COMMIT]);
  const ops = exact(written.at(-2)?.[0]?.[0]);
  assert(ops >= group.opsBefore + made, `${ops} changes are counted, there are at least ${group.opsBefore + made}`);
  return { decided, ops };
}

function decidedBy(job: GroupJob, group: SeriesGroup): Decided {
  try {
    checkWriter({ lives: group.life === '' ? [] : [group.life], ops: group.opsBefore }, job.writer);
    return { told: job.decide(group) };
  } catch (error) {
    if (error instanceof SequenceError) return { refused: error };
    throw error;
  }
}

/** From the answers to `lockSeries`, `readNeeds` and `readWriter`. */
export function loadedFrom(rows: readonly (readonly Row[])[]): LoadedGroup {
  const [series = [], byNumber = [], byKey = [], pieces = [], writer = []] = rows;
  const [ops, lifeNumber, life] = writer[0] ?? [];
  const free = new Map<number, FreePiece[]>();
  for (const [of, start, end, number] of pieces) {
    const known = free.get(exact(of)) ?? [];
    if (known.length === 0) free.set(exact(of), known);
    known.push({ start: exact(start), end: exact(end), number: exact(number) });
  }
  return {
    life: typeof life === 'string' ? life : '',
    lifeNumber: lifeNumber === null ? 0 : exact(lifeNumber),
    ops: exact(ops),
    series: series.map(([number, scope, ...head]) => ({ series: exact(number), scope: exact(scope), head: headOf(head) })),
    reservations: [...byNumber, ...byKey].map(([scope, ...row]) => ({ scope: exact(scope), reservation: reservationOf(row) })),
    free,
  };
}

/** What several jobs need. A reservation that is named twice is read twice, which costs less than to look for such names. */
function together(all: readonly Needs[]): Needs {
  const values = new Map<number, number>();
  for (const each of all) for (const [series, count] of each.values) values.set(series, (values.get(series) ?? 0) + count);
  return {
    series: [...new Set(all.flatMap((each) => each.series))],
    numbers: all.flatMap((each) => each.numbers),
    keys: all.flatMap((each) => each.keys),
    values,
  };
}
