/** What is observed in a real PostgreSQL: sequences, counters and step tables, none of which moves by being looked at. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ObservedSource } from '../../../adapters/counters/observed-source.ts';
import { openObservedPostgres } from '../../../adapters/postgres/observed-sequence.ts';
import { openReadOnlySession } from '../../../adapters/postgres/read-only-session.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { startLine } from '../../engines/line.ts';

const postgres = engineOrSkip('postgres');

describe.skipIf(!postgres.available)('observing PostgreSQL (needs PostgreSQL)', () => {
  let user: pg.Client;
  beforeAll(async () => {
    user = new pg.Client({ connectionString: postgres.url });
    await user.connect();
    await user.query(`
      DROP SCHEMA IF EXISTS observed CASCADE;
      CREATE SCHEMA observed;
      CREATE SEQUENCE observed.orders START 100 INCREMENT 5;
      CREATE SEQUENCE observed."Cached ""ids""" CACHE 20;
      CREATE SEQUENCE observed.down INCREMENT -2 MINVALUE -9 MAXVALUE -1 CYCLE;
      CREATE TABLE observed.tiny_id_info (biz_type text PRIMARY KEY, max_id numeric, step int);
      INSERT INTO observed.tiny_id_info VALUES ('orders', 9007199254740993, 100000), ('bills', 1, 100);
    `);
  });
  afterAll(async () => {
    await user.query('DROP SCHEMA observed CASCADE');
    await user.end();
  });

  async function observed(words: string, url = postgres.url): Promise<ObservedSource> {
    const source = await openObservedPostgres(`${url}?${words}`);
    onTestFinished(async () => await source.close());
    return source;
  }

  async function takeValues(sequence: string, count: number): Promise<void> {
    await user.query('SELECT nextval($1::regclass) FROM generate_series(1, $2)', [sequence, count]);
  }

  test('a session refuses to write, and a sequence does not move by being read', async () => {
    const session = await openReadOnlySession(postgres.url);
    onTestFinished(async () => await session.close());
    for (const statement of [`SELECT nextval('observed.orders')`, `SELECT setval('observed.orders', 1)`, 'DROP SEQUENCE observed.orders']) {
      await expect(session.query(statement)).rejects.toThrow(/read-only transaction/);
    }
    const state = async () => (await user.query('SELECT last_value, is_called, log_cnt FROM observed.orders')).rows;
    await takeValues('observed.orders', 3);
    const before = await state();
    const source = await observed('sequence=observed.orders');
    for (let times = 0; times < 20; times++) await source.read();
    expect(await state()).toEqual(before);
  });

  test('a sequence is counted in values from its start, whatever its increment', async () => {
    await user.query('ALTER SEQUENCE observed.orders RESTART');
    const source = await observed('sequence=observed.orders');
    expect(await source.read()).toMatchObject({ position: 0n, block: 1, resolution: 1 });
    await takeValues('observed.orders', 1);
    expect((await source.read()).position).toBe(1n);
    await takeValues('observed.orders', 41);
    expect((await source.read()).position).toBe(42n);
  });

  test('a sequence with a cache moves by it, one that was altered begins another life, one that cycles says its period', async () => {
    const cached = await observed(`sequence=${encodeURIComponent('observed.Cached "ids"')}`);
    const before = await cached.read();
    await takeValues('observed."Cached ""ids"""', 1);
    const after = await cached.read();
    expect(after).toMatchObject({ position: before.position + 20n, block: 20, resolution: 20, life: before.life });
    await user.query('ALTER SEQUENCE observed."Cached ""ids""" INCREMENT 3');
    expect((await cached.read()).life).not.toBe(before.life);

    const down = await observed('sequence=observed.down');
    await takeValues('observed.down', 4);
    expect(await down.read()).toMatchObject({ position: 4n, period: 5n });
  });

  test('a step table is read with its step, and a wrong name is told', async () => {
    const source = await observed('table=observed.tiny_id_info&column=max_id&key=biz_type&id=orders&step=step');
    expect(await source.read()).toMatchObject({ position: 9_007_199_254_740_993n, block: 100_000 });
    expect(source.shown).not.toContain('seqcast@');
    const wrong = [
      ['', '?sequence=NAME'],
      ['sequence=observed.nothing', 'does not have what the URL names'],
      ['sequence=observed.tiny_id_info', 'does not have what the URL names'],
      ['table=observed.tiny_id_info&column=max_id', 'several rows'],
      ['table=observed.tiny_id_info&column=max_id&key=biz_type', 'go together'],
    ] as const;
    for (const [words, message] of wrong) {
      await expect(observed(words), words).rejects.toMatchObject({
        code: 'SEQ_CONFIG_INVALID',
        message: expect.stringContaining(message),
      });
    }
  });

  test('a line that was cut, or that swallows answers, is told and found back', async () => {
    const line = await startLine(Number(new URL(postgres.url).port));
    const url = new URL(postgres.url);
    url.port = String(line.port);
    const source = await observed('sequence=observed.orders', url.href);
    line.cut();
    await expect(source.read()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    line.mend();
    const { position } = await source.read();
    line.mute();
    await expect(source.read()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', message: expect.stringContaining('timed out') });
    line.mend();
    expect((await source.read()).position).toBe(position);
  });
});
