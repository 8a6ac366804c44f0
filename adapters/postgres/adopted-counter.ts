/**
 * A sequence of PostgreSQL, or a row of a step table in it, that values are drawn from beside its old callers.
 *
 * A sequence is drawn from by `nextval`, value by value in one statement: `setval` beside callers of `nextval` would give values twice, and
 * the values that it returns are ours whatever others take in between. Only the cut-over moves it by a stretch, and under a lock that
 * keeps `nextval` out: that of ALTER SEQUENCE.
 */
import {
  type AdoptedCounter,
  adoptedAddress,
  type CounterFacts,
  checkStepRow,
  columnMaximum,
  DRAW_TIMEOUT_MS,
  type DrawnRun,
  exhausted,
  reservedCount,
  runBetween,
  type StepRow,
  stepTable,
  unadoptable,
} from '../counters/adopted-counter.ts';
import { type DrawCodes, drawFailure } from '../counters/adopted-failures.ts';
import { onlyRow, quoted } from '../counters/observed-address.ts';
import { positionOf } from '../counters/observed-source.ts';
import { within } from '../engines/engine-calls.ts';
import { type DrawingSession, openDrawingSession, type PostgresRow } from './drawing-session.ts';

const CODES: DrawCodes = {
  misnamed: /^(42P01|42703|42809|3F000|3D000|22P02|42883)\b/,
  refused: /^28\w{3}\b/,
  spent: /^(2200H|22003)\b/,
  forbidden: /^42501\b/,
  held: /^(55P03|57014|40P01)\b/,
};
/** A statement that takes more values than this is away for tens of milliseconds, in which nobody is served. */
const NEXTVALS_MAX = 50_000;
/** While the cut-over waits for a transaction that holds the sequence, whoever calls nextval waits behind it. */
const LOCK_TIMEOUT_MS = 1_000;
/** The driver's own clock runs a little longer than the server's. */
const ANSWER_TIMEOUT_MS = DRAW_TIMEOUT_MS + 1_000;

/** What is asked of either kind, on an open session. */
interface Drawer extends CounterFacts {
  readonly what: string;
  draw(session: DrawingSession, count: number): Promise<readonly DrawnRun[]>;
  reserve(session: DrawingSession, values: number | undefined): Promise<DrawnRun>;
}

/** Throws `SEQ_CONFIG_INVALID` where nothing of that name is there, `SEQ_UNSUPPORTED` where it must not be adopted. */
export async function openAdoptedPostgres(address: string, password: string | undefined): Promise<AdoptedCounter> {
  const { url, words, shown } = adoptedAddress(address);
  const { sequence, table = '', id = '' } = words;
  const examined = (session: DrawingSession): Promise<Drawer> =>
    sequence === undefined ? stepRow(session, table, id) : sequenceCounter(session, sequence);
  let session: DrawingSession | undefined;
  let drawer: Drawer | undefined;

  async function opened(): Promise<{ readonly session: DrawingSession; readonly drawer: Drawer }> {
    if (session === undefined || drawer === undefined) {
      session = await openDrawingSession(url.href, password);
      const found = await examined(session);
      if (drawer !== undefined && !sameFacts(drawer, found))
        throw unadoptable(`${found.what} was altered: it does not count as it did when it was adopted`);
      drawer = found;
    }
    return { session, drawer };
  }
  async function close(): Promise<void> {
    const ended = session;
    session = undefined;
    await ended?.close();
  }
  async function on<T>(work: (open: { readonly session: DrawingSession; readonly drawer: Drawer }) => Promise<T>): Promise<T> {
    const hasAnswered = drawer !== undefined;
    try {
      return await within(ANSWER_TIMEOUT_MS, opened().then(work));
    } catch (error) {
      // Whatever became of the statement: what it took is not asked for again, and a new session does not hear of it.
      await close();
      throw drawFailure(
        { engine: 'PostgreSQL', shown: drawer === undefined ? shown : `${drawer.what} in ${shown}`, hasAnswered },
        CODES,
        error,
      );
    }
  }

  const { generator, increment, min, max, what } = await on(async (open) => open.drawer);
  return {
    ...{ generator, increment, min, max, shown: `${what} in ${shown}` },
    draw: (count) => on((open) => open.drawer.draw(open.session, count)),
    reserve: (values) => on((open) => open.drawer.reserve(open.session, values)),
    close,
  };
}

function sameFacts(one: CounterFacts, other: CounterFacts): boolean {
  return one.increment === other.increment && one.min === other.min && one.max === other.max;
}

async function sequenceCounter(session: DrawingSession, name: string): Promise<Drawer> {
  const what = `sequence ${name}`;
  const relation = quoted(name, '"');
  const facts = onlyRow(
    await session.query(
      `SELECT seqincrement::text AS increment, seqmin::text AS min, seqmax::text AS max, seqcycle AS cycle
        FROM pg_catalog.pg_sequence WHERE seqrelid = $1::regclass`,
      [relation],
    ),
    what,
  );
  if (facts.cycle === true)
    throw unadoptable(`${what} cycles: its values come again by themselves, so that nobody can say that none is given out twice`);
  const number = (field: string): bigint => positionOf(facts[field], `${field} of ${what}`);
  const [increment, min, max] = [number('increment'), number('min'), number('max')];
  const bound = increment > 0n ? max : min;
  // Values that are left, by the position in the same snapshot: asking for more would fail, and take them all the same.
  const left = `(SELECT (${bound} - last_value) / (${increment}) + CASE WHEN is_called THEN 0 ELSE 1 END FROM ${relation})`;
  const sign = increment > 0n ? 1 : -1;
  const text = `WITH taken AS (SELECT nextval($1::regclass) AS v FROM generate_series(1, LEAST($2::bigint, ${left}))),
      numbered AS (SELECT v, v::numeric - ${increment}::numeric * row_number() OVER (ORDER BY v * ${sign}) AS run FROM taken)
    SELECT CASE WHEN ${sign} = 1 THEN min(v) ELSE max(v) END::text AS first, count(*)::text AS count FROM numbered GROUP BY run ORDER BY min(v * ${sign})`;
  return {
    ...{ what, generator: 'sequence', increment, min, max },
    async draw(open, count) {
      const rows = await open.query(text, [relation, String(Math.min(count, NEXTVALS_MAX))]);
      if (rows.length === 0) throw exhausted(what);
      return rows.map(({ first, count: size }) => ({ first: positionOf(first, what), count: Number(size) }));
    },
    async reserve(open, values) {
      return open.transaction(async (query) => {
        await query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        // Changes nothing, and waits until nobody is in the middle of a nextval; whoever calls it now waits for us.
        await query(`ALTER SEQUENCE ${relation} INCREMENT BY ${increment}`);
        const [row] = await query(`SELECT last_value::text AS last, is_called AS called FROM ${relation}`);
        const last = positionOf(row?.last, what);
        const first = row?.called === true ? last + increment : last;
        const size = (bound - first) / increment + 1n;
        const count = reservedCount(values, first * BigInt(sign) > bound * BigInt(sign) ? 0n : size, what);
        await query('SELECT setval($1::regclass, $2::bigint)', [relation, String(first + BigInt(count - 1) * increment)]);
        return { first, count };
      });
    },
  };
}

const COLUMN_BITS: Readonly<Record<string, number>> = { smallint: 16, integer: 32, bigint: 64 };

async function stepRow(session: DrawingSession, table: string, id: string): Promise<Drawer> {
  const relation = quoted(table, '"');
  const columns = await session.query(
    `SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_catalog.pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [relation],
  );
  const { generator, key } = stepTable(
    columns.map(({ name }) => String(name)),
    table,
  );
  const what = `max_id of ${table} where ${key} is ${id}`;
  const bits = COLUMN_BITS[String(columns.find(({ name }) => name === 'max_id')?.type)];
  if (bits === undefined) throw unadoptable(`max_id of ${table} is no whole number`);
  const extra = generator === 'tinyid' ? ', delta::text AS delta, remainder::text AS remainder' : '';
  const read = `SELECT max_id::text AS position${extra} FROM ${relation} WHERE ${key} = $1 LIMIT 2`;
  const found = onlyRow(await session.query(read, [id]), what);
  const row = rowOf(generator, found, what);
  checkStepRow(row, positionOf(found.position, what), what);
  const version = generator === 'tinyid' ? ', version = version + 1' : '';
  const move = `UPDATE ${relation} SET max_id = max_id + $1::bigint${version} WHERE ${key} = $2 RETURNING max_id::text AS position`;
  const max = columnMaximum(bits);
  const moved = async (open: DrawingSession, count: number): Promise<DrawnRun> => {
    const width = BigInt(count) * row.delta;
    const after = positionOf(onlyRow(await open.query(move, [String(width), id]), what).position, what);
    return runBetween(row, after - width, after);
  };
  return {
    ...{ what, generator, increment: row.delta, min: 0n, max },
    draw: async (open, count) => [await moved(open, count)],
    async reserve(open, values) {
      const position = positionOf(onlyRow(await open.query(read, [id]), what).position, what);
      return await moved(open, reservedCount(values, (max - position) / row.delta, what));
    },
  };
}

function rowOf(generator: 'leaf' | 'tinyid', found: PostgresRow, what: string): StepRow {
  if (generator === 'leaf') return { generator, delta: 1n, remainder: 0n };
  return { generator, delta: positionOf(found.delta ?? '1', what), remainder: positionOf(found.remainder ?? '0', what) };
}
