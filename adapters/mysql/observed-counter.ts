/**
 * A sequence of MariaDB, the AUTO_INCREMENT of a table, or a counter row or step table of MariaDB or MySQL, read once in a while on a
 * session that cannot write.
 *
 * A sequence of MariaDB is read as the table that it is (`next_not_cached_value`), which moves nothing; the server takes CACHE values of it
 * at a time (1,000 unless it was made otherwise), so its value moves by as many.
 */
import { VALUE_MAX } from '../../core/limits.ts';
import { counterRow, type ObservedWords, observedAddress, quoted, rowText } from '../counters/observed-address.ts';
import type { FailureCodes } from '../counters/observed-failures.ts';
import { type ObservedQuestion, questionedSource } from '../counters/observed-question.ts';
import { blockOf, keptSession, type ObservedSource, positionOf } from '../counters/observed-source.ts';
import { openReadOnlySession, type ReadOnlySession } from './read-only-session.ts';

const CODES: FailureCodes = {
  misnamed: /ER_NO_SUCH_TABLE|ER_BAD_FIELD_ERROR|ER_BAD_DB_ERROR|ER_NO_DB_ERROR|ER_UNKNOWN_TABLE|ER_PARSE_ERROR/,
  refused: /ER_ACCESS_DENIED|ER_DBACCESS_DENIED|ER_TABLEACCESS_DENIED|ER_COLUMNACCESS_DENIED|ER_NOT_SUPPORTED_AUTH_MODE/,
};

/** Throws `SEQ_CONFIG_INVALID` where nothing of that name is there, `SEQ_ENGINE_UNREACHABLE` with what to change. */
export async function openObservedMysql(url: string): Promise<ObservedSource> {
  const address = observedAddress(url);
  const engine = address.url.protocol === 'mariadb:' ? 'MariaDB' : 'MySQL';
  const question = questionOf(address.words);
  const session = keptSession<ReadOnlySession>(() => openReadOnlySession(address.url));
  return await questionedSource({ engine, shown: address.shown, codes: CODES, session }, question);
}

function questionOf(words: ObservedWords): ObservedQuestion {
  if (words.sequence !== undefined) return sequenceQuestion(words.sequence);
  if (words.table !== undefined && words.column === undefined) return autoIncrementQuestion(words.table);
  const row = counterRow(words);
  const { table, column, key, id, step } = row;
  const block = step === undefined ? `'1'` : asText(quoted(step, '`'));
  const which = key === undefined ? '' : ` WHERE ${quoted(key, '`')} = ?`;
  return {
    text: `SELECT ${asText(quoted(column, '`'))} AS position, ${block} AS block FROM ${quoted(table, '`')}${which} LIMIT 2`,
    values: id === undefined ? [] : [id],
    what: rowText(row),
    readingOf(found) {
      const size = blockOf(found.block);
      const position = positionOf(found.position, rowText(row));
      // Whether its users count it up before or after they take it is not known: as the last value it is right for both.
      return { position, life: '', block: size, resolution: size, numbering: { last: position, increment: 1n, cycle: false } };
    },
  };
}

const SEQUENCE_COLUMNS = {
  next: 'next_not_cached_value',
  start: 'start_value',
  min: 'minimum_value',
  max: 'maximum_value',
  increment: 'increment',
  cache: 'cache_size',
  cycle: 'cycle_option',
  cycles: 'cycle_count',
};

function sequenceQuestion(name: string): ObservedQuestion {
  const what = `sequence ${name}`;
  const columns = Object.entries(SEQUENCE_COLUMNS).map(([as, column]) => `${asText(column)} AS \`${as}\``);
  return {
    text: `SELECT ${columns.join(', ')}, @@auto_increment_increment AS step FROM ${quoted(name, '`')}`,
    values: [],
    what,
    readingOf(found) {
      const number = (field: string): bigint => positionOf(found[field], `${field} of ${what}`);
      // An increment of 0 is that of the server's setting.
      const increment = number('increment') === 0n ? BigInt(blockOf(found.step)) : number('increment');
      const period = (number('max') - number('min')) / (increment < 0n ? -increment : increment) + 1n;
      const cache = blockOf(found.cache);
      return {
        position: (number('next') - number('start')) / increment + number('cycles') * period,
        life: `${String(found.start)} ${increment}`,
        block: cache,
        resolution: cache,
        numbering: { last: number('next') - increment, increment, min: number('min'), max: number('max'), cycle: found.cycle === '1' },
      };
    },
  };
}

/** The value that the next row will have; statements that insert many rows take some in reserve, which then count as asked for. */
function autoIncrementQuestion(name: string): ObservedQuestion {
  const [table = '', schema] = name.split('.').reverse();
  const what = `AUTO_INCREMENT of ${name}`;
  return {
    text: `SELECT ${asText('t.auto_increment')} AS next, @@auto_increment_increment AS step, c.column_type AS type
      FROM information_schema.tables t LEFT JOIN information_schema.columns c
        ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.extra LIKE '%auto_increment%'
      WHERE t.table_schema = ${schema === undefined ? 'database()' : '?'} AND t.table_name = ?`,
    values: schema === undefined ? [table] : [schema, table],
    what,
    readingOf(found) {
      const increment = BigInt(blockOf(found.step));
      const next = positionOf(found.next, what);
      const max = columnMax(String(found.type));
      const numbering = { last: next - increment, increment, min: 1n, ...(max !== undefined && { max }), cycle: false };
      return { position: (next - 1n) / increment, life: String(increment), block: 1, resolution: 1, numbering };
    },
  };
}

const COLUMN_BITS: Readonly<Record<string, bigint>> = { tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n };

/** The largest number that a column of this type takes and a sequence can give; undefined for one that is no integer. */
function columnMax(type: string): bigint | undefined {
  const bits = COLUMN_BITS[/^[a-z]+/.exec(type)?.[0] ?? ''];
  if (bits === undefined) return undefined;
  const max = 2n ** (type.includes('unsigned') ? bits : bits - 1n) - 1n;
  return max > VALUE_MAX ? VALUE_MAX : max;
}

function asText(expression: string): string {
  return `CAST(${expression} AS CHAR)`;
}
