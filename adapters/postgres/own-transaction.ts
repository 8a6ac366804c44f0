/**
 * Numbers inside an application's own PostgreSQL transaction: what is issued, reserved, confirmed or cancelled here commits or rolls back
 * with the application's rows, beside the service and by the same rules.
 *
 * Its price is a lock: from the first call on the transaction holds the row of the series until it ends, and everybody else who wants a
 * number of that series waits, the service for 5 s at most, after which its callers are told to come back. So take the number last,
 * and commit at once. The count of changes is brought up to date by a trigger at COMMIT; it cannot be prepared for two phases.
 */
import { SequenceError } from '../../core/errors.ts';
import { printingOf } from '../../core/format/printed-form.ts';
import { periodEndMs } from '../../core/period.ts';
import { HEAD_FIELDS } from '../../core/reservation/series.ts';
import { type SequenceDefinition, valueAt } from '../../core/sequence.ts';
import type { RegisteredReservation, RegistrarCommand } from '../../pipelines/ports.ts';
import { loadedFrom } from './group-transaction.ts';
import { needsOf, outcomeOf } from './registrar-commands.ts';
import { exact, type Row } from './registrar-rows.ts';
import { checkSchemaName, SCHEMA } from './registrar-schema.ts';
import type { Question } from './registrar-session.ts';
import { lockSeries, readNeeds, readWriter, writeChanges } from './registrar-statements.ts';
import { SeriesGroup } from './series-group.ts';

/** A `pg.Client`, or what `pool.connect()` gave: the connection on which the transaction was begun. */
export interface TransactionClient {
  query(question: {
    readonly text: string;
    readonly values: unknown[];
    readonly rowMode: 'array';
  }): Promise<{ readonly rows: unknown[][] }>;
}

export interface OwnTransactionOptions {
  /** Of the transaction pool's tables; `seqcast` where left out. */
  readonly schema?: string;
  /** For times in reports; the clock of this process where left out. */
  readonly nowMs?: () => number;
}

/** What a sequence is at the time; a `SequenceDescription` has it. */
export interface NumberedGeneration {
  readonly generation: number;
  readonly definition: SequenceDefinition;
}

/** With the numbers as the sequence prints them, where the request says of which generation they are and that has a format. */
export interface IssuedNumbers extends RegisteredReservation {
  readonly formatted?: readonly string[];
}

export interface SeriesRequest {
  readonly sequence: string;
  /** Which of several series of the sequence: a prefix, a period. */
  readonly label?: string;
  /**
   * The generation that is meant, as `describe` of the service tells it. Then the numbers come printed; one whose period is over, or that
   * another has followed, is refused with `SEQ_CONFLICT`: ask the service again. Without it the newest that the database has is meant,
   * which no clock ends.
   */
  readonly of?: NumberedGeneration;
  readonly count?: number;
  /** A call repeated with its key finds the same numbers, also in another transaction, if the first one committed. */
  readonly key?: string;
  /** Tells requests under one key apart. */
  readonly payloadHash?: string;
  /** Who asks: for reports. */
  readonly owner?: string;
}

export interface ReserveRequest extends SeriesRequest {
  readonly key: string;
  readonly ttlMs: number;
}

/** Each throws a `SequenceError` where it is refused; the transaction can go on, as if it had not been asked. */
export interface OwnTransaction {
  /** The lowest free numbers, confirmed as soon as the transaction commits. Intervals are ordinals, from 0. */
  issue(request: SeriesRequest): Promise<IssuedNumbers>;
  reserve(request: ReserveRequest): Promise<IssuedNumbers>;
  /** Of a reservation that the service made, too. */
  confirm(id: string, by?: string): Promise<RegisteredReservation>;
  cancel(id: string, because: string, by?: string): Promise<RegisteredReservation>;
}

const NO_TRANSACTION = '25P01';
/** Of what is not said. */
const OWNER = 'application';
const PAYLOAD = '-';

export function numbersInTransaction(client: TransactionClient, options: OwnTransactionOptions = {}): OwnTransaction {
  const { schema = SCHEMA, nowMs = Date.now } = options;
  checkSchemaName(schema);
  let last: Promise<unknown> = Promise.resolve();

  async function rows({ text, values = [] }: Question): Promise<Row[]> {
    return (await client.query({ text, values: [...values], rowMode: 'array' })).rows;
  }

  /** All or nothing of it. One after the other, also where the application does not wait: they share a connection. */
  function inSavepoint<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(async () => {
      await begin(rows);
      try {
        return await work();
      } catch (error) {
        // Where this fails, too, the connection is gone and the transaction with it.
        await rows({ text: 'ROLLBACK TO SAVEPOINT seqcast_number' }).catch(() => undefined);
        throw error;
      } finally {
        await rows({ text: 'RELEASE SAVEPOINT seqcast_number' }).catch(() => undefined);
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  }

  async function run(command: RegistrarCommand): Promise<RegisteredReservation> {
    const needs = needsOf([command]);
    const [byNumber, byKey, free] = readNeeds(schema, needs);
    const locked = await rows(lockSeries(schema, needs.series, false));
    // Others wait from here on: what cannot be there is not asked for.
    const loaded = [locked, needs.numbers.length > 0 ? await rows(byNumber) : [], needs.keys.length > 0 ? await rows(byKey) : []];
    loaded.push(needs.values.size > 0 && freeOrdinals(locked) > 0 ? await rows(free) : [], await rows(readWriter(schema)));
    const group = new SeriesGroup(loadedFrom(loaded));
    if (group.life === '') throw new SequenceError('SEQ_NOT_READY', 'no transaction pool has opened this database yet');
    const outcome = outcomeOf(group, command);
    if ('refusal' in outcome) throw outcome.refusal;
    for (const question of writeChanges(schema, group, true)) await rows(question);
    return outcome.reservation;
  }

  async function seriesOf({ sequence, label = '', of }: SeriesRequest): Promise<number> {
    if (of !== undefined && periodEndMs(of.definition) <= nowMs()) throw periodOver(sequence, of);
    const text = `SELECT number, generation FROM ${schema}.series WHERE sequence = $1 AND label = $2 ORDER BY generation DESC LIMIT 1`;
    const [row] = await rows({ text, values: [sequence, label] });
    const newest = row === undefined ? undefined : exact(row[1]);
    if (newest !== undefined && of !== undefined && newest > of.generation) throw periodOver(sequence, of);
    if (row !== undefined && (of === undefined || newest === of.generation)) return exact(row[0]);
    const what = label === '' ? `series of ${sequence}` : `series ${label} of ${sequence}`;
    const which = of === undefined ? '' : `, generation ${of.generation},`;
    throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `the transaction pool has opened no ${what}${which} yet`, { sequence, label });
  }

  const common = ({ count = 1, payloadHash = PAYLOAD, owner = OWNER }: SeriesRequest) => ({ count, payloadHash, owner, nowMs: nowMs() });
  return {
    issue: (request) =>
      inSavepoint(async () => {
        return printed(await run({ kind: 'issue', series: await seriesOf(request), key: request.key, ...common(request) }), request);
      }),
    reserve: (request) =>
      inSavepoint(async () => {
        const { key, ttlMs } = request;
        return printed(await run({ kind: 'reserve', series: await seriesOf(request), key, ttlMs, ...common(request) }), request);
      }),
    confirm: (id, by = OWNER) => inSavepoint(() => run({ kind: 'confirm', id, by, nowMs: nowMs() })),
    cancel: (id, because, by = OWNER) => inSavepoint(() => run({ kind: 'cancel', id, because, by, nowMs: nowMs() })),
  };
}

function printed(reservation: RegisteredReservation, { of }: SeriesRequest): IssuedNumbers {
  const printing = of === undefined ? undefined : printingOf(of.definition);
  if (of === undefined || printing === undefined) return reservation;
  const formatted: string[] = [];
  for (const { start, end } of reservation.intervals)
    for (let ordinal = start; ordinal < end; ordinal++) formatted.push(printing.write(valueAt(of.definition, ordinal)));
  return { ...reservation, formatted };
}

function periodOver(sequence: string, { generation }: NumberedGeneration): SequenceError {
  return new SequenceError('SEQ_CONFLICT', `generation ${generation} of ${sequence} is over`, { sequence, generation });
}

/** From the answer to `lockSeries`: two columns, then the head. */
function freeOrdinals([row = []]: readonly Row[]): number {
  return row.length === 0 ? 0 : exact(row[2 + HEAD_FIELDS.indexOf('free')]);
}

/** Only a transaction holds a lock, and only one that sees what others committed meanwhile can go on behind them. */
async function begin(rows: (question: Question) => Promise<Row[]>): Promise<void> {
  const refused = (message: string): SequenceError => new SequenceError('SEQ_UNSUPPORTED', message);
  const [[isolation] = []] = await rows({ text: 'SHOW transaction_isolation' });
  if (isolation !== 'read committed')
    throw refused(`the transaction is ${String(isolation)}; numbers are taken in READ COMMITTED, which is PostgreSQL's default`);
  try {
    await rows({ text: 'SAVEPOINT seqcast_number' });
  } catch (error) {
    if ((error as { readonly code?: string }).code !== NO_TRANSACTION) throw error;
    throw refused('the client is not in a transaction: BEGIN first, on the same connection');
  }
}
