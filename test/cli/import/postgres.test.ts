/** Importing from a real PostgreSQL: whatever the old sequence gave out, or has in the caches of its sessions, never comes again. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOrSkip } from '../../engines/engines.ts';
import { withServer } from '../commands.ts';

const postgres = engineOrSkip('postgres');

describe.skipIf(!postgres.available)('importing from PostgreSQL (needs PostgreSQL)', () => {
  let user: pg.Client;
  beforeAll(async () => {
    user = new pg.Client({ connectionString: postgres.url });
    await user.connect();
    await user.query(`
      DROP SCHEMA IF EXISTS imported CASCADE;
      CREATE SCHEMA imported;
      CREATE SEQUENCE imported.orders START 100 INCREMENT 5 CACHE 20;
      CREATE SEQUENCE imported.fresh AS smallint;
      CREATE TABLE imported.counters (name text PRIMARY KEY, next_id bigint);
      INSERT INTO imported.counters VALUES ('bills', 77);
    `);
  });
  afterAll(async () => {
    await user.query('DROP SCHEMA imported CASCADE');
    await user.end();
  });

  const urlOf = (words: string): string => `${postgres.url}?${words}`;

  test('a sequence begins beyond the caches of all sessions, and a dry run creates nothing and moves nothing', async () => {
    const other = new pg.Client({ connectionString: postgres.url });
    await other.connect();
    // Each session has taken twenty values, and given out one and three of them.
    await user.query(`SELECT nextval('imported.orders')`);
    for (let times = 0; times < 3; times++) await other.query(`SELECT nextval('imported.orders')`);
    const server = await withServer();
    const ran = await server.seqcast('import', urlOf('sequence=imported.orders'), '--margin', '40', '--dry-run', '--json');
    expect(ran.err).toBe('');
    // Two blocks of twenty from 100 in steps of 5 end at 295.
    expect(JSON.parse(ran.out)).toMatchObject({ created: false, name: 'orders', last: '295', block: 20, start: String(295 + 41 * 5) });
    expect(server.service.list()).toEqual([]);

    const text = await server.seqcast('import', urlOf('sequence=imported.orders'), '--margin', '40');
    expect(text.out).toContain('created sequence orders: 500, step 5, within 1..9223372036854775807, not cycling');
    expect(text.out).not.toContain(new URL(postgres.url).password || 'no password to be seen');
    expect(server.service.describe('orders').definition).toMatchObject({ start: 500n, increment: 5n, min: 1n, cycle: false });
    // The margin is what both sessions can still give out before they fetch more than two blocks.
    const late: number[] = [];
    for (const session of [user, other]) {
      for (let times = 0; times < 30; times++) late.push(Number((await session.query(`SELECT nextval('imported.orders') AS v`)).rows[0].v));
    }
    await other.end();
    expect(Math.max(...late)).toBeLessThan(500);
    expect((await server.seqcast('import', urlOf('sequence=imported.orders'), '--margin', '40')).err).toContain('SEQ_SEQUENCE_EXISTS');
  });

  test('a sequence that was never asked, with the bounds of its type', async () => {
    const server = await withServer();
    const ran = await server.seqcast('import', urlOf('sequence=imported.fresh'), '--name', 'small', '--json');
    expect(JSON.parse(ran.out)).toMatchObject({ name: 'small', last: '0', start: '1001', max: '32767', created: true, movedSince: '0' });
    const over = await server.seqcast('import', urlOf('sequence=imported.fresh'), '--margin', '32767');
    expect(over.err).toContain('past its maximum 32767');
    const gone = await server.seqcast('import', urlOf('sequence=imported.gone'));
    expect(gone.err).toContain('does not have what the URL names');
  });

  test('a counter row, named after its row', async () => {
    const server = await withServer();
    const words = 'table=imported.counters&column=next_id&key=name&id=bills';
    const ran = await server.seqcast('import', urlOf(words), '--margin', '0', '--json');
    expect(JSON.parse(ran.out)).toMatchObject({ name: 'bills', last: '77', start: '78', increment: '1' });
  });
});
