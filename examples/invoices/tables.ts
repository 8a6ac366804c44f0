/** The tables of the invoicing service, in the database in which its numbers are kept: what commits here commits with them. */
import type { Client, ClientBase } from 'pg';

/** What a customer may owe before an invoice is refused, after it was numbered. */
export const CREDIT_CENTS = 100_000;
export const CUSTOMERS = 24;

/** Named, because a role called `seqcast` would find the pool's own schema first. */
export const SEARCH_PATH = '-c search_path=billing';

const STATEMENTS = [
  'CREATE SCHEMA IF NOT EXISTS billing',
  'CREATE TABLE IF NOT EXISTS customer (id int PRIMARY KEY, owes_cents bigint NOT NULL DEFAULT 0)',
  `INSERT INTO customer (id) SELECT generate_series(1, ${CUSTOMERS}) ON CONFLICT DO NOTHING`,
  `CREATE TABLE IF NOT EXISTS invoice (order_id text PRIMARY KEY, branch text NOT NULL, generation bigint NOT NULL,
     ordinal bigint NOT NULL, number text NOT NULL UNIQUE, customer int NOT NULL, cents bigint NOT NULL,
     UNIQUE (branch, generation, ordinal))`,
  `CREATE TABLE IF NOT EXISTS draft (order_id text PRIMARY KEY, branch text NOT NULL, generation bigint NOT NULL, ordinal bigint NOT NULL,
     number text NOT NULL, reservation text NOT NULL)`,
  // Written after the ROLLBACK: which number a transaction had seen that never was.
  'CREATE TABLE IF NOT EXISTS refusal (order_id text NOT NULL, number text NOT NULL, because text NOT NULL)',
];

export interface Invoice {
  readonly order: string;
  readonly branch: string;
  readonly generation: number;
  readonly ordinal: number;
  readonly number: string;
}

export async function createTables(client: Client): Promise<void> {
  for (const statement of STATEMENTS) await client.query(statement);
}

export async function findInvoice(client: ClientBase, order: string): Promise<string | undefined> {
  const { rows } = await client.query<{ number: string }>('SELECT number FROM invoice WHERE order_id = $1', [order]);
  return rows[0]?.number;
}

/** Writes the invoice and charges the customer; false where that is more than the customer may owe. */
export async function writeInvoice(client: ClientBase, invoice: Invoice, customer: number, cents: number): Promise<boolean> {
  const { order, branch, generation, ordinal, number } = invoice;
  await client.query('INSERT INTO invoice VALUES ($1, $2, $3, $4, $5, $6, $7)', [
    order,
    branch,
    generation,
    ordinal,
    number,
    customer,
    cents,
  ]);
  const charge = 'UPDATE customer SET owes_cents = owes_cents + $2 WHERE id = $1 RETURNING owes_cents';
  const { rows } = await client.query<{ owes_cents: string }>(charge, [customer, cents]);
  return Number(rows[0]?.owes_cents) <= CREDIT_CENTS;
}

export interface SeriesFacts {
  readonly generation: number;
  readonly invoices: number;
  readonly first: string;
  readonly last: string;
  /** Ordinals up to the highest one that no invoice has. */
  readonly missing: readonly number[];
}

/** What the application's own table says of a branch, a line a year: nothing of seqcast is asked. */
export async function seriesFacts(client: ClientBase, branch: string): Promise<SeriesFacts[]> {
  const { rows } = await client.query<{ generation: string; invoices: string; first: string; last: string; missing: string[] }>(
    `SELECT generation, count(*) AS invoices, min(number) AS first, max(number) AS last,
       ARRAY(SELECT n FROM generate_series(0, max(ordinal)) n
         WHERE NOT EXISTS (SELECT 1 FROM invoice i WHERE i.branch = $1 AND i.generation = o.generation AND i.ordinal = n)) AS missing
     FROM invoice o WHERE branch = $1 GROUP BY generation ORDER BY generation`,
    [branch],
  );
  return rows.map(({ generation, invoices, first, last, missing }) => ({
    generation: Number(generation),
    invoices: Number(invoices),
    ...{ first, last },
    missing: missing.map(Number),
  }));
}

export async function refusals(client: ClientBase): Promise<{ order: string; number: string; because: string; now: string | null }[]> {
  const { rows } = await client.query<{ order: string; number: string; because: string; now: string | null }>(
    `SELECT r.order_id AS order, r.number, r.because, i.order_id AS now FROM refusal r LEFT JOIN invoice i ON i.number = r.number`,
  );
  return rows;
}
