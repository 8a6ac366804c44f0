/**
 * What the service does with an order. Each call is one transaction of PostgreSQL: the invoice number commits or rolls back with its row.
 *
 * - An invoice takes its number and is written; then it turns out whether the customer may owe so much. If not, nothing was.
 * - A draft shows its number before anybody has accepted it: the number is held for a while. Accepting confirms it with the invoice's row;
 *   withdrawing gives it up, and so does time.
 */
import type { Pool, PoolClient } from 'pg';
import { numbersInTransaction, type OwnTransaction, SequenceError } from 'seqcast';
import { type Numbering, nameOf } from './numbering.ts';
import { findInvoice, writeInvoice } from './tables.ts';

/** How long a draft may wait for its customer; a real one would wait for days. */
const DRAFT_MS = 1_500;

export interface Order {
  readonly order: string;
  readonly branch: string;
  readonly customer: number;
  readonly cents: number;
}

/** Status and body of the HTTP answer. */
export type Answer = readonly [status: number, body: Readonly<Record<string, unknown>>];

/** The invoice is not to be: everything of its transaction is undone. */
class Refused extends Error {
  readonly number: string;

  constructor(number: string, because: string) {
    super(because);
    this.number = number;
  }
}

interface Draft {
  readonly branch: string;
  readonly generation: string;
  readonly ordinal: string;
  readonly number: string;
  readonly reservation: string;
}

export class Invoicing {
  readonly #pool: Pool;
  readonly #numbering: Numbering;
  readonly #clockAheadMs: number;

  constructor(pool: Pool, numbering: Numbering, clockAheadMs: number) {
    this.#pool = pool;
    this.#numbering = numbering;
    this.#clockAheadMs = clockAheadMs;
  }

  /** `isGone`: whoever asked has hung up. */
  invoice(asked: Order, isGone: () => boolean): Promise<Answer> {
    const { order, branch, customer, cents } = asked;
    return this.#transaction(asked, async (client, numbers) => {
      const existing = await findInvoice(client, order);
      if (existing !== undefined) return [200, { number: existing }];
      const of = this.#numbering.current(branch);
      const issued = await numbers.issue({ sequence: nameOf(branch), of, owner: order });
      const number = issued.formatted?.[0] ?? '';
      const ordinal = issued.intervals[0]?.start ?? -1;
      const fits = await writeInvoice(client, { order, branch, generation: of.generation, ordinal, number }, customer, cents);
      if (!fits) throw new Refused(number, 'the customer would owe too much');
      if (isGone()) throw new Refused(number, 'the caller has hung up');
      return [201, { number }];
    });
  }

  draft(asked: Order): Promise<Answer> {
    const { order, branch } = asked;
    return this.#transaction(asked, async (client, numbers) => {
      const existing = await findDraft(client, order);
      if (existing !== undefined) return [200, { number: existing.number }];
      const of = this.#numbering.current(branch);
      const held = await numbers.reserve({ sequence: nameOf(branch), of, key: order, owner: order, ttlMs: DRAFT_MS });
      const [number, ordinal] = [held.formatted?.[0] ?? '', held.intervals[0]?.start ?? -1];
      await client.query('INSERT INTO draft VALUES ($1, $2, $3, $4, $5, $6)', [order, branch, of.generation, ordinal, number, held.id]);
      return [201, { number }];
    });
  }

  accept(asked: Order): Promise<Answer> {
    const { order, customer, cents } = asked;
    return this.#transaction(asked, async (client, numbers) => {
      const existing = await findInvoice(client, order);
      if (existing !== undefined) return [200, { number: existing }];
      const draft = await findDraft(client, order);
      if (draft === undefined) return [404, { error: `there is no draft ${order}` }];
      const { branch, number, reservation } = draft;
      // Too late, and it throws: somebody else may have the number by then.
      await numbers.confirm(reservation, order);
      const invoice = { order, branch, number, generation: Number(draft.generation), ordinal: Number(draft.ordinal) };
      if (await writeInvoice(client, invoice, customer, cents)) return [201, { number }];
      throw new Refused(number, 'the customer would owe too much');
    });
  }

  withdraw(asked: Order, because: string): Promise<Answer> {
    return this.#transaction(asked, async (client, numbers) => {
      const draft = await findDraft(client, asked.order);
      if (draft === undefined) return [404, { error: `there is no draft ${asked.order}` }];
      await numbers.cancel(draft.reservation, because, asked.order);
      return [200, { withdrawn: draft.number }];
    });
  }

  async #transaction(asked: Order, work: (client: PoolClient, numbers: OwnTransaction) => Promise<Answer>): Promise<Answer> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      const nowMs = (): number => Date.now() + this.#clockAheadMs;
      const answer = await work(client, numbersInTransaction(client, { nowMs }));
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      await client.query('ROLLBACK').catch((lost: Error) => {
        failure = lost;
      });
      if (error instanceof Refused) {
        const { number, message } = error;
        await client.query('INSERT INTO refusal VALUES ($1, $2, $3)', [asked.order, number, message]).catch(() => undefined);
        return [422, { refused: number, because: message }];
      }
      return await this.#answerOf(error, asked.branch);
    } finally {
      // A connection that failed is not used again.
      client.release(failure);
    }
  }

  /** 503 means: ask again, with the same order. It was done or not; the order finds out which. */
  async #answerOf(error: unknown, branch: string): Promise<Answer> {
    if (!(error instanceof SequenceError)) return [503, { error: String(error) }];
    // A year has begun, or this database was never asked for the series: once it knows it, the caller gets a number.
    if (['SEQ_UNKNOWN_SEQUENCE', 'SEQ_CONFLICT'].includes(error.code)) await this.#numbering.begin(branch);
    else if (error.httpStatus < 500) return [error.httpStatus, { error: error.message, code: error.code }];
    return [503, { error: error.message, code: error.code }];
  }
}

async function findDraft(client: PoolClient, order: string): Promise<Draft | undefined> {
  return (await client.query<Draft>('SELECT * FROM draft WHERE order_id = $1', [order])).rows[0];
}
