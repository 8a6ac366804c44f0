/** What is observed in a real MariaDB: sequences, AUTO_INCREMENT and step tables, none of which moves by being looked at. */
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ObservedSource } from '../../../adapters/counters/observed-source.ts';
import { openObservedMysql } from '../../../adapters/mysql/observed-counter.ts';
import { openReadOnlySession } from '../../../adapters/mysql/read-only-session.ts';
import { mariadbOrSkip, type OwnMariadb, startMariadb } from '../../engines/mariadb.ts';

const mariadb = mariadbOrSkip();

describe.skipIf(!mariadb.available)('observing MariaDB (needs MariaDB)', () => {
  let own: OwnMariadb;
  let user: Connection;
  beforeAll(async () => {
    own = await startMariadb();
    await connect();
    await user.query('CREATE SEQUENCE bills START 1000 INCREMENT 10 CACHE 50');
    await user.query('CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY)');
    await user.query('CREATE TABLE leaf_alloc (biz_tag VARCHAR(64) PRIMARY KEY, max_id BIGINT, step INT)');
    await user.query("INSERT INTO leaf_alloc VALUES ('orders', 9007199254740993, 2000), ('bills', 1, 100)");
  }, 60_000);
  afterAll(async () => {
    user.destroy();
    await own.stop();
  });

  async function connect(): Promise<void> {
    user = await createConnection({ uri: own.url.replace('mariadb:', 'mysql:') });
    // A server that is killed takes the connection with it.
    user.on('error', () => undefined);
  }

  async function observed(words: string): Promise<ObservedSource> {
    const source = await openObservedMysql(`${own.url}?${words}`);
    onTestFinished(async () => await source.close());
    return source;
  }

  test('a session refuses to write, and a sequence does not move by being read', async () => {
    const session = await openReadOnlySession(new URL(own.url));
    onTestFinished(async () => await session.close());
    for (const statement of ['SELECT NEXTVAL(bills)', 'INSERT INTO orders VALUES ()', 'UPDATE leaf_alloc SET max_id = 0']) {
      await expect(session.query(statement)).rejects.toThrow(/READ ONLY transaction/);
    }
    const source = await observed('sequence=bills');
    const before = (await source.read()).position;
    for (let times = 0; times < 20; times++) await source.read();
    expect((await source.read()).position).toBe(before);
  });

  test('a sequence is counted in values, and moves by its cache', async () => {
    const source = await observed('sequence=demand.bills');
    const { position, block, resolution } = await source.read();
    expect({ block, resolution }).toEqual({ block: 50, resolution: 50 });
    for (let times = 0; times < 51; times++) await user.query('SELECT NEXTVAL(bills)');
    expect((await source.read()).position - position).toBe(100n);
  });

  test('the AUTO_INCREMENT of a table is counted row by row', async () => {
    const source = await observed('table=orders');
    const { position } = await source.read();
    await user.query('INSERT INTO orders VALUES (), (), ()');
    expect(await source.read()).toMatchObject({ position: position + 3n, block: 1 });
  });

  test('a step table is read with its step, and a wrong name is told', async () => {
    const source = await observed('table=leaf_alloc&column=max_id&key=biz_tag&id=orders&step=step');
    expect(await source.read()).toMatchObject({ position: 9_007_199_254_740_993n, block: 2_000, resolution: 2_000 });
    const wrong = [
      ['table=leaf_alloc&column=max_id', 'several rows'],
      ['table=leaf_alloc&column=max_id&key=biz_tag&id=nobody', 'there is no max_id of leaf_alloc where biz_tag is nobody'],
      ['table=leaf_alloc&column=biz_tag&key=biz_tag&id=bills', 'no whole number'],
      ['sequence=nothing', 'does not have what the URL names'],
    ] as const;
    for (const [words, message] of wrong) {
      await expect(observed(words)).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID', message: expect.stringContaining(message) });
    }
    await expect(openObservedMysql(own.url.replace('root@', 'root:wrong@').concat('?table=orders'))).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNREACHABLE',
      message: expect.not.stringContaining('root:wrong'),
    });
  });

  test('a server that was killed is read again once it is back', async () => {
    const source = await observed('sequence=bills');
    const { position } = await source.read();
    await own.kill();
    await expect(source.read()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    await own.restart();
    await connect();
    expect((await source.read()).position).toBe(position);
  }, 60_000);
});
