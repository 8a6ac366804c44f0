/**
 * Eight writers against the invoicing service, which is killed with kill -9 while they write; then a new year, and they write again. At
 * the end the numbers of both branches and both years must be 1 to n. `SEQCAST_POSTGRES=postgres://… tsx examples/invoices/driver.ts`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { BranchReport } from './report.ts';
import { ServiceProcess } from './service-process.ts';
import { CUSTOMERS } from './tables.ts';
import { newCounts, Writer } from './writer.ts';

const WRITERS = 8;
const BRANCHES = ['berlin', 'munich'];
/** Orders of each writer, and how often the service is killed meanwhile. */
const YEARS = [
  { orders: 30, kills: 2 },
  { orders: 10, kills: 0 },
];
const KILL_AFTER_MS = 900;
/** In the end some customers would owe more than their credit. */
const CENTS_MAX = 14_000;
const REPORT_LINES = 6;

const server = process.env.SEQCAST_POSTGRES;
if (server === undefined) throw new Error('SEQCAST_POSTGRES names no server');
const database = `invoices_${process.pid}`;
const postgres = server.replace(/\/[^/]*$/, `/${database}`);
const dataDir = await mkdtemp(join(tmpdir(), 'invoices-'));
const service = new ServiceProcess(dataDir, postgres);
const counts = newCounts();
let orders = 0;
const below = (end: number): number => Math.floor(Math.random() * end);
const writer = new Writer(service, counts, below);

await onServer(`CREATE DATABASE ${database}`);
try {
  await service.start();
  for (const [year, { orders: each, kills }] of YEARS.entries()) {
    if (year > 0) await beginNextYear();
    let isWriting = true;
    const writing = Promise.all(Array.from({ length: WRITERS }, () => writeOrders(each))).finally(() => {
      isWriting = false;
    });
    for (let kill = 0; kill < kills && isWriting; kill++) {
      await pause(KILL_AFTER_MS);
      await service.kill();
      await service.start();
      await endConnections();
    }
    await writing;
    await settle();
  }
  const isRight = tell(await report());
  process.exitCode = isRight ? 0 : 1;
} finally {
  await service.kill();
  await onServer(`DROP DATABASE ${database} WITH (FORCE)`);
  await rm(dataDir, { recursive: true, force: true });
}

function order(): { readonly order: string; readonly branch: string; readonly customer: number; readonly cents: number } {
  orders++;
  const branch = BRANCHES[below(BRANCHES.length)] as string;
  return { order: `order-${orders}`, branch, customer: 1 + below(CUSTOMERS), cents: below(CENTS_MAX) };
}

async function writeOrders(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await writer.write(order());
}

/** Somebody restarts a proxy: the service loses its connections to PostgreSQL. */
async function endConnections(): Promise<void> {
  await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND application_name = 'invoices'`);
}

/** Drafts that nobody came back for expire; what was given up last is taken by the next invoices. */
async function settle(): Promise<void> {
  for (;;) {
    const voids = (await report()).flatMap(({ branch, years }) => (years.at(-1)?.voids ?? []).map((text) => ({ branch, text })));
    if (voids.length === 0) return;
    const free = voids.filter(({ text }) => !text.includes(' is reserved'));
    for (const { branch } of free) await writer.invoice({ ...order(), branch, cents: 0 });
    if (free.length === 0) await pause(200);
  }
}

/** The next life of the service believes that it is the second of January. */
async function beginNextYear(): Promise<void> {
  const nowMs = Date.now();
  service.clockAheadMs = Date.UTC(new Date(nowMs).getUTCFullYear() + 1, 0, 2) - nowMs;
  await service.kill();
  await service.start();
}

async function report(): Promise<readonly BranchReport[]> {
  return ((await (await fetch(`${service.url}/report`)).json()) as { readonly branches: readonly BranchReport[] }).branches;
}

/** True where every number is there, and every answer was the truth. */
function tell(branches: readonly BranchReport[]): boolean {
  let isRight = true;
  let invoices = 0;
  for (const { branch, years } of branches) {
    for (const { invoices: count, first, last, missing, voids, reuses, rolledBack } of years) {
      const isWhole = missing.length === 0 && voids.length === 0 && Number(last.slice(-6)) === count;
      isRight &&= isWhole;
      invoices += count;
      console.log(`${branch}: ${count} invoices, ${first} to ${last}, ${isWhole ? 'without a gap' : `WITH GAPS: ${missing.join(', ')}`}`);
      for (const lines of [voids, reuses, rolledBack]) {
        for (const line of lines.slice(0, REPORT_LINES)) console.log(`  ${line}`);
        if (lines.length > REPORT_LINES) console.log(`  … and ${lines.length - REPORT_LINES} more like it`);
      }
    }
  }
  const { invoiced, rolledBack, withdrawn, forgotten, hungUp } = counts;
  isRight &&= invoiced.size === invoices;
  console.log(
    `${invoiced.size} invoices were answered and ${invoices} are in the table; ${rolledBack} orders rolled back after numbering, ` +
      `${withdrawn} drafts withdrawn, ${forgotten} forgotten, ${hungUp} calls hung up on, the service killed ${service.kills} times`,
  );
  return isRight;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}
