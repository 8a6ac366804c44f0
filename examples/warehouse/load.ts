/**
 * A warehouse load: a file of rows that have no ids yet is written by DuckDB, `seqcast stamp` gives each row a value, and DuckDB checks that
 * no value is there twice and none is missing. `tsx examples/warehouse/load.ts [ROWS] [DIRECTORY]`
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { seqcast, startServer } from './seqcast-commands.ts';

const ROWS = 10_000_000;
const INPUT = 'sales.parquet';
const STAMPED = 'sales-with-ids.parquet';

const [rowsText = String(ROWS), given] = process.argv.slice(2);
const rows = Number(rowsText);
const directory = given ?? (await mkdtemp(join(tmpdir(), 'warehouse-')));
// What `--bulk-dir` would name: jobs read and write files there and nowhere else.
const files = join(directory, 'bulk');
await mkdir(files, { recursive: true });

await timed(`DuckDB writes ${rows} rows`, () =>
  query(`COPY (SELECT range AS line, 'store-' || range % 250 AS store, (range * 7919 % 100000) / 100 AS amount,
    TIMESTAMP '2026-01-01' + to_seconds(range // 4) AS sold_at FROM range(${rows})) TO '${join(files, INPUT)}' (FORMAT parquet)`),
);
const server = await startServer(directory);
try {
  await seqcast(server.url, 'create', 'sale-ids');
  await timed(`seqcast stamps ${rows} rows`, () =>
    seqcast(server.url, 'stamp', 'sale-ids', '--in', INPUT, '--out', STAMPED, '--column', 'sale_id', '--wait'),
  );
  console.log(`the server had ${await peakMegabytes(server.pid)} MB at most`);
} finally {
  await server.end();
}
await timed('DuckDB verifies', verify);
if (given === undefined) await rm(directory, { recursive: true });

/** Every row has an id, each once, in the order of the rows; all else is as it was. */
async function verify(): Promise<void> {
  const [facts = []] = await query(`SELECT count(*), count(sale_id), count(DISTINCT sale_id), min(sale_id), max(sale_id),
    count(*) FILTER (WHERE sale_id <> line + 1) FROM '${join(files, STAMPED)}'`);
  const [count, stamped, distinct, first, last, outOfOrder] = facts.map(Number);
  const [[sameRows] = []] = await query(
    `SELECT count(*) FROM '${join(files, INPUT)}' JOIN '${join(files, STAMPED)}' USING (line, store, amount, sold_at)`,
  );
  const isWhole = [count, stamped, distinct, Number(sameRows)].every((each) => each === rows) && outOfOrder === 0;
  console.log(
    `${count} rows, ${stamped} with an id, ${distinct} different ids, ${first} to ${last}: ${isWhole ? 'complete' : 'NOT COMPLETE'}`,
  );
  if (!isWhole) process.exitCode = 1;
}

async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now();
  await work();
  console.log(`${what}: ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
}

/** As Linux tells it of a process. */
async function peakMegabytes(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? 'an unknown number of' : String(Math.round(Number(kilobytes) / 1_024));
}
