/** Numbers taken inside an application's own transaction: they commit or roll back with its rows, beside the service's own traffic. */
import pg from 'pg';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { numbersInTransaction, type OwnTransaction } from '../../../adapters/postgres/own-transaction.ts';
import { openPostgresRegistrar, type PostgresRegistrar } from '../../../adapters/postgres/registrar.ts';
import { chance, pause } from '../../conformance/harness.ts';
import { begun, type Calls, ordinalsOf } from '../../conformance/registrar-calls.ts';
import { engineOrSkip } from '../../engines/engines.ts';

const postgres = engineOrSkip('postgres');

const WRITERS = 8;
const INVOICES_EACH = 25;
const INVOICES = { sequence: 'invoices' };

describe.skipIf(!postgres.available)("numbers in an application's own transaction (needs PostgreSQL)", () => {
  let schemas = 0;
  beforeAll(async () => {
    const client = await connected();
    await client.query('DROP TABLE IF EXISTS invoice');
    await client.query('CREATE TABLE invoice (schema text, ordinal bigint, reservation text, UNIQUE (schema, ordinal))');
    await client.end();
  });

  async function connected(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  interface Place {
    readonly schema: string;
    readonly registrar: PostgresRegistrar;
    readonly calls: Calls;
  }

  async function place(): Promise<Place> {
    const schema = `own_${process.pid}_${++schemas}`;
    const registrar = await openPostgresRegistrar({ url: postgres.url, schema });
    onTestFinished(() => registrar.close());
    return { schema, registrar, calls: await begun(registrar) };
  }

  /** Runs in a transaction of a client of its own; rolls back where it throws. */
  async function inTransaction<T>(schema: string, work: (numbers: OwnTransaction, client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connected();
    try {
      await client.query('BEGIN');
      const answer = await work(numbersInTransaction(client, { schema }), client);
      await client.query('COMMIT');
      return answer;
    } finally {
      await client.end();
    }
  }

  test('commit with the row they are for, and leave nothing behind when it rolls back', async () => {
    const { schema, registrar, calls } = await place();
    const before = (await registrar.lineage()).ops;
    await expect(
      inTransaction(schema, async (numbers) => {
        expect(ordinalsOf(await numbers.issue(INVOICES))).toEqual([0]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect((await registrar.lineage()).ops).toBe(before);
    expect(await registrar.status(calls.series)).toMatchObject({ next: 0, reservations: 0 });
    const issued = await inTransaction(schema, (numbers) => numbers.issue({ ...INVOICES, count: 2, owner: 'billing' }));
    expect(issued).toMatchObject({ state: 'confirmed', owner: 'billing', intervals: [{ start: 0, end: 2 }], life: 'life-1' });
    expect(await registrar.find(issued.id)).toEqual(issued);
    // Counted when it is committed, so that a database without it is noticed.
    expect((await registrar.lineage()).ops).toBe(before + 1);
    expect(ordinalsOf(await calls.reserve('next'))).toEqual([2]);
  });

  test('confirm or cancel what the service has reserved, and are found by their keys again', async () => {
    const { schema, registrar, calls } = await place();
    const [kept, dropped] = [await calls.reserve('kept'), await calls.reserve('dropped')];
    const [again, reserved] = await inTransaction(schema, async (numbers) => {
      await numbers.confirm(kept.id, 'billing');
      await numbers.cancel(dropped.id, 'the order was withdrawn');
      return [
        await numbers.issue({ ...INVOICES, key: 'order-17' }),
        await numbers.reserve({ ...INVOICES, key: 'order-18', ttlMs: 60_000 }),
      ];
    });
    expect(ordinalsOf(again)).toEqual([1]);
    expect(await registrar.find(kept.id)).toMatchObject({ state: 'confirmed', end: { by: 'billing' } });
    expect(await registrar.find(dropped.id)).toMatchObject({ state: 'cancelled', end: { because: 'the order was withdrawn' } });
    expect(await inTransaction(schema, (numbers) => numbers.issue({ ...INVOICES, key: 'order-17' }))).toEqual(again);
    expect(await calls.confirm(reserved)).toMatchObject({ state: 'confirmed', intervals: [{ start: 2, end: 3 }] });
    expect((await registrar.reuses(calls.series, { from: 1, limit: 9 })).map(({ after }) => after.id)).toEqual([again.id]);
  });

  test('that are refused leave the transaction as it was, with its lock given back', async () => {
    const { schema, calls } = await place();
    const held = await calls.confirm(await calls.reserve('held'));
    await inTransaction(schema, async (numbers, client) => {
      await client.query('INSERT INTO invoice VALUES ($1, -1)', [schema]);
      await expect(numbers.cancel(held.id, 'no more')).rejects.toMatchObject({ code: 'SEQ_RESERVATION_CONFIRMED' });
      await expect(numbers.issue({ ...INVOICES, count: 0 })).rejects.toMatchObject({ code: 'SEQ_INVALID_COUNT' });
      await expect(numbers.issue({ sequence: 'nothing' })).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE' });
      expect(ordinalsOf(await calls.issue('of the service'.replaceAll(' ', '-')))).toEqual([1]);
      expect(await Promise.all([1, 2].map(async () => ordinalsOf(await numbers.issue(INVOICES))))).toEqual([[2], [3]]);
    });
    const client = await connected();
    expect((await client.query('SELECT count(*) FROM invoice WHERE schema = $1', [schema])).rows).toEqual([{ count: '1' }]);
    await client.end();
  });

  test('are refused without a transaction, and in one that does not see what others commit', async () => {
    const { schema } = await place();
    const client = await connected();
    const numbers = numbersInTransaction(client, { schema });
    await expect(numbers.issue(INVOICES)).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED', message: /BEGIN first/ });
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await expect(numbers.issue(INVOICES)).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED', message: /READ COMMITTED/ });
    await client.end();
  });

  test(`of ${WRITERS} writers that roll back and lose their connections at random are 1 to n without a gap`, {
    timeout: 60_000,
  }, async () => {
    const { schema, registrar, calls } = await place();
    const below = chance(23);
    let lost = 0;
    let rolledBack = 0;

    /** One invoice; its number is that of its row, or nobody's. */
    async function invoice(client: pg.Client, key: string): Promise<void> {
      await client.query('BEGIN');
      const numbers = numbersInTransaction(client, { schema });
      const issued = await numbers.issue({ ...INVOICES, key });
      const [ordinal] = ordinalsOf(issued);
      await client.query('INSERT INTO invoice VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [schema, ordinal, issued.id]);
      const fate = below(10);
      if (fate < 2) {
        rolledBack++;
        await client.query('ROLLBACK');
        return await invoice(client, key);
      }
      const committed = client.query('COMMIT');
      if (fate < 4) {
        lost++;
        // Before the COMMIT has left, or somewhere on its way.
        if (fate === 3) await pause(below(3));
        client.connection.stream.destroy();
      }
      await committed;
    }

    async function writer(index: number): Promise<void> {
      let client = await connected();
      for (let n = 0; n < INVOICES_EACH; n++) {
        for (;;) {
          try {
            await invoice(client, `w${index}-${n}`);
            break;
          } catch (error) {
            if (!/terminated|not queryable|closed/i.test(String(error))) throw error;
            client = await connected();
          }
        }
      }
      await client.end();
    }

    let isWriting = true;
    /** The service's own callers, who leave what they cancel to whoever is next. */
    async function service(index: number): Promise<number> {
      let kept = 0;
      for (let n = 0; isWriting || n % 2 === 1; n++) {
        const held = await calls.reserve(`s${index}-${n}`);
        if (n % 2 === 0) await calls.cancel(held, 'rolled back');
        else kept += (await calls.confirm(held)).intervals.length;
        await pause(2);
      }
      return kept;
    }

    const services = [service(0), service(1)];
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => writer(index)));
    isWriting = false;
    const ofService = (await Promise.all(services)).reduce((sum, count) => sum + count, 0);

    const { next = 0, free = 0, open } = (await registrar.status(calls.series)) ?? {};
    expect(open).toBe(0);
    if (free > 0) await calls.confirm(await calls.reserve('fill', { count: free }));
    expect(next).toBe(WRITERS * INVOICES_EACH + ofService + free);
    expect(await registrar.voids(calls.series, { from: 0, limit: 10 })).toEqual([]);
    const client = await connected();
    const { rows } = await client.query<{ ordinal: string; reservation: string }>(
      'SELECT ordinal, reservation FROM invoice WHERE schema = $1 ORDER BY ordinal',
      [schema],
    );
    await client.end();
    expect(rows).toHaveLength(WRITERS * INVOICES_EACH);
    for (const { ordinal, reservation } of rows) {
      const holders = await registrar.holders(calls.series, Number(ordinal));
      expect(holders.filter(({ state }) => state === 'confirmed').map(({ id }) => id)).toEqual([reservation]);
    }
    console.log(`${rows.length} invoices, ${rolledBack} rolled back, ${lost} connections lost, ${ofService} numbers of the service`);
    expect(Math.min(lost, rolledBack, ofService)).toBeGreaterThan(10);
  });
});
