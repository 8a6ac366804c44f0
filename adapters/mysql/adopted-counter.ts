/**
 * A row of Leaf's or TinyID's table in MariaDB or MySQL that values are drawn from beside its old callers. One UPDATE moves the row and
 * tells where it came to, by LAST_INSERT_ID of this connection: right for any storage engine and any isolation.
 */
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import {
  type AdoptedCounter,
  adoptedAddress,
  checkStepRow,
  columnMaximum,
  DRAW_TIMEOUT_MS,
  type DrawnRun,
  reservedCount,
  runBetween,
  type StepRow,
  stepTable,
  unadoptable,
} from '../counters/adopted-counter.ts';
import { type DrawCodes, drawFailure } from '../counters/adopted-failures.ts';
import { onlyRow, quoted } from '../counters/observed-address.ts';
import { misnamed, positionOf } from '../counters/observed-source.ts';
import { within } from '../engines/engine-calls.ts';
import { connectionOptions, farewell } from './read-only-session.ts';

const CODES: DrawCodes = {
  misnamed: /ER_(NO_SUCH_TABLE|BAD_FIELD_ERROR|BAD_DB_ERROR)/,
  refused: /ER_(ACCESS_DENIED_ERROR|DBACCESS_DENIED_ERROR)/,
  spent: /ER_(WARN_DATA_OUT_OF_RANGE|DATA_OUT_OF_RANGE)/,
  forbidden: /ER_(TABLEACCESS_DENIED_ERROR|COLUMNACCESS_DENIED_ERROR)/,
  held: /ER_(LOCK_WAIT_TIMEOUT|LOCK_DEADLOCK)/,
};
const LOCK_WAIT_S = DRAW_TIMEOUT_MS / 1_000;
const ANSWER_TIMEOUT_MS = DRAW_TIMEOUT_MS + 1_000;
const COLUMN_BITS: Readonly<Record<string, number>> = { int: 32, bigint: 64 };

interface Row extends StepRow {
  readonly what: string;
  readonly key: string;
  readonly max: bigint;
}

/** Throws `SEQ_CONFIG_INVALID` where nothing of that name is there, `SEQ_UNSUPPORTED` where it must not be adopted. */
export async function openAdoptedMysql(address: string, password: string | undefined): Promise<AdoptedCounter> {
  const { url, words, shown } = adoptedAddress(address);
  const { table, id } = words;
  if (table === undefined || id === undefined)
    throw unadoptable(
      'of MariaDB and MySQL rows of leaf_alloc and tiny_id_info can be adopted; a sequence or AUTO_INCREMENT can be imported: `seqcast import`',
    );
  if (password !== undefined) url.password = encodeURIComponent(password);
  const engine = url.protocol === 'mariadb:' ? 'MariaDB' : 'MySQL';
  let connection: Connection | undefined;
  let row: Row | undefined;

  async function opened(): Promise<{ readonly open: Connection; readonly row: Row }> {
    if (connection === undefined || row === undefined) {
      connection = await openedConnection(url);
      const found = await examined(connection, table ?? '', id ?? '');
      if (row !== undefined && (row.delta !== found.delta || row.remainder !== found.remainder))
        throw unadoptable(`${found.what} was altered: it does not count as it did when it was adopted`);
      row = found;
    }
    return { open: connection, row };
  }
  async function close(): Promise<void> {
    const ended = connection;
    connection = undefined;
    if (ended !== undefined) await farewell(ended);
  }
  async function on<T>(work: (open: { readonly open: Connection; readonly row: Row }) => Promise<T>): Promise<T> {
    const hasAnswered = row !== undefined;
    try {
      return await within(ANSWER_TIMEOUT_MS, opened().then(work));
    } catch (error) {
      // Whatever became of the statement: what it took is not asked for again, and a new connection does not hear of it.
      await close();
      throw drawFailure({ engine, shown: row === undefined ? shown : `${row.what} in ${shown}`, hasAnswered }, CODES, error);
    }
  }
  async function moved(open: Connection, of: Row, count: number): Promise<DrawnRun> {
    const width = BigInt(count) * of.delta;
    const version = of.generator === 'tinyid' ? ', version = version + 1' : '';
    // The width stands in the text: as a parameter it would be text, and text makes a sum a double, which is not exact.
    const move = `UPDATE ${quoted(table ?? '', '`')} SET max_id = LAST_INSERT_ID(max_id + ${width})${version} WHERE ${of.key} = ?`;
    const [{ affectedRows }] = await open.query<ResultSetHeader>(move, [id]);
    // Without a row that moved it would tell where another statement came to.
    if (affectedRows !== 1) throw misnamed(`there is no ${of.what} any more`);
    const [[told]] = await open.query<RowDataPacket[]>('SELECT CAST(LAST_INSERT_ID() AS CHAR) AS position');
    const after = positionOf(told?.position, of.what);
    return runBetween(of, after - width, after);
  }

  const { generator, delta, max, what } = await on(async ({ row: found }) => found);
  return {
    ...{ generator, increment: delta, min: 0n, max, shown: `${what} in ${shown}` },
    draw: (count) => on(async ({ open, row: of }) => [await moved(open, of, count)]),
    reserve: (values) =>
      on(async ({ open, row: of }) => {
        const position = await positionIn(open, table ?? '', of, id ?? '');
        return await moved(open, of, reservedCount(values, (of.max - position) / of.delta, of.what));
      }),
    close,
  };
}

async function openedConnection(url: URL): Promise<Connection> {
  const connection = await createConnection(connectionOptions(url));
  // Told by the next query; without a listener it would end the process.
  connection.on('error', () => undefined);
  try {
    await connection.query(`SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}`);
    // A column that is full must refuse, not stand still.
    await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
    await connection.query('SET SESSION autocommit = 1');
  } catch (error) {
    await farewell(connection);
    throw error;
  }
  return connection;
}

async function examined(open: Connection, name: string, id: string): Promise<Row> {
  const [table = '', schema] = name.split('.').reverse();
  const [columns] = await open.query<RowDataPacket[]>(
    `SELECT column_name AS name, data_type AS type, column_type LIKE '%unsigned%' AS is_unsigned FROM information_schema.columns
      WHERE table_schema = ${schema === undefined ? 'database()' : '?'} AND table_name = ?`,
    schema === undefined ? [table] : [schema, table],
  );
  if (columns.length === 0) throw misnamed(`there is no table ${name}`);
  const { generator, key } = stepTable(
    columns.map((each) => String(each.name).toLowerCase()),
    name,
  );
  const what = `max_id of ${name} where ${key} is ${id}`;
  const column = columns.find((each) => String(each.name).toLowerCase() === 'max_id');
  const bits = COLUMN_BITS[String(column?.type)];
  if (bits === undefined) throw unadoptable(`max_id of ${name} is no whole number of 32 or 64 bits`);
  const extra = generator === 'tinyid' ? ', CAST(delta AS CHAR) AS delta, CAST(remainder AS CHAR) AS remainder' : '';
  const [rows] = await open.query<RowDataPacket[]>(
    `SELECT CAST(max_id AS CHAR) AS position${extra} FROM ${quoted(name, '`')} WHERE ${key} = ? LIMIT 2`,
    [id],
  );
  const found = onlyRow(rows, what);
  const step: StepRow =
    generator === 'leaf'
      ? { generator, delta: 1n, remainder: 0n }
      : { generator, delta: positionOf(found.delta ?? '1', what), remainder: positionOf(found.remainder ?? '0', what) };
  checkStepRow(step, positionOf(found.position, what), what);
  return { ...step, what, key, max: columnMaximum(Number(column?.is_unsigned) === 1 ? bits + 1 : bits) };
}

async function positionIn(open: Connection, table: string, { key, what }: Row, id: string): Promise<bigint> {
  const read = `SELECT CAST(max_id AS CHAR) AS position FROM ${quoted(table, '`')} WHERE ${key} = ?`;
  const [rows] = await open.query<RowDataPacket[]>(read, [id]);
  return positionOf(onlyRow(rows, what).position, what);
}
