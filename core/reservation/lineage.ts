/**
 * Whether a database of a transaction pool may serve: the rule that notices a fail-over to a standby that lagged, a restore to an
 * earlier time, a copied file, and an old primary that came back.
 *
 * A name kept inside a database is rolled back with it and proves nothing. So the log knows two things as well: which life of the pool
 * writes now, and how many state changes it has made at least. A database that never recorded that life is of another history, and one
 * with fewer changes has lost some that were acknowledged. This holds because a life serves only after the log has accepted it, and
 * acknowledges a change only after the log has accepted its count.
 */
import { SequenceError } from '../errors.ts';
import { checkLife } from './bounds.ts';

/** What a database says of itself. */
export interface DatabaseLineage {
  /** Every life it has recorded, oldest first. The last one writes; all others are refused in each transaction. */
  readonly lives: readonly string[];
  /** State changes over all of its series. */
  readonly ops: number;
}

/** Who asks for a change: a life, and the highest count of changes it was told. It asks for one group at a time. */
export interface Writer {
  readonly life: string;
  readonly ops: number;
}

/** What the log says of a pool. */
export interface LoggedLineage {
  /** The life that the log accepted last; undefined before the first. */
  readonly life: string | undefined;
  readonly ops: number;
}

/** Log record: a life begins. It names the one it read as the current one, so of two that begin at once the log accepts one. */
export interface LifeOpened {
  readonly life: string;
  readonly previous: string | undefined;
  readonly ops: number;
}

/** Log record: the database has made this many state changes; written before any of them is acknowledged. */
export interface OpsLogged {
  readonly life: string;
  readonly ops: number;
}

export type LineageVerdict = 'may-serve' | 'life-not-recorded' | 'changes-missing';

export const NO_LIFE: LoggedLineage = { life: undefined, ops: 0 };

/** Asked when a pool connects, before it records a life of its own. */
export function judgeLineage(database: DatabaseLineage, logged: LoggedLineage): LineageVerdict {
  // Without a life in the log nothing was ever acknowledged: only a database that gave nothing out fits such a log.
  if (logged.life === undefined) return database.ops === 0 ? 'may-serve' : 'life-not-recorded';
  if (!database.lives.includes(logged.life)) return 'life-not-recorded';
  return database.ops >= logged.ops ? 'may-serve' : 'changes-missing';
}

/** Throws where a database must not record the life: names are used once, or two histories could not be told apart. */
export function checkNewLife(lives: readonly string[], life: string): void {
  const problem = checkLife(life);
  if (problem !== undefined) throw problem;
  if (lives.includes(life)) throw new SequenceError('SEQ_CONFLICT', `the life ${life} was recorded before`, { life });
}

/**
 * Throws unless the writer is the one this database knows; asked inside every transaction that changes something. A connection may have
 * been moved to another copy behind the writer's back: one that lags still names the same life, but has fewer changes than it has seen.
 */
export function checkWriter({ lives, ops }: DatabaseLineage, writer: Writer): void {
  const current = lives.at(-1);
  if (current === writer.life && ops >= writer.ops) return;
  const message = `the database is written by the life ${current ?? '(none)'} and has ${ops} changes; ${writer.life} has seen ${writer.ops}`;
  throw new SequenceError('SEQ_FENCED', message, { life: writer.life, writingLife: current });
}

/** The log's next state where the record is accepted, else undefined. Every reader judges alike. */
export function judgeLifeOpened(logged: LoggedLineage, { life, previous, ops }: LifeOpened): LoggedLineage | undefined {
  return previous === logged.life && life !== logged.life && ops >= logged.ops ? { life, ops } : undefined;
}

export function judgeOpsLogged(logged: LoggedLineage, { life, ops }: OpsLogged): LoggedLineage | undefined {
  return life === logged.life && ops >= logged.ops ? { life, ops } : undefined;
}

/**
 * Whether what a transaction did, or only read, may be told to callers: an answer that repeats a change is as good as the change. `logged`
 * is what was read back from the log.
 */
export function mayAcknowledge(logged: LoggedLineage, life: string, ops: number): boolean {
  return logged.life === life && logged.ops >= ops;
}

/** What a pool that must not serve tells its operator. */
export function lineageError(
  verdict: Exclude<LineageVerdict, 'may-serve'>,
  database: DatabaseLineage,
  logged: LoggedLineage,
): SequenceError {
  const because =
    verdict === 'changes-missing'
      ? `it has made ${database.ops} changes, ${logged.ops} were acknowledged: it was restored, or its standby lagged`
      : `it never recorded the life ${logged.life ?? '(none)'} that wrote last: it is a copy, or an old primary`;
  const message = `the database is not the one that was written last: ${because}`;
  return new SequenceError('SEQ_LINEAGE_BROKEN', message, {
    verdict,
    databaseOps: database.ops,
    loggedOps: logged.ops,
    loggedLife: logged.life,
    writingLife: database.lives.at(-1),
  });
}
