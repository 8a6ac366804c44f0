/**
 * How soon there is a first value: `open()` of an empty directory to the first value, and a process start to `/readyz`. Medians
 * of several runs, each in a fresh process and a fresh directory.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const RUNS = 7;
const OPEN_MS_MAX = 150;
const READY_MS_MAX = 1_500;

export async function run(): Promise<BenchResult[]> {
  const opens: number[] = [];
  const readies: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    opens.push(await inFreshDirectory(openToFirstValue));
    readies.push(await inFreshDirectory(processToReady));
  }
  const openMs = median(opens);
  const readyMs = median(readies);
  return [
    {
      name: 'start-open',
      value: openMs,
      unit: 'ms from open() of an empty directory to the first value',
      baseline: OPEN_MS_MAX,
      ratio: openMs / OPEN_MS_MAX,
      target: '<= 150 ms',
      kept: openMs <= OPEN_MS_MAX,
    },
    {
      name: 'start-up',
      value: readyMs,
      unit: 'ms from process start of `seqcast up` to ready',
      baseline: READY_MS_MAX,
      ratio: readyMs / READY_MS_MAX,
      target: '<= 1,500 ms',
      kept: readyMs <= READY_MS_MAX,
    },
  ];
}

async function inFreshDirectory(measure: (dataDir: string) => Promise<number>): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  try {
    return await measure(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The clock starts when the module is loaded: an application has paid for that already. */
async function openToFirstValue(dataDir: string): Promise<number> {
  const program = `
    import { open } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
    const startMs = performance.now();
    const seqcast = await open({ dataDir: ${JSON.stringify(dataDir)} });
    await seqcast.create('orders', {});
    const answer = await seqcast.next({ sequence: 'orders', count: 1 });
    if (answer.blocks[0].start !== 1n) throw new Error('the first value is not 1');
    console.log(performance.now() - startMs);
    await seqcast.close();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return Number(stdout);
}

async function processToReady(dataDir: string): Promise<number> {
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const startMs = performance.now();
  const server = spawn(process.execPath, [main, 'up', '--data-dir', dataDir, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const url = await addressOf(server);
    const ready = await fetch(`${url}/readyz`);
    if (!ready.ok) throw new Error(`/readyz answered ${ready.status}`);
    return performance.now() - startMs;
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
}

async function addressOf(server: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of server.stdout ?? []) {
    text += String(chunk);
    const url = /http:\/\/[0-9.:[\]a-z]+/.exec(text)?.[0];
    if (url !== undefined && text.includes('\n')) return url;
  }
  throw new Error('the server ended before it told its address');
}
