/**
 * A sequence of PostgreSQL, or a counter row or step table in it, read once in a while on a session that cannot write.
 *
 * A sequence is read as the relation that it is (`last_value`, `is_called`), which moves nothing; the session of each of its users takes
 * CACHE values at a time, so its value moves by as many. After a crash the server skips up to 32 values, which then look like demand.
 */
import { counterRow, type ObservedWords, observedAddress, quoted, rowText } from '../counters/observed-address.ts';
import type { FailureCodes } from '../counters/observed-failures.ts';
import { type ObservedQuestion, questionedSource } from '../counters/observed-question.ts';
import { blockOf, keptSession, type ObservedSource, positionOf, type Reading } from '../counters/observed-source.ts';
import { openReadOnlySession, type ReadOnlySession } from './read-only-session.ts';

/** SQLSTATE of what is named and not there, and of what is refused. */
const CODES: FailureCodes = { misnamed: /^(42P01|42703|42809|3F000|3D000|22P02|42883)\b/, refused: /^(28\w{3}|42501)\b/ };

/** Throws `SEQ_CONFIG_INVALID` where nothing of that name is there, `SEQ_ENGINE_UNREACHABLE` with what to change. */
export async function openObservedPostgres(url: string): Promise<ObservedSource> {
  const address = observedAddress(url);
  const question = questionOf(address.words);
  const session = keptSession<ReadOnlySession>(() => openReadOnlySession(address.url.href));
  return await questionedSource({ engine: 'PostgreSQL', shown: address.shown, codes: CODES, session }, question);
}

function questionOf(words: ObservedWords): ObservedQuestion {
  if (words.sequence !== undefined) return sequenceQuestion(words.sequence);
  const row = counterRow(words);
  const { table, column, key, id, step } = row;
  const block = step === undefined ? `'1'` : `${quoted(step, '"')}::text`;
  const which = key === undefined ? '' : ` WHERE ${quoted(key, '"')} = $1`;
  return {
    text: `SELECT ${quoted(column, '"')}::text AS position, ${block} AS block FROM ${quoted(table, '"')}${which} LIMIT 2`,
    values: id === undefined ? [] : [id],
    what: rowText(row),
    readingOf: (found) => counterReading(found, rowText(row)),
  };
}

function counterReading(found: Readonly<Record<string, unknown>>, what: string): Reading {
  const block = blockOf(found.block);
  const position = positionOf(found.position, what);
  // Whether its users count it up before or after they take it is not known: as the last value it is right for both.
  return { position, life: '', block, resolution: block, numbering: { last: position, increment: 1n, cycle: false } };
}

function sequenceQuestion(name: string): ObservedQuestion {
  const what = `sequence ${name}`;
  const relation = quoted(name, '"');
  return {
    // The catalogue beside it says how to read the value; the two are of one moment because it is one statement.
    text: `SELECT s.last_value::text AS last, s.is_called AS called, p.seqstart::text AS start, p.seqincrement::text AS increment,
        p.seqmin::text AS min, p.seqmax::text AS max, p.seqcycle AS cycle, p.seqcache::text AS cache, p.seqrelid::text AS relation
      FROM ${relation} s JOIN pg_catalog.pg_sequence p ON p.seqrelid = $1::regclass`,
    values: [relation],
    what,
    readingOf: (found) => sequenceReading(found, what),
  };
}

function sequenceReading(found: Readonly<Record<string, unknown>>, what: string): Reading {
  const number = (field: string): bigint => positionOf(found[field], `${field} of ${what}`);
  const increment = number('increment');
  const period = (number('max') - number('min')) / (increment < 0n ? -increment : increment) + 1n;
  const cache = blockOf(found.cache);
  // Before its first call the value that it holds is the next one.
  const last = found.called === true ? number('last') : number('last') - increment;
  return {
    position: (number('last') - number('start')) / increment + (found.called === true ? 1n : 0n),
    life: `${String(found.relation)} ${String(found.start)} ${increment}`,
    ...(found.cycle === true && { period }),
    block: cache,
    resolution: cache,
    numbering: { last, increment, min: number('min'), max: number('max'), cycle: found.cycle === true },
  };
}
