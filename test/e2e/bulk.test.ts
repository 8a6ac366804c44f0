/** A bulk issue in a server that is killed while it runs: the file has exactly as many values as were asked for, each once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { post, scratchDirectory, seqcast, startServer } from './server.ts';

const COUNT = 12_000_000;
/** While it takes, and while it writes or just after the start of the next life. */
const KILLED_AFTER_MS = [150, 400];

async function rowsOf(sql: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  return (await connection.runAndReadAll(sql)).getRows();
}

describe('a bulk issue in a server that is killed with kill -9', () => {
  test('goes on in the next life and ends with exactly the count that was asked for', async () => {
    const dataDir = scratchDirectory();
    let job = '';
    for (const afterMs of KILLED_AFTER_MS) {
      const server = await startServer(dataDir);
      if (job === '') {
        await post(`${server.url}/v1/sequences`, { name: 'orders' });
        const { status, body } = await post(`${server.url}/v1/jobs/issue`, { sequence: 'orders', count: COUNT, file: 'ids.parquet' });
        expect(status).toBe(202);
        job = String(body['job']);
      }
      await pause(afterMs);
      await server.end('SIGKILL');
    }
    expect(existsSync(join(dataDir, 'bulk', '.jobs', `${job}.jsonl`))).toBe(true);
    const last = await startServer(dataDir);
    let view: { readonly state?: string; readonly error?: string } = {};
    while (view.state !== 'done') {
      view = (await (await fetch(`${last.url}/v1/jobs/${job}`)).json()) as typeof view;
      expect(view.state, view.error).not.toBe('dead');
      await pause(100);
    }
    const { body } = await post(`${last.url}/v1/sequences/orders/next`, { count: 10, clientType: 'bulk', service: 'bulk' });
    expect(await last.end('SIGTERM')).toBe(0);
    const facts = `SELECT count(*), count(DISTINCT value) FROM '${join(dataDir, 'bulk', 'ids.parquet')}'`;
    expect(await rowsOf(facts)).toEqual([[BigInt(COUNT), BigInt(COUNT)]]);
    const others = (body['values'] as string[]).join(', ');
    expect(await rowsOf(`SELECT value FROM '${join(dataDir, 'bulk', 'ids.parquet')}' WHERE value IN (${others})`)).toEqual([]);
    const audit = await seqcast('audit', '--data-dir', dataDir, '--json');
    expect(JSON.parse(audit.stdout)).toMatchObject({ ok: true, duplicates: 0 });
  }, 60_000);
});
