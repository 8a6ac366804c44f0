/**
 * A value over HTTP out of Redis: our gateway against bare fastify with one `INCR` a request, on the same Redis, in turn. Filler and
 * allocator are processes of their own, as they are where it is installed.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONNECTIONS, requestRate } from './http-load.ts';
import { benchEngines } from './installation/engines.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 5;
const SECONDS = 3;
const BODY = '{"count":1}';
const RATIO_MIN = 0.8;

export async function run(): Promise<BenchResult> {
  const { env, redis } = benchEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const running: WorkerProcess[] = [];
  const bare = spawn(process.execPath, [fileURLToPath(new URL('./gateway-redis-bare.js', import.meta.url)), redis], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const bareUrl = await new Promise<string>((resolve) => {
      bare.stdout.once('data', (line) => resolve((JSON.parse(String(line)) as { url: string }).url));
    });
    running.push(
      await startWorkerProcess({ env, name: 'bench-back', roles: 'allocator,filler,forecaster', dataDir: join(dataDir, 'back') }),
    );
    const gateway = await startWorkerProcess({ env, name: 'bench-gateway', roles: 'gateway', dataDir: join(dataDir, 'gateway') });
    running.push(gateway);
    const sequence = `bench-${Date.now()}`;
    const headers = { 'content-type': 'application/json' };
    await fetch(`${gateway.url}/v1/sequences`, { method: 'POST', headers, body: JSON.stringify({ name: sequence }) });
    const oursUrl = `${gateway.url}/v1/sequences/${sequence}/next`;
    // Until the forecast knows the pace, a bench would measure allocations.
    await requestRate(oursUrl, { seconds: 2 * SECONDS, body: BODY });
    await requestRate(bareUrl, { seconds: 1, body: BODY });
    const rounds: { ours: number; bare: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const load = { seconds: SECONDS, body: BODY };
      rounds.push({ bare: await requestRate(bareUrl, load), ours: await requestRate(oursUrl, load) });
    }
    const ratio = median(rounds.map((each) => each.ours / each.bare));
    return {
      name: 'gateway-redis',
      value: median(rounds.map((each) => each.ours)),
      unit: 'requests/s, one value each',
      baseline: median(rounds.map((each) => each.bare)),
      ratio,
      target: `>= ${RATIO_MIN} x`,
      kept: ratio >= RATIO_MIN,
      note: `${CONNECTIONS} connections, autocannon, medians of ${ROUNDS} rounds of ${SECONDS} s; baseline: fastify and one INCR through ioredis with autopipelining`,
    };
  } finally {
    bare.kill('SIGTERM');
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
    await rm(dataDir, { recursive: true, force: true });
  }
}
