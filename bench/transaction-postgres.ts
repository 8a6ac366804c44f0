/**
 * The transaction pool's store on PostgreSQL: numbers reserved and confirmed a second, against what many do today, one counter row that
 * 8 clients update, on the same server in the same run. Both are durable before they are answered.
 *
 * Ours are 8 clients of one pool, too, each with several calls in flight, as a service's callers have; with one each is told beside it.
 */
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { openPostgresRegistrar, type PostgresRegistrar } from '../adapters/postgres/registrar.ts';
import type { RegistrarCommand } from '../pipelines/ports.ts';
import { benchPostgres } from './installation/engines.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const CLIENTS = 8;
const IN_FLIGHT_EACH = 64;
const ROUNDS = 5;
const ROUND_MS = 2_000;
const RATIO_MIN = 5;
const WRITER = { life: 'bench', ops: 0 };
const CAPACITY = 1_000_000_000;

export async function run(): Promise<BenchResult[]> {
  const url = benchPostgres();
  // Tables of this run only: what another one left would be slower or faster.
  const schema = `bench_${process.pid}_${Date.now()}`;
  const registrar = await openPostgresRegistrar({ url, schema });
  const counter = await openCounter(url, schema);
  try {
    const pair = await openPairs(registrar);
    const bare: number[] = [];
    const one: number[] = [];
    const many: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const rates = [await rateOf(CLIENTS, counter.update), await rateOf(CLIENTS, pair), await rateOf(CLIENTS * IN_FLIGHT_EACH, pair)];
      // The first round warms all up.
      if (round === 0) continue;
      for (const [index, list] of [bare, one, many].entries()) list.push(rates[index] as number);
    }
    return [
      result(
        'transaction-postgres',
        `reserve+confirm pairs/s of ${CLIENTS} clients with ${IN_FLIGHT_EACH} calls in flight each`,
        many,
        bare,
      ),
      { ...untargeted(result('transaction-postgres-one', `pairs/s of ${CLIENTS} clients with one call in flight each`, one, bare)) },
    ];
  } finally {
    await registrar.close();
    await counter.close();
  }
}

/** Reserves a number under a key nobody used before and confirms it. */
async function openPairs(registrar: PostgresRegistrar): Promise<() => Promise<void>> {
  await registrar.recordLife(WRITER.life);
  const name = { sequence: 'invoices', generation: 0, label: '', keyScope: 'invoices' };
  const { status } = await registrar.openSeries(WRITER, { ...name, capacity: CAPACITY });
  await registrar.grant(WRITER, status.series, { start: 0, end: CAPACITY });
  let keys = 0;

  async function done(command: RegistrarCommand): Promise<string> {
    const [outcome] = (await registrar.apply(WRITER, [command])).outcomes;
    if (outcome === undefined || 'refusal' in outcome) throw outcome?.refusal ?? new Error('no outcome');
    return outcome.reservation.id;
  }

  return async () => {
    const key = `order-${(keys++ * 7_919) % 1_000_003}-${keys}`;
    const common = {
      series: status.series,
      key,
      payloadHash: 'e3b0c44298fc1c149afbf4c8996fb924',
      count: 1,
      owner: 'shop',
      nowMs: Date.now(),
    };
    const id = await done({ kind: 'reserve', ...common, ttlMs: 60_000 });
    await done({ kind: 'confirm', id, by: 'shop', nowMs: Date.now() });
  };
}

/** The counter row, and a connection for each client. */
async function openCounter(url: string, schema: string): Promise<{ update(client: number): Promise<void>; close(): Promise<void> }> {
  const clients = Array.from({ length: CLIENTS }, () => new pg.Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  const [first] = clients;
  await first?.query(`CREATE TABLE ${schema}.counter (name text PRIMARY KEY, value bigint NOT NULL) WITH (fillfactor = 10)`);
  await first?.query(`INSERT INTO ${schema}.counter VALUES ('invoices', 0)`);
  const text = `UPDATE ${schema}.counter SET value = value + 1 WHERE name = $1 RETURNING value`;
  return {
    update: async (client) => void (await clients[client]?.query({ name: 'next', text, values: ['invoices'] })),
    async close() {
      await first?.query(`DROP SCHEMA ${schema} CASCADE`);
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}

/** How often a second so many callers do it, each again as soon as it is done. */
async function rateOf(callers: number, work: (caller: number) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  let times = 0;
  async function caller(index: number): Promise<void> {
    while (performance.now() - startMs < ROUND_MS) {
      await work(index);
      times++;
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  return (times / (performance.now() - startMs)) * 1_000;
}

function result(name: string, unit: string, ours: readonly number[], bare: readonly number[]): BenchResult {
  const ratio = median(ours.map((rate, index) => rate / (bare[index] as number)));
  return {
    ...{ name, value: median(ours), unit, baseline: median(bare), ratio, target: `>= ${RATIO_MIN} x`, kept: ratio >= RATIO_MIN },
    note: `baseline: UPDATE … RETURNING of a counter row, ${CLIENTS} clients on connections of their own`,
  };
}

function untargeted({ target: _target, kept: _kept, ...rest }: BenchResult): BenchResult {
  return rest;
}
