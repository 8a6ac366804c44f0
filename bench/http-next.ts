/**
 * What a value costs over HTTP: `POST …/next` for one value and for a hundred, against the same server (fastify, same body parsing)
 * answering a fixed body. Server in a process of its own, load from this one; the two are measured in turn, medians of ratios.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requestRate } from './http-load.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 5;
const SECONDS = 3;
const SINGLE_MIN = 0.8;
const HUNDRED_MIN = 50;

export async function run(): Promise<BenchResult[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const server = spawn(process.execPath, [fileURLToPath(new URL('./http-next-server.js', import.meta.url)), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const { ours, fixed } = await addresses(server);
    const measured: { fixed: number; single: number; hundred: number }[] = [];
    await rate(ours, 1, 1);
    await rate(fixed, 1, 1);
    for (let round = 0; round < ROUNDS; round++) {
      measured.push({
        fixed: await rate(fixed, 1, SECONDS),
        single: await rate(ours, 1, SECONDS),
        hundred: await rate(ours, 100, SECONDS),
      });
    }
    return results(measured);
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  }
}

function results(measured: readonly { fixed: number; single: number; hundred: number }[]): BenchResult[] {
  const fixed = median(measured.map((each) => each.fixed));
  const single = median(measured.map((each) => each.single / each.fixed));
  const hundred = median(measured.map((each) => (100 * each.hundred) / each.fixed));
  return [
    {
      name: 'http-next',
      value: median(measured.map((each) => each.single)),
      unit: 'requests/s, one value each',
      baseline: fixed,
      ratio: single,
      target: '>= 0.8 x',
      kept: single >= SINGLE_MIN,
    },
    {
      name: 'http-next-100',
      value: median(measured.map((each) => 100 * each.hundred)),
      unit: 'values/s, a hundred a request',
      baseline: fixed,
      ratio: hundred,
      target: '>= 50 x',
      kept: hundred >= HUNDRED_MIN,
    },
  ];
}

function rate(url: string, count: number, seconds: number): Promise<number> {
  return requestRate(url, { seconds, body: JSON.stringify({ count }) });
}

async function addresses(server: ChildProcess): Promise<{ ours: string; fixed: string }> {
  let text = '';
  for await (const chunk of server.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return JSON.parse(text) as { ours: string; fixed: string };
  }
  throw new Error('the server of the bench ended before it told its addresses');
}
