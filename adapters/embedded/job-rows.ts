/**
 * The jobs inside the database, as the storage thread sees them. A waiting job whose time has not come is a delayed one, so nothing has
 * to move it; a job that is running belongs to this process, because a data directory has one owner.
 *
 * A schedule has one job waiting at any time. Taking it puts the next one in its place, in the same transaction; intervals in which
 * nobody took it are left out.
 */
import type Database from 'libsql';
import type { JobState } from '../../pipelines/ports.ts';
import { DEAD_KEPT_MAX, DEAD_KEPT_MS, DONE_KEPT_MAX, DONE_KEPT_MS, nextIntervalMs, scheduledId } from '../job-rules.ts';
import { exact } from './rows.ts';
import type { Asks, StoredJob } from './storage-messages.ts';

/** `state` is one of waiting, running, done, dead. */
export const JOB_TABLES = `
  CREATE TABLE IF NOT EXISTS job (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, data TEXT NOT NULL,
    state TEXT NOT NULL, attempt INTEGER NOT NULL, attempts_max INTEGER NOT NULL, progress REAL NOT NULL, added_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, result TEXT, error TEXT);
  CREATE INDEX IF NOT EXISTS job_due ON job (name, state, due_at_ms);
  CREATE INDEX IF NOT EXISTS job_ended ON job (state, ended_at_ms);
  CREATE TABLE IF NOT EXISTS job_schedule (name TEXT PRIMARY KEY, every_ms INTEGER NOT NULL, data TEXT NOT NULL,
    attempts_max INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
`;

const COLUMNS = 'id, name, data, state, attempt, attempts_max, progress, added_at_ms, due_at_ms, ended_at_ms, result, error';

/** A schedule looks this far for an interval whose job was not run before, as after a clock that went back. */
const INTERVALS_TRIED_MAX = 32;

export interface JobRows {
  add(asks: Asks<'addJob'>, nowMs: number): boolean;
  /** Starts the job of that name that is due the longest; without one, when the next is due. */
  take(name: string, nowMs: number): { readonly job: StoredJob | undefined; readonly nextDueAtMs: number | undefined };
  report(asks: Asks<'reportJob'>): void;
  end(asks: Asks<'endJob'>, nowMs: number): void;
  /** The name of the job that was dead and waits again. */
  revive(id: string, nowMs: number): string | undefined;
  schedule(asks: Asks<'scheduleJob'>, nowMs: number): void;
  find(id: string, nowMs: number): StoredJob | undefined;
  list(state: JobState, limit: number, nowMs: number): StoredJob[];
  /** What a former life of this process was running waits again, or is dead where that was its last attempt. */
  recover(nowMs: number): void;
}

type JobRow = [string, string, string, string, bigint, bigint, number, bigint, bigint, bigint | null, string | null, string | null];

const WHERE: { readonly [S in JobState]: string } = {
  waiting: "state = 'waiting' AND due_at_ms <= ? ORDER BY added_at_ms, number",
  delayed: "state = 'waiting' AND due_at_ms > ? ORDER BY added_at_ms, number",
  running: "state = 'running' ORDER BY added_at_ms, number",
  done: "state = 'done' ORDER BY ended_at_ms DESC, number DESC",
  dead: "state = 'dead' ORDER BY ended_at_ms DESC, number DESC",
};

export function openJobRows(database: Database.Database): JobRows {
  const prepare = (sql: string): Database.Statement => database.prepare(sql).raw();
  const insert = database.prepare(
    `INSERT INTO job (id, name, data, state, attempt, attempts_max, progress, added_at_ms, due_at_ms)
       VALUES (?, ?, ?, 'waiting', 0, ?, 0, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  const selectDue = prepare("SELECT id, due_at_ms FROM job WHERE name = ? AND state = 'waiting' ORDER BY due_at_ms, number LIMIT 1");
  const start = prepare(`UPDATE job SET state = 'running', attempt = attempt + 1, progress = 0 WHERE id = ? RETURNING ${COLUMNS}`);
  const setProgress = database.prepare("UPDATE job SET progress = ? WHERE id = ? AND attempt = ? AND state = 'running'");
  const setDone = database.prepare(
    "UPDATE job SET state = 'done', ended_at_ms = ?, result = ?, error = NULL WHERE id = ? AND attempt = ? AND state = 'running'",
  );
  const setRetry = database.prepare(
    "UPDATE job SET state = 'waiting', due_at_ms = ?, error = ? WHERE id = ? AND attempt = ? AND state = 'running'",
  );
  const setDead = database.prepare(
    "UPDATE job SET state = 'dead', ended_at_ms = ?, error = ? WHERE id = ? AND attempt = ? AND state = 'running'",
  );
  const forget = database.prepare(
    `DELETE FROM job WHERE state = ?1 AND (ended_at_ms < ?2 OR number IN
       (SELECT number FROM job WHERE state = ?1 ORDER BY ended_at_ms DESC, number DESC LIMIT -1 OFFSET ?3))`,
  );
  const setWaitingAgain = prepare(
    "UPDATE job SET state = 'waiting', attempt = 0, due_at_ms = ?, ended_at_ms = NULL WHERE id = ? AND state = 'dead' RETURNING name",
  );
  const selectSchedule = prepare('SELECT every_ms, data, attempts_max, at_ms FROM job_schedule WHERE name = ?');
  const putSchedule = database.prepare(
    'INSERT OR REPLACE INTO job_schedule (name, every_ms, data, attempts_max, at_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const deleteUntouched = database.prepare("DELETE FROM job WHERE id = ? AND state = 'waiting' AND attempt = 0");
  const selectOne = prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  const selectMany = Object.fromEntries(
    Object.entries(WHERE).map(([state, where]) => [state, prepare(`SELECT ${COLUMNS} FROM job WHERE ${where} LIMIT ?`)]),
  ) as Record<JobState, Database.Statement>;
  const recovered = `UPDATE job SET error = 'the process that ran it ended',
      ended_at_ms = CASE WHEN attempt >= attempts_max THEN ? END, state = CASE WHEN attempt >= attempts_max THEN 'dead' ELSE 'waiting' END
    WHERE state = 'running'`;

  /** Adds the job of the interval that starts at `fromMs`, or of the first after it whose job is not there already. */
  function addInterval(name: string, every: number, data: string, attemptsMax: number, fromMs: number, nowMs: number): void {
    let atMs = fromMs;
    for (let tried = 0; tried < INTERVALS_TRIED_MAX; tried++, atMs += every) {
      const told = JSON.stringify({ ...(JSON.parse(data) as object), atMs });
      if (insert.run(scheduledId(name, atMs), name, told, attemptsMax, nowMs, atMs).changes > 0) break;
    }
    putSchedule.run(name, every, data, attemptsMax, atMs);
  }

  function addFollower(taken: StoredJob, nowMs: number): void {
    const schedule = scheduleNamed(taken.name);
    if (schedule === undefined || taken.id !== scheduledId(taken.name, schedule.atMs)) return;
    const next = Math.max(schedule.atMs + schedule.every, nextIntervalMs(nowMs, schedule.every));
    addInterval(taken.name, schedule.every, schedule.data, schedule.attemptsMax, next, nowMs);
  }

  function scheduleNamed(name: string): { every: number; data: string; attemptsMax: number; atMs: number } | undefined {
    const row = selectSchedule.get(name) as unknown as [bigint, string, bigint, bigint] | undefined;
    return row === undefined ? undefined : { every: exact(row[0]), data: row[1], attemptsMax: exact(row[2]), atMs: exact(row[3]) };
  }

  return {
    add({ id, name, dataJson, attemptsMax, delayMs }, nowMs) {
      return insert.run(id, name, dataJson, attemptsMax, nowMs, nowMs + delayMs).changes > 0;
    },
    take(name, nowMs) {
      const due = selectDue.get(name) as unknown as [string, bigint] | undefined;
      if (due === undefined) return { job: undefined, nextDueAtMs: undefined };
      if (exact(due[1]) > nowMs) return { job: undefined, nextDueAtMs: exact(due[1]) };
      const job = storedJob(start.get(due[0]) as unknown as JobRow, nowMs);
      if (job.attempt === 1) addFollower(job, nowMs);
      return { job, nextDueAtMs: undefined };
    },
    report({ id, attempt, share }) {
      setProgress.run(share, id, attempt);
    },
    end({ id, attempt, outcome }, nowMs) {
      if (outcome.kind === 'retry') {
        setRetry.run(nowMs + outcome.afterMs, outcome.error, id, attempt);
        return;
      }
      if (outcome.kind === 'done') setDone.run(nowMs, outcome.resultJson, id, attempt);
      else setDead.run(nowMs, outcome.error, id, attempt);
      forget.run('done', nowMs - DONE_KEPT_MS, DONE_KEPT_MAX);
      forget.run('dead', nowMs - DEAD_KEPT_MS, DEAD_KEPT_MAX);
    },
    revive(id, nowMs) {
      const row = setWaitingAgain.get(nowMs, id) as unknown as [string] | undefined;
      return row?.[0];
    },
    schedule({ name, everyMs, dataJson, attemptsMax }, nowMs) {
      const known = scheduleNamed(name);
      // The job that waits is made anew: it says what the schedule says now, in the same interval unless the intervals are others.
      const waits = known !== undefined && deleteUntouched.run(scheduledId(name, known.atMs)).changes > 0;
      const from = waits && known.every === everyMs ? known.atMs : nextIntervalMs(nowMs, everyMs);
      addInterval(name, everyMs, dataJson, attemptsMax, from, nowMs);
    },
    find(id, nowMs) {
      const row = selectOne.get(id) as unknown as JobRow | undefined;
      return row === undefined ? undefined : storedJob(row, nowMs);
    },
    list(state, limit, nowMs) {
      const asked = state === 'waiting' || state === 'delayed' ? [nowMs, limit] : [limit];
      return (selectMany[state].all(...asked) as JobRow[]).map((row) => storedJob(row, nowMs));
    },
    recover(nowMs) {
      database.prepare(recovered).run(nowMs);
    },
  };
}

function storedJob(row: JobRow, nowMs: number): StoredJob {
  const [id, name, dataJson, state, attempt, attemptsMax, progress, addedAtMs, dueAtMs, endedAtMs, resultJson, error] = row;
  return {
    id,
    name,
    dataJson,
    state: state === 'waiting' && exact(dueAtMs) > nowMs ? 'delayed' : (state as JobState),
    attempt: exact(attempt),
    attemptsMax: exact(attemptsMax),
    progress,
    addedAtMs: exact(addedAtMs),
    endedAtMs: endedAtMs === null ? undefined : exact(endedAtMs),
    resultJson: resultJson ?? undefined,
    error: error ?? undefined,
  };
}
