/**
 * Beside old callers that know nothing of it: a server draws from their sequence and their leaf_alloc, is killed in the middle, cuts one over
 * and goes back with the other, and over all of them nobody ever gets a value that somebody else got.
 */
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAdoptedMysql } from '../../adapters/mysql/adopted-counter.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { mariadbOrSkip, type OwnMariadb, startMariadb } from '../engines/mariadb.ts';
import { post, type Server, scratchDirectory, seqcast, startServer } from './server.ts';

const postgres = engineOrSkip('postgres');
const mariadb = mariadbOrSkip();
const STEP = 20;

interface View {
  readonly state: string;
  readonly goesOnFrom?: string;
  readonly goesOnTo?: string;
}

/** Callers that ask one after the other until they are stopped; what each got is kept in the order it came. */
class Callers {
  readonly got: bigint[] = [];
  #isStopped = false;
  #running: Promise<unknown>[] = [];

  constructor(...asks: readonly (() => Promise<readonly bigint[]>)[]) {
    this.#running = asks.map(async (ask) => {
      while (!this.#isStopped) this.got.push(...(await ask()));
    });
  }

  async until(count: number): Promise<void> {
    const target = this.got.length + count;
    while (this.got.length < target) await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), ...this.#running]);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }
}

/** Asks the server in turns of different sizes; while it is down, nobody answers. */
function servedBy(server: () => Server, sequence: string): () => Promise<readonly bigint[]> {
  let turn = 0;
  return async () => {
    try {
      const { status, body } = await post(`${server().url}/v1/sequences/${sequence}/next`, { count: 1 + (turn++ % 30) });
      if (status === 200) return (body.values as string[]).map(BigInt);
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 20));
    return [];
  };
}

describe.skipIf(!postgres.available || !mariadb.available)('a server beside old callers (needs PostgreSQL and MariaDB)', () => {
  let maria: OwnMariadb;
  const old: pg.Client[] = [];
  const leaves: Connection[] = [];
  beforeAll(async () => {
    maria = await startMariadb();
    for (let i = 0; i < 2; i++) {
      old.push(new pg.Client({ connectionString: postgres.url }));
      await old[i]?.connect();
      leaves.push(
        await createConnection({ uri: maria.url.replace('mariadb:', 'mysql:'), supportBigNumbers: true, bigNumberStrings: true }),
      );
    }
    await old[0]?.query('DROP SEQUENCE IF EXISTS adopted_orders; CREATE SEQUENCE adopted_orders START 100 INCREMENT 5');
    await leaves[0]?.query('CREATE TABLE leaf_alloc (biz_tag VARCHAR(128) PRIMARY KEY, max_id BIGINT NOT NULL, step INT NOT NULL)');
    // Beyond what a double holds exactly.
    await leaves[0]?.query(`INSERT INTO leaf_alloc VALUES ('bills', 9007199254740993, ${STEP})`);
  }, 60_000);
  afterAll(async () => {
    await old[0]?.query('DROP SEQUENCE IF EXISTS adopted_orders');
    for (const client of old) await client.end();
    for (const connection of leaves) connection.destroy();
    await maria.stop();
  });

  const nextvals = (client: pg.Client) => async () => {
    const { rows } = await client.query<{ v: string }>(`SELECT nextval('adopted_orders') AS v FROM generate_series(1, 3)`);
    return rows.map(({ v }) => BigInt(v));
  };
  /** As Leaf fetches a segment: the row moves by its step, and [max_id - step, max_id) is the caller's. */
  const segments = (connection: Connection) => async () => {
    await connection.beginTransaction();
    await connection.query(`UPDATE leaf_alloc SET max_id = max_id + step WHERE biz_tag = 'bills'`);
    const [[row]] = await connection.query<RowDataPacket[]>(`SELECT max_id, step FROM leaf_alloc WHERE biz_tag = 'bills'`);
    await connection.commit();
    const end = BigInt(row?.max_id);
    return Array.from({ length: STEP }, (_, index) => end - BigInt(STEP) + BigInt(index));
  };

  test('nobody gets a value twice: not by kill -9, not by the cut-over, not by going back', async () => {
    const dataDir = scratchDirectory();
    let server = await startServer(dataDir);
    const cli = (...args: string[]) => seqcast('adopt', ...args, '--url', server.url, '--json');
    expect((await cli('orders', '--from', `${postgres.url}?sequence=adopted_orders`)).stderr).toBe('');
    expect((await cli('bills', '--from', `${maria.url}?table=leaf_alloc&id=bills`)).stderr).toBe('');

    const oldOrders = new Callers(...old.map(nextvals));
    const oldBills = new Callers(...leaves.map(segments));
    const ask = (sequence: string) => servedBy(() => server, sequence);
    const orders = new Callers(ask('orders'), ask('orders'));
    const bills = new Callers(ask('bills'), ask('bills'));
    await Promise.all([orders.until(150), bills.until(150)]);

    await server.end('SIGKILL');
    const killedAt = orders.got.length;
    const known = { orders: orders.got[0], bills: bills.got[0] };
    await Promise.all([oldOrders.until(50), oldBills.until(50)]);
    server = await startServer(dataDir);
    await Promise.all([orders.until(150), bills.until(150)]);
    expect(killedAt).toBeGreaterThanOrEqual(150);
    // What was given out before the kill is known, and nothing is left out of the accounts.
    const who = await seqcast('who', 'orders', String(known.orders), '--url', server.url, '--json');
    expect(JSON.parse(who.stdout)).toMatchObject({ pool: 'adopted', state: expect.stringMatching(/^(issued|in-doubt)$/) });
    const audit = (await (await fetch(`${server.url}/v1/audit`)).json()) as {
      ok: boolean;
      accounts: { sequence: string; claimed: number }[];
    };
    expect(audit).toMatchObject({ ok: true, duplicates: 0 });
    expect(audit.accounts.find((each) => each.sequence === 'bills')?.claimed).toBeGreaterThanOrEqual(300);

    const committed = JSON.parse((await cli('commit', 'orders', '--values', '100000')).stdout) as View;
    const behind = orders.got.length;
    await Promise.all([orders.until(150), oldOrders.until(150)]);
    expect(JSON.parse((await cli('abandon', 'bills')).stdout)).toMatchObject({ state: 'abandoned' });
    await oldBills.until(150);
    await Promise.all([orders, bills, oldOrders, oldBills].map((each) => each.stop()));

    // Beyond the cut-over each has its own: ours lie in what the counter was moved past, and theirs beyond it.
    const [from = 0n, to = 0n] = [committed.goesOnFrom, committed.goesOnTo].map((text) => BigInt(text ?? 0));
    expect(to - from).toBe(99_999n * 5n);
    expect(orders.got.slice(behind + 60).every((value) => value >= from && value <= to)).toBe(true);
    expect(oldOrders.got.at(-1)).toBeGreaterThan(to);
    const gone = await post(`${server.url}/v1/sequences/bills/next`, {});
    expect(gone).toMatchObject({ status: 404, body: { detail: expect.stringContaining('was abandoned') } });
    for (const [ours, theirs] of [
      [orders.got, oldOrders.got],
      [bills.got, oldBills.got],
    ] as const) {
      const all = [...ours, ...theirs];
      expect(new Set(all).size).toBe(all.length);
      expect(ours.length).toBeGreaterThan(300);
    }
    expect(await server.end('SIGTERM')).toBe(0);
    const stopped = await seqcast('audit', '--data-dir', dataDir, '--json');
    const drawn = (JSON.parse(stopped.stdout) as { accounts: { sequence: string; adoption?: number; inDoubt: number }[] }).accounts;
    // The first life was killed: what it had at hand is in doubt, of the second nothing is.
    expect(drawn.find((each) => each.sequence === 'bills')).toMatchObject({ adoption: expect.any(Number), balanced: true, stock: 0 });
    expect((await seqcast('who', 'bills', String(known.bills), '--data-dir', dataDir)).stdout).toContain('adopted');
  }, 60_000);

  test('a row of TinyID in MariaDB keeps its delta and its version, and a row that is gone gives nothing', async () => {
    await leaves[0]?.query(
      'CREATE TABLE tiny_id_info (id BIGINT, biz_type VARCHAR(63), max_id BIGINT, step INT, delta INT, remainder INT, version BIGINT)',
    );
    await leaves[0]?.query("INSERT INTO tiny_id_info VALUES (1, 'users', 100, 50, 3, 0, 4), (2, 'few', 9223372036854775800, 50, 1, 0, 0)");
    const adopted = (id: string) => openAdoptedMysql(`${maria.url}?table=tiny_id_info&id=${id}`, undefined);
    const [users, few] = [await adopted('users'), await adopted('few')];
    expect(users).toMatchObject({ generator: 'tinyid', increment: 3n });
    expect(await users.draw(5)).toEqual([{ first: 102n, count: 5 }]);
    expect(await users.reserve(10)).toEqual({ first: 117n, count: 10 });
    const [[row]] = (await leaves[0]?.query<RowDataPacket[]>("SELECT max_id, version FROM tiny_id_info WHERE biz_type = 'users'")) ?? [[]];
    expect(row).toEqual({ max_id: '145', version: '6' });
    // As its servers do: read, then move only what nobody moved meanwhile; (max_id, max_id + step], of which every third is theirs.
    const theirs = new Callers(
      ...leaves.map((leaf) => async () => {
        const [[seen]] = await leaf.query<RowDataPacket[]>("SELECT max_id, step, version FROM tiny_id_info WHERE biz_type = 'users'");
        const [from, to] = [BigInt(seen?.max_id), BigInt(seen?.max_id) + BigInt(seen?.step)];
        const move = "UPDATE tiny_id_info SET max_id = ?, version = version + 1 WHERE biz_type = 'users' AND max_id = ? AND version = ?";
        const [{ affectedRows }] = await leaf.query<ResultSetHeader>(move, [String(to), String(from), seen?.version]);
        return affectedRows === 1
          ? Array.from({ length: Number(to - from) }, (_, index) => from + 1n + BigInt(index)).filter((id) => id % 3n === 0n)
          : [];
      }),
    );
    const ours: bigint[] = [];
    for (let times = 0; times < 60; times++) {
      for (const { first, count } of await users.draw(7))
        ours.push(...Array.from({ length: count }, (_, index) => first + BigInt(index) * 3n));
    }
    await theirs.until(100);
    await theirs.stop();
    expect(new Set([...ours, ...theirs.got]).size).toBe(ours.length + theirs.got.length);
    expect(await few.reserve(undefined)).toEqual({ first: 9_223_372_036_854_775_801n, count: 3 });
    await expect(few.draw(100)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    await leaves[0]?.query('DELETE FROM tiny_id_info');
    await expect(users.draw(1)).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    await expect(adopted('users')).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    await expect(openAdoptedMysql(`${maria.url}?sequence=s`, undefined)).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
    await Promise.all([users.close(), few.close()]);
  });
});

const GUIDE = readFileSync('docs/guides/replace.md', 'utf8');
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe.skipIf(!postgres.available)('the guide to replacing (needs PostgreSQL)', () => {
  test('adopts, cuts over and goes back as it is written there', async () => {
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query('DROP SEQUENCE IF EXISTS public.orders_id_seq; CREATE SEQUENCE public.orders_id_seq');
    const directory = scratchDirectory();
    const server = await startServer(join(directory, 'data'));
    const blocks = [...GUIDE.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
    expect(blocks).toHaveLength(3);
    const script = blocks.join('').replaceAll('postgres://seqcast@127.0.0.1:5432/seqcast', postgres.url);
    writeFileSync(join(directory, 'seqcast'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(directory, 'seqcast'), 0o755);
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH ?? ''}`, SEQCAST_URL: server.url };
    const output = await new Promise<string>((resolve) => {
      execFile('sh', ['-e', '-c', script], { cwd: directory, env }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(output).not.toContain('SEQ_');
    // Ten were drawn for the three of the first call; the cut-over goes on behind them.
    expect(output).toMatch(/^1\n2\n3$/m);
    expect(output).toMatch(/orders goes on by itself from 14 to 1000000013\n/);
    expect(output).toMatch(/^14\n15\n16$/m);
    expect(output).toContain('1000000014\n');
    expect(output).toMatch(/nothing of bills comes out of .* here any more/);
    expect((await owner.query(`SELECT nextval('orders_id_seq') AS v`)).rows).toEqual([{ v: '1000000025' }]);
    await owner.query('DROP SEQUENCE public.orders_id_seq');
    await owner.end();
    expect(await server.end('SIGTERM')).toBe(0);
  }, 60_000);
});
