/** Importing from a real MariaDB: sequences with their caches, AUTO_INCREMENT with the bounds of its column, step tables. */
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mariadbOrSkip, type OwnMariadb, startMariadb } from '../../engines/mariadb.ts';
import { withServer } from '../commands.ts';

const mariadb = mariadbOrSkip();

describe.skipIf(!mariadb.available)('importing from MariaDB (needs MariaDB)', () => {
  let own: OwnMariadb;
  let user: Connection;
  beforeAll(async () => {
    own = await startMariadb();
    user = await createConnection({ uri: own.url.replace('mariadb:', 'mysql:') });
    await user.query('CREATE SEQUENCE bills START 1000 INCREMENT 10 CACHE 50');
    await user.query('CREATE SEQUENCE wheel MINVALUE 1 MAXVALUE 100 CYCLE NOCACHE');
    await user.query('CREATE TABLE orders (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY)');
    await user.query('CREATE TABLE leaf_alloc (biz_tag VARCHAR(64) PRIMARY KEY, max_id BIGINT, step INT)');
    await user.query("INSERT INTO leaf_alloc VALUES ('invoices', 9007199254740993, 2000)");
  }, 60_000);
  afterAll(async () => {
    user.destroy();
    await own.stop();
  });

  async function imported(words: string, ...flags: string[]): Promise<Record<string, unknown>> {
    const server = await withServer();
    const ran = await server.seqcast('import', `${own.url}?${words}`, '--json', ...flags);
    expect(ran.err).toBe('');
    return JSON.parse(ran.out);
  }

  test('a sequence begins beyond what the server has cached, and is not moved', async () => {
    const [rows] = await user.query('SELECT NEXTVAL(bills) AS v');
    expect(rows).toEqual([{ v: 1_000 }]);
    const state = async () => (await user.query('SELECT * FROM bills'))[0];
    const before = await state();
    // A block of fifty from 1000 in steps of 10 ends at 1490; the margin is five thousand values.
    expect(await imported('sequence=bills')).toMatchObject({
      name: 'bills',
      last: '1490',
      block: 50,
      margin: 5_000,
      start: '51500',
      increment: '10',
      cycle: false,
    });
    expect(await state()).toEqual(before);
  });

  test('a sequence that cycles goes on cycling', async () => {
    for (let times = 0; times < 95; times++) await user.query('SELECT NEXTVAL(wheel)');
    expect(await imported('sequence=wheel', '--margin', '9')).toMatchObject({ last: '95', start: '5', cycle: true, max: '100' });
  });

  test('the AUTO_INCREMENT of a table, up to what its column holds', async () => {
    for (let times = 0; times < 3; times++) await user.query('INSERT INTO orders VALUES ()');
    expect(await imported('table=orders', '--dry-run')).toMatchObject({
      name: 'orders',
      last: '3',
      start: '1004',
      min: '1',
      max: '4294967295',
      created: false,
    });
  });

  test('a step table, beyond the segments that its users may have fetched', async () => {
    const words = 'table=leaf_alloc&column=max_id&key=biz_tag&id=invoices&step=step';
    expect(await imported(words)).toMatchObject({ name: 'invoices', last: '9007199254740993', block: 2_000, start: '9007199254940994' });
  });
});
