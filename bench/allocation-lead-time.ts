/**
 * From decision to stock that can be used, through Kafka and Redis: new streams order one after the other, and the filler's histogram says
 * how long each shard was on its way after it was decided. Beside it, what a caller waited in all, from its request to its answer.
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
    const filler = await startWorkerProcess({ env, name: 'lead-filler', roles: 'filler', dataDir: join(dataDir, 'filler') });
    running.push(filler);
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
    const fills = fillTimes(await (await fetch(`${filler.url}/metrics`)).text());
    const [p50, p99] = [quantileMs(fills, 0.5), quantileMs(fills, 0.99)];
    const note = `${fills.at(-1)?.count} shards of ${ORDERS} streams, one after the other; interpolated in the filler's histogram`;
    const callers = `first request of a stream to its answer: order, decision, ledger, load, answer`;
    return [
      {
        name: 'allocation-lead-time',
        value: p50,
        unit: 'ms p50',
        baseline: 0,
        ratio: 0,
        target: `<= ${P50_MS_MAX} ms`,
        kept: p50 <= P50_MS_MAX,
        note,
      },
      {
        name: 'allocation-lead-p99',
        value: p99,
        unit: 'ms p99',
        baseline: 0,
        ratio: 0,
        target: `<= ${P99_MS_MAX} ms`,
        kept: p99 <= P99_MS_MAX,
      },
      { name: 'allocation-wait', value: at(0.5), unit: `ms p50, p99 ${at(0.99).toFixed(0)} ms`, baseline: 0, ratio: 0, note: callers },
    ];
  } finally {
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Bucket {
  readonly upToMs: number;
  /** Observations up to there. */
  readonly count: number;
}

function fillTimes(metrics: string): Bucket[] {
  const lines = metrics.matchAll(/^seqcast_fill_time_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  return [...lines].map(([, le = '', count]) => ({
    upToMs: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le) * 1_000,
    count: Number(count),
  }));
}

/** Linear within a bucket, as Prometheus does it. */
function quantileMs(buckets: readonly Bucket[], share: number): number {
  const rank = share * (buckets.at(-1)?.count ?? 0);
  let before: Bucket = { upToMs: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= rank && bucket.count > before.count) {
      const part = (rank - before.count) / (bucket.count - before.count);
      return Number.isFinite(bucket.upToMs) ? before.upToMs + part * (bucket.upToMs - before.upToMs) : before.upToMs;
    }
    before = bucket;
  }
  return Number.NaN;
}
