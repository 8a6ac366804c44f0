/** What happens seldom and changes who may write or what there is: a life begins, a series is opened. Each is a transaction of its own. */
import { decideOpen } from '../../core/reservation/decision.ts';
import { checkNewLife, checkWriter, type Writer } from '../../core/reservation/lineage.ts';
import { HEAD_FIELDS, headAfter, UNOPENED } from '../../core/reservation/series.ts';
import type { OpenedSeries, SeriesToOpen } from '../../pipelines/ports.ts';
import { BEGIN, holdLife } from './group-transaction.ts';
import { STATUS_COLUMNS, statusOf } from './registrar-reports.ts';
import { exact } from './registrar-rows.ts';
import type { Session } from './registrar-session.ts';
import { countOps, readWriter } from './registrar-statements.ts';

export async function recordLife(session: Session, s: string, life: string): Promise<void> {
  // Waits for the groups of other lives that are under way; those that come later find the new one.
  const [, , lives = []] = await session.ask([
    BEGIN,
    { text: `LOCK TABLE ${s}.life IN EXCLUSIVE MODE` },
    { text: `SELECT life FROM ${s}.life ORDER BY number` },
  ]);
  checkNewLife(
    lives.map(([each]) => String(each)),
    life,
  );
  await session.commit([{ text: `INSERT INTO ${s}.life VALUES ($1, $2)`, values: [lives.length + 1, life] }, { text: 'COMMIT' }]);
}

export async function openSeries(session: Session, s: string, writer: Writer, toOpen: SeriesToOpen): Promise<OpenedSeries> {
  const { sequence, generation, label, keyScope } = toOpen;
  // The row of the pool lets one in at a time: series are numbered without a gap, and scopes named once.
  const [, , , [written = []] = [], [known] = [], [[last, scope] = []] = []] = await session.ask([
    BEGIN,
    holdLife(s),
    { text: `SELECT ops FROM ${s}.pool FOR UPDATE` },
    readWriter(s),
    {
      text: `SELECT ${STATUS_COLUMNS} FROM ${s}.series WHERE sequence = $1 AND generation = $2 AND label = $3`,
      values: [sequence, generation, label],
    },
    { text: `SELECT coalesce(max(number), 0), min(scope) FILTER (WHERE key_scope = $1) FROM ${s}.series`, values: [keyScope] },
  ]);
  const [ops, , life] = written;
  checkWriter({ lives: typeof life === 'string' ? [life] : [], ops: exact(ops) }, writer);
  const status = known === undefined ? undefined : statusOf(known);
  const changes = decideOpen(status === undefined ? undefined : { head: status }, toOpen);
  if (status !== undefined) {
    await session.ask([{ text: 'COMMIT' }]);
    return { status, ops: exact(ops) };
  }
  const head = changes.reduce(headAfter, UNOPENED);
  const series = exact(last) + 1;
  const columns = ['number', 'sequence', 'generation', 'label', 'key_scope', 'scope', ...HEAD_FIELDS];
  const values = [series, sequence, generation, label, keyScope, scope ?? series, ...HEAD_FIELDS.map((name) => head[name])];
  const written2 = await session.commit([
    { text: `INSERT INTO ${s}.series (${columns.join(', ')}) VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`, values },
    countOps(s, head.ops),
    { text: 'COMMIT' },
  ]);
  return { status: { series, sequence, generation, label, ...head }, ops: exact(written2[1]?.[0]?.[0]) };
}
