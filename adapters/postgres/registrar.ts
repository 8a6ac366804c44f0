/**
 * The transaction pool's store in PostgreSQL. The rules are core's, the same as in every store; here they are applied to rows that are
 * locked, many commands a transaction. One process writes at a time, by its life; applications may take numbers beside it, inside their
 * own transactions (`own-transaction.ts`).
 */

import { SequenceError } from '../../core/errors.ts';
import { SWEPT_MAX } from '../../core/reservation/bounds.ts';
import { decideGrant, decideSweep } from '../../core/reservation/decision.ts';
import type { Writer } from '../../core/reservation/lineage.ts';
import { endedReservation } from '../../core/reservation/series.ts';
import type { AppliedGroup, Registrar, RegistrarCommand, SweptGroup } from '../../pipelines/ports.ts';
import { type GroupJob, runGroup } from './group-transaction.ts';
import { knownSeries, needsOf, outcomeOf } from './registrar-commands.ts';
import { openingFailure } from './registrar-failures.ts';
import { createReports } from './registrar-reports.ts';
import { exact, registered } from './registrar-rows.ts';
import { checkSchemaName, prepareSchema, SCHEMA } from './registrar-schema.ts';
import { openSession, type SessionOptions } from './registrar-session.ts';
import { createSessions } from './registrar-sessions.ts';
import type { Needs } from './registrar-statements.ts';
import { openSeries, recordLife } from './series-opening.ts';
import { createSeriesQueue } from './series-queue.ts';

export interface PostgresRegistrarOptions extends SessionOptions {
  /** Of the tables; made where it is missing. */
  readonly schema?: string;
}

export interface PostgresRegistrar extends Registrar {
  /** Lets what is under way end; what is asked later is refused. */
  close(): Promise<void>;
}

/** Groups of different series under way at a time: each is a connection, and its server has a core for a few at best. */
const LANES = 4;
/** Reports must not stand behind groups that wait for somebody's lock. */
const READERS = 2;

const NOTHING_NEEDED: Needs = { series: [], numbers: [], keys: [], values: new Map() };

/**
 * Throws `SEQ_ENGINE_UNREACHABLE` with what to change, `SEQ_ENGINE_UNUSABLE` where the server would lose what it has acknowledged,
 * `SEQ_DATA_NEWER` where a newer version made the tables.
 */
export async function openPostgresRegistrar(options: PostgresRegistrarOptions): Promise<PostgresRegistrar> {
  const { url, schema = SCHEMA } = options;
  checkSchemaName(schema);
  if (!URL.canParse(url)) throw new SequenceError('SEQ_CONFIG_INVALID', 'the address of PostgreSQL is no URL');
  const { host, pathname } = new URL(url);
  const shown = `${host}${pathname}`;
  const open = () => openSession(options);
  try {
    const first = await open();
    await prepareSchema(first.ask, schema).finally(() => first.close());
  } catch (error) {
    throw openingFailure(shown, error);
  }
  const writers = createSessions({ open, max: LANES, shown });
  const readers = createSessions({ open, max: READERS, shown });
  const queue = createSeriesQueue({
    lanes: LANES,
    run: (jobs) => writers.use((session) => runGroup(session, schema, jobs)),
  });
  return {
    ...createReports(readers, schema),
    isShared: true,
    recordLife: (life) => writers.use((session) => recordLife(session, schema, life)),
    openSeries: (writer, series) => writers.use((session) => openSeries(session, schema, writer, series)),
    grant: (writer, series, grant) =>
      queue.add<number>({
        ...{ writer, skipsLocked: false, needs: { ...NOTHING_NEEDED, series: [series] } },
        decide(group) {
          const held = knownSeries(group, series);
          for (const change of decideGrant(held, grant)) group.write(held, change);
          return (ops) => ops;
        },
      }),
    apply: (writer, commands) => queue.add(applying(writer, commands)),
    async sweep(writer, nowMs) {
      const due = `SELECT d.series, d.number FROM ${schema}.series s CROSS JOIN LATERAL
        (SELECT * FROM ${schema}.open_reservation o WHERE o.series = s.number AND o.expires_at_ms <= $1 ORDER BY o.expires_at_ms
           LIMIT ${SWEPT_MAX}) d WHERE s.open > 0 ORDER BY d.expires_at_ms LIMIT ${SWEPT_MAX}`;
      const [rows = []] = await readers.use((session) => session.ask([{ name: 'due', text: due, values: [nowMs] }]));
      return await queue.add(
        sweeping(
          writer,
          nowMs,
          rows.map(([series, number]) => ({ series: exact(series), number: exact(number) })),
        ),
      );
    },
    async close() {
      await queue.settled();
      await Promise.all([writers.close(), readers.close()]);
    },
  };
}

function applying(writer: Writer, commands: readonly RegistrarCommand[]): GroupJob<AppliedGroup> {
  return {
    ...{ writer, skipsLocked: false, needs: needsOf(commands) },
    decide(group) {
      const outcomes = commands.map((command) => outcomeOf(group, command));
      return (ops) => ({ outcomes, ops });
    },
  };
}

function sweeping(writer: Writer, nowMs: number, due: Needs['numbers']): GroupJob<SweptGroup> {
  return {
    ...{ writer, skipsLocked: true, needs: { ...NOTHING_NEEDED, series: [...new Set(due.map(({ series }) => series))], numbers: due } },
    decide(group) {
      // Those of a series that an application holds just now are overdue next time, too.
      const overdue = due.map(({ series, number }) => group.find(series)?.byNumber(number)).filter((found) => found !== undefined);
      const changes = decideSweep(overdue, nowMs);
      for (const change of changes) group.write(knownSeries(group, change.reservation.series), change);
      const expired = changes.map(endedReservation).map(registered);
      return (ops) => ({ expired, more: due.length === SWEPT_MAX && expired.length > 0, ops });
    },
  };
}
