/**
 * What a value costs out of Redis: `seqcast_next` through the adapter against `INCR` through ioredis, one call in flight and 64 (where
 * ioredis pipelines automatically and the adapter in its own way); values a second at a hundred a call; and, for what the server alone
 * does, redis-benchmark with both. A Redis of its own, in a process of its own; the two are measured in turn, medians of ratios.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { openRedisStock, type RedisStock } from '../adapters/redis/stock.ts';
import type { NextCall } from '../pipelines/ports.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const STREAM = 'orders/web/checkout';
const KEY = `{${STREAM}}:stock`;
const ROUNDS = 7;
const ROUND_MS = 300;
const IN_FLIGHT = 64;
const CALL_RATIO_MIN = 0.5;
const VALUES_RATIO_MIN = 30;
/** Calls of one run of redis-benchmark, and how many it writes at a time. */
const SERVER_CALLS = 200_000;
const SERVER_PIPELINE = 16;
const START_MS_MAX = 10_000;

type Contestant = 'incrSingle' | 'nextSingle' | 'incr' | 'next' | 'hundred';

export async function run(): Promise<BenchResult[]> {
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => server.once('close', resolve));
  try {
    const stock = await opened(server, port);
    const [bare, bareSingle] = [new Redis({ port, enableAutoPipelining: true }), new Redis({ port })];
    const rounds = await measure(stock, bare, bareSingle);
    const results = [...adapterResults(rounds), ...(await serverResults(port))];
    bare.disconnect();
    bareSingle.disconnect();
    await stock.close();
    return results;
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}

async function measure(stock: RedisStock, bare: Redis, bareSingle: Redis): Promise<Record<Contestant, number>[]> {
  const call = (count: number): NextCall => {
    return { count, numbered: false, again: false, waiter: '', waiting: 0, request: '', payloadHash: '' };
  };
  const [one, hundred] = [call(1), call(100)];
  const contestants: readonly (readonly [Contestant, number, () => Promise<unknown>])[] = [
    ['incrSingle', 1, () => bareSingle.incr('counter')],
    ['nextSingle', 1, () => stock.next(STREAM, one)],
    ['incr', IN_FLIGHT, () => bare.incr('counter')],
    ['next', IN_FLIGHT, () => stock.next(STREAM, one)],
    ['hundred', IN_FLIGHT, () => stock.next(STREAM, hundred)],
  ];
  const rounds: Record<Contestant, number>[] = [];
  // The first round is a warm-up.
  for (let round = 0; round <= ROUNDS; round++) {
    const rates = { incrSingle: 0, nextSingle: 0, incr: 0, next: 0, hundred: 0 };
    for (const [name, inFlight, ask] of contestants) rates[name] = await rate(ask, inFlight);
    if (round > 0) rounds.push(rates);
  }
  return rounds;
}

/** Calls a second with so many in flight. */
async function rate(ask: () => Promise<unknown>, inFlight: number): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + ROUND_MS;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await ask();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return (1_000 * calls) / (performance.now() - startMs);
}

function adapterResults(rounds: readonly Record<Contestant, number>[]): BenchResult[] {
  const of = (name: Contestant): number => median(rounds.map((each) => each[name]));
  const single = median(rounds.map((each) => each.nextSingle / each.incrSingle));
  const many = median(rounds.map((each) => each.next / each.incr));
  const values = median(rounds.map((each) => (100 * each.hundred) / each.incr));
  const target = `>= ${CALL_RATIO_MIN} x`;
  return [
    {
      name: 'redis-next-single',
      value: of('nextSingle'),
      unit: 'calls/s, one in flight',
      baseline: of('incrSingle'),
      ratio: single,
      target,
      kept: single >= CALL_RATIO_MIN,
    },
    {
      name: 'redis-next',
      value: of('next'),
      unit: `calls/s, ${IN_FLIGHT} in flight`,
      baseline: of('incr'),
      ratio: many,
      target,
      kept: many >= CALL_RATIO_MIN,
    },
    {
      name: 'redis-next-100',
      value: 100 * of('hundred'),
      unit: `values/s, a hundred a call, ${IN_FLIGHT} in flight`,
      baseline: of('incr'),
      ratio: values,
      target: `>= ${VALUES_RATIO_MIN} x`,
      kept: values >= VALUES_RATIO_MIN,
    },
  ];
}

/** What the server alone does, with clients that cost next to nothing; nothing is promised of it. */
async function serverResults(port: number): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const pipeline of [SERVER_PIPELINE, 1]) {
    const baseline = await serverRate(port, pipeline, ['INCR', 'counter']);
    for (const [name, count, form] of [
      ['ordinals', 1, 'ordinals'],
      ['values', 1, 'values'],
      ['values-100', 100, 'values'],
    ] as const) {
      const value = await serverRate(port, pipeline, ['FCALL', 'seqcast_next', '1', KEY, String(count), form]);
      const note = `redis-benchmark -c 50 -P ${pipeline}, against INCR`;
      results.push({ name: `redis-server-${name}`, value, unit: 'calls/s of the server', baseline, ratio: value / baseline, note });
    }
  }
  return results;
}

async function serverRate(port: number, pipeline: number, command: readonly string[]): Promise<number> {
  const calls = pipeline === 1 ? SERVER_CALLS / 4 : SERVER_CALLS;
  const args = ['-p', String(port), '-q', '-c', '50', '-P', String(pipeline), '-n', String(calls), ...command];
  const { stdout } = await promisify(execFile)('redis-benchmark', args);
  return Number(/([\d.]+) requests per second/.exec(stdout)?.[1]);
}

/** The server's stock, with more in it than the bench takes. */
async function opened(server: ChildProcess, port: number): Promise<RedisStock> {
  const deadlineMs = performance.now() + START_MS_MAX;
  for (;;) {
    try {
      const stock = await openRedisStock({ url: `redis://127.0.0.1:${port}` });
      const values = { start: '1', increment: '1', firstPass: 0, period: 0, passStart: '1' };
      const place = { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard: 1, ordered: false };
      await stock.load(await stock.hello(), { ...place, start: 0, end: 2 ** 40, values });
      return stock;
    } catch (error) {
      if (server.pid === undefined || server.exitCode !== null || performance.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
