/** An allocator killed under load: how long an order waits until another one answers it, and the stalls that costs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchEngines } from './installation/engines.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 3;
const TAKEOVER_MS_MAX = 2_000;
/** Streams that begin at the moment of the kill: what they order falls on every partition, the dead one's too. */
const STREAMS = 32;

export async function run(): Promise<BenchResult> {
  const { env } = benchEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-takeover-'));
  const running: WorkerProcess[] = [];
  let lives = 0;
  const start = async (roles: string): Promise<WorkerProcess> => {
    const name = `takeover-${++lives}`;
    const started = await startWorkerProcess({ env, name, roles, dataDir: join(dataDir, name) });
    running.push(started);
    return started;
  };
  try {
    const gateway = await start('gateway,filler,forecaster');
    await start('allocator');
    const sequence = `takeover-${Date.now()}`;
    const headers = { 'content-type': 'application/json' };
    await fetch(`${gateway.url}/v1/sequences`, { method: 'POST', headers, body: JSON.stringify({ name: sequence }) });
    const slowest: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = await start('allocator');
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      const owner = await ownerOf(gateway.url, running);
      const victim = owner ?? before;
      void victim.signal('SIGKILL');
      const startMs = performance.now();
      const asked = Array.from({ length: STREAMS }, async (_, index) => {
        const body = JSON.stringify({ count: 1, service: `r${round}-${index}` });
        const response = await fetch(`${gateway.url}/v1/sequences/${sequence}/next`, { method: 'POST', headers, body });
        if (!response.ok) throw new Error(`no value after the kill: ${await response.text()}`);
        return performance.now() - startMs;
      });
      slowest.push(Math.max(...(await Promise.all(asked))));
    }
    const worst = Math.max(...slowest);
    return {
      name: 'takeover',
      value: worst,
      unit: 'ms until every order was answered',
      baseline: 0,
      ratio: 0,
      target: `<= ${TAKEOVER_MS_MAX} ms`,
      kept: worst <= TAKEOVER_MS_MAX,
      note: `${ROUNDS} kills of the owner, ${STREAMS} new streams each: ${slowest.map((each) => each.toFixed(0)).join(', ')} ms`,
    };
  } finally {
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The allocator that owns most partitions. */
async function ownerOf(gateway: string, running: readonly WorkerProcess[]): Promise<WorkerProcess | undefined> {
  const { members } = (await (await fetch(`${gateway}/v1/members`)).json()) as {
    readonly members: readonly {
      readonly member: string;
      readonly role: string;
      readonly state: string;
      readonly partitions: readonly number[];
    }[];
  };
  const owners = members.filter(({ role, state }) => role === 'allocator' && state === 'living');
  owners.sort((a, b) => b.partitions.length - a.partitions.length);
  return running.find(({ name }) => name === owners[0]?.member);
}
