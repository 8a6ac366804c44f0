/** Drawing from counters that others draw from, in a real PostgreSQL: nothing twice, nothing moved that must not be, and clear refusals. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AdoptedCounter, DrawnRun } from '../../../adapters/counters/adopted-counter.ts';
import { openAdoptedPostgres } from '../../../adapters/postgres/adopted-counter.ts';
import { engineOrSkip } from '../../engines/engines.ts';

const postgres = engineOrSkip('postgres');
const SCHEMA = 'adopted_counters';

const valuesOf = (runs: readonly DrawnRun[], increment: bigint): bigint[] =>
  runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + BigInt(index) * increment));

describe.skipIf(!postgres.available)('a counter of PostgreSQL that was adopted (needs PostgreSQL)', () => {
  let owner: pg.Client;
  const opened: AdoptedCounter[] = [];
  beforeAll(async () => {
    owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query(`
      DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE;
      CREATE SCHEMA ${SCHEMA};
      SET search_path = ${SCHEMA};
      CREATE SEQUENCE busy INCREMENT 5 CACHE 3;
      CREATE SEQUENCE down INCREMENT -2 MAXVALUE 10 MINVALUE -9 START 10;
      CREATE SEQUENCE wheel CYCLE;
      CREATE SEQUENCE altered;
      CREATE SEQUENCE held;
      CREATE TABLE leaf_alloc (biz_tag text PRIMARY KEY, max_id int NOT NULL, step int NOT NULL);
      INSERT INTO leaf_alloc VALUES ('a', 1, 10), ('full', 2147483600, 10);
      CREATE TABLE ids (id bigint, biz_type text, max_id bigint, step int, delta int, remainder int, version bigint);
      INSERT INTO ids VALUES (1, 'odd', 9007199254740993, 10, 2, 1, 7);
      CREATE TABLE other (name text, next_id bigint);
    `);
  });
  afterAll(async () => {
    for (const counter of opened) await counter.close();
    await owner.query(`DROP SCHEMA ${SCHEMA} CASCADE; DROP ROLE IF EXISTS adopted_guest`);
    await owner.end();
  });

  async function adopted(words: string, url: string = postgres.url): Promise<AdoptedCounter> {
    const counter = await openAdoptedPostgres(`${url}?${words}`, undefined);
    opened.push(counter);
    return counter;
  }

  test('beside callers of nextval nothing comes twice, not even while a stretch is set aside', async () => {
    const counter = await adopted(`sequence=${SCHEMA}.busy`);
    const clients = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const client = new pg.Client({ connectionString: postgres.url });
        await client.connect();
        return client;
      }),
    );
    const theirs: bigint[] = [];
    let isOver = false;
    const calling = clients.map(async (client) => {
      while (!isOver) theirs.push(BigInt((await client.query(`SELECT nextval('${SCHEMA}.busy') AS v`)).rows[0].v));
    });
    const ours: bigint[] = [];
    for (let times = 0; times < 30; times++) {
      ours.push(...valuesOf(await counter.draw(100), 5n));
      if (times % 10 !== 9) continue;
      const reserved = await counter.reserve(1_000);
      expect(reserved.count).toBe(1_000);
      ours.push(...valuesOf([reserved], 5n));
    }
    isOver = true;
    await Promise.all(calling);
    for (const client of clients) await client.end();
    expect(ours.length).toBe(6_000);
    expect(theirs.length).toBeGreaterThan(30);
    expect(new Set([...ours, ...theirs]).size).toBe(ours.length + theirs.length);
  });

  test('a sequence that goes down is drawn from to its end, and gives what it has before it is exhausted', async () => {
    const counter = await adopted(`sequence=${SCHEMA}.down`);
    expect(counter).toMatchObject({ generator: 'sequence', increment: -2n, min: -9n, max: 10n });
    expect(await counter.draw(3)).toEqual([{ first: 10n, count: 3 }]);
    await expect(counter.reserve(8)).rejects.toMatchObject({
      code: 'SEQ_INVALID_COUNT',
      message: expect.stringContaining('7 values left'),
    });
    expect(await counter.reserve(2)).toEqual({ first: 4n, count: 2 });
    expect(await counter.draw(100)).toEqual([{ first: 0n, count: 5 }]);
    await expect(counter.draw(1)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    await expect(counter.reserve(undefined)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
  });

  test("rows of Leaf and TinyID are moved as those do, each with its own reading of the row's number", async () => {
    const leaf = await adopted(`table=${SCHEMA}.leaf_alloc&id=a`);
    expect(await leaf.draw(20)).toEqual([{ first: 1n, count: 20 }]);
    expect((await owner.query("SELECT max_id FROM leaf_alloc WHERE biz_tag = 'a'")).rows).toEqual([{ max_id: 21 }]);
    const full = await adopted(`table=${SCHEMA}.leaf_alloc&id=full`);
    expect(await full.reserve(undefined)).toEqual({ first: 2_147_483_600n, count: 23 });
    await expect(full.draw(1_000)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    const odd = await adopted(`table=${SCHEMA}.ids&id=odd`);
    expect(odd).toMatchObject({ generator: 'tinyid', increment: 2n });
    // (max_id, max_id + 8], of which the odd ones; and the version, by which servers of TinyID notice that somebody came first.
    expect(await odd.draw(4)).toEqual([{ first: 9_007_199_254_740_995n, count: 4 }]);
    expect((await owner.query('SELECT max_id, version FROM ids')).rows).toEqual([{ max_id: '9007199254741001', version: '8' }]);
  });

  test('what cannot be adopted is refused, and says why', async () => {
    const refused = (words: string) => expect(openAdoptedPostgres(`${postgres.url}?${words}`, undefined)).rejects;
    await refused(`sequence=${SCHEMA}.wheel`).toMatchObject({ code: 'SEQ_UNSUPPORTED', message: expect.stringContaining('cycles') });
    await refused(`table=${SCHEMA}.other&id=a`).toMatchObject({
      code: 'SEQ_CONFIG_INVALID',
      message: expect.stringContaining('neither Leaf'),
    });
    await refused(`table=${SCHEMA}.leaf_alloc&id=nope`).toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    await refused('table=t&column=c&key=k&id=i').toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    await refused('sequence=nope').toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    const withPassword = postgres.url.replace('@', ':secret@');
    const failed = await openAdoptedPostgres(`${withPassword}?sequence=a`, undefined).catch((error: Error) => error.message);
    expect(failed).toContain('SEQCAST_ADOPT_PASSWORD');
    expect(failed).not.toContain('secret');
  });

  test('one that is altered is refused, and one that is not ours to move by a stretch stays as it is', async () => {
    const counter = await adopted(`sequence=${SCHEMA}.altered`);
    await counter.draw(1);
    await owner.query(
      `ALTER SEQUENCE altered INCREMENT 3; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seqcast adopt'`,
    );
    await expect(counter.draw(1)).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    await expect(counter.draw(1)).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED', message: expect.stringContaining('was altered') });

    await owner.query(
      `CREATE ROLE adopted_guest LOGIN; GRANT USAGE ON SCHEMA ${SCHEMA} TO adopted_guest; GRANT USAGE, SELECT ON SEQUENCE held TO adopted_guest`,
    );
    const guest = await adopted(`sequence=${SCHEMA}.held`, postgres.url.replace(/\/\/[^@]*@/, '//adopted_guest@'));
    expect(await guest.draw(2)).toEqual([{ first: 1n, count: 2 }]);
    await expect(guest.reserve(10)).rejects.toMatchObject({ message: expect.stringContaining('to own the sequence') });
    expect(await guest.draw(1)).toEqual([{ first: 3n, count: 1 }]);
  });
});
