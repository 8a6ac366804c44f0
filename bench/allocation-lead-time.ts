/**
 * From decision to stock that can be used, through Kafka and Redis: new streams order one after the other, and the histogram of the filler
 * says how long each was on its way, from its order on.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchEngines } from './installation/engines.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import type { BenchResult } from './result.ts';

const ORDERS = 300;
const P50_MS_MAX = 15;
const P99_MS_MAX = 100;

export async function run(): Promise<BenchResult[]> {
  const { env } = benchEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-lead-'));
  const running: WorkerProcess[] = [];
  try {
    running.push(await startWorkerProcess({ env, name: 'lead-allocator', roles: 'allocator', dataDir: join(dataDir, 'allocator') }));
    running.push(await startWorkerProcess({ env, name: 'lead-filler', roles: 'filler', dataDir: join(dataDir, 'filler') }));
    const gateway = await startWorkerProcess({ env, name: 'lead-gateway', roles: 'gateway', dataDir: join(dataDir, 'gateway') });
    running.push(gateway);
    const sequence = `lead-${Date.now()}`;
    const headers = { 'content-type': 'application/json' };
    await fetch(`${gateway.url}/v1/sequences`, { method: 'POST', headers, body: JSON.stringify({ name: sequence }) });
    const waits: number[] = [];
    for (let order = 0; order < ORDERS; order++) {
      const body = JSON.stringify({ count: 1, service: `s${order}` });
      const startMs = performance.now();
      const response = await fetch(`${gateway.url}/v1/sequences/${sequence}/next`, { method: 'POST', headers, body });
      if (!response.ok) throw new Error(await response.text());
      if (order >= ORDERS / 10) waits.push(performance.now() - startMs);
    }
    waits.sort((a, b) => a - b);
    const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] as number;
    const note = `${waits.length} streams' first requests, one at a time: request, order, decision, ledger, load, answer; the whole wait, so an upper bound`;
    return [
      {
        name: 'allocation-lead-time',
        value: at(0.5),
        unit: 'ms p50',
        baseline: 0,
        ratio: 0,
        target: `<= ${P50_MS_MAX} ms`,
        kept: at(0.5) <= P50_MS_MAX,
        note,
      },
      {
        name: 'allocation-lead-p99',
        value: at(0.99),
        unit: 'ms p99',
        baseline: 0,
        ratio: 0,
        target: `<= ${P99_MS_MAX} ms`,
        kept: at(0.99) <= P99_MS_MAX,
      },
    ];
  } finally {
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
    await rm(dataDir, { recursive: true, force: true });
  }
}
