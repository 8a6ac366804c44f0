/**
 * The demo's demand through Kafka and Redis with two allocators, two fillers and two gateways, while each is killed in turn: what every
 * kill cost in stalls, whether any value was given out twice, and whether the audit accounts for all of them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchEngines } from './installation/engines.ts';
import { PacedCallers } from './installation/paced-callers.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import type { BenchResult } from './result.ts';

/** Roles in the order of their kills; each runs twice. */
const ROLES = ['allocator', 'filler', 'gateway'] as const;
/** Long enough for what a kill costs to be seen in full. */
const UNHURRIED: FailoverPauses = { warmUpMs: 12_000, betweenKillsMs: 6_000 };
/** What the demo's three streams ask for together, an order of magnitude apart. */
const STREAMS = [
  { service: 'x1', perSecond: 2 },
  { service: 'x50', perSecond: 20 },
  { service: 'x500', perSecond: 60 },
];

interface FailoverPauses {
  readonly warmUpMs: number;
  readonly betweenKillsMs: number;
}

interface Audit {
  readonly ok: boolean;
  readonly duplicates: number;
  readonly accounts: readonly { readonly sequence: string; readonly issued: number; readonly inDoubt: number; readonly burnt: number }[];
}

export interface FailoverRun {
  readonly kills: readonly { readonly killed: string; readonly stalls: number; readonly worstMs: number }[];
  readonly requests: number;
  readonly failures: number;
  readonly received: number;
  readonly duplicates: number;
  readonly audit: Audit;
  readonly sequence: string;
}

export async function run(): Promise<BenchResult[]> {
  const { kills, duplicates, audit, requests, failures, received, sequence } = await failover(benchEngines().env, () => undefined);
  const account = audit.accounts.find((each) => each.sequence === sequence);
  return [
    ...kills.map(({ killed, stalls, worstMs }) => ({
      name: `failover ${killed}`,
      value: stalls,
      unit: 'stalled requests',
      baseline: 0,
      ratio: 0,
      note: `slowest answer ${worstMs.toFixed(0)} ms`,
    })),
    {
      name: 'failover duplicates',
      value: duplicates + audit.duplicates,
      unit: 'values given out twice',
      baseline: 0,
      ratio: 0,
      target: '0',
      kept: duplicates + audit.duplicates === 0 && audit.ok,
      note: `${requests} requests, ${failures} without an answer, ${received} values received, ${account?.issued} issued, ${account?.inDoubt} in doubt, ${account?.burnt} burnt; audit ${audit.ok ? 'ok' : 'NOT ok'}`,
    },
  ];
}

export async function failover(
  env: Readonly<Record<string, string>>,
  say: (line: string) => void,
  { warmUpMs, betweenKillsMs }: FailoverPauses = UNHURRIED,
): Promise<FailoverRun> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-failover-'));
  const running = new Map<string, WorkerProcess>();
  let lives = 0;
  const start = async (role: string, place: string): Promise<WorkerProcess> => {
    lives++;
    const name = `${role}-${place}-${lives}`;
    const started = await startWorkerProcess({ env, name, roles: role, dataDir: join(dataDir, name) });
    running.set(`${role} ${place}`, started);
    return started;
  };
  let callers: PacedCallers | undefined;
  try {
    await Promise.all(['a', 'b'].flatMap((place) => ROLES.map((role) => start(role, place))));
    await start('forecaster', 'a');
    const gateways = (): string[] => ['a', 'b'].flatMap((place) => running.get(`gateway ${place}`)?.url ?? []);
    const sequence = `failover-${Date.now()}`;
    await created(gateways()[0] ?? '', sequence);
    callers = new PacedCallers({ sequence, gateways: gateways(), streams: STREAMS, count: 5 });
    callers.start();
    await pause(warmUpMs);
    const kills: { killed: string; stalls: number; worstMs: number }[] = [];
    for (const role of ROLES) {
      for (const place of ['a', 'b']) {
        const victim = running.get(`${role} ${place}`);
        const before = await stallsOf(gateways(), sequence);
        callers.latenciesMs.length = 0;
        running.delete(`${role} ${place}`);
        if (role === 'gateway') callers.gateways = gateways();
        await victim?.signal('SIGKILL');
        await pause(betweenKillsMs);
        const stalls = (await stallsOf(gateways(), sequence)) - before;
        const worstMs = callers.latenciesMs.reduce((worst, each) => Math.max(worst, each), 0);
        kills.push({ killed: `${role} ${place}`, stalls, worstMs });
        say(`killed ${role} ${place}: ${stalls} requests stalled, the slowest answer took ${worstMs.toFixed(0)} ms`);
        await start(role, place);
        callers.gateways = gateways();
        await pause(betweenKillsMs / 2);
      }
    }
    await callers.stop();
    const audit = (await (await fetch(`${gateways()[0]}/v1/audit`, { method: 'POST' })).json()) as Audit;
    const { requests, failures, issued } = callers;
    return { kills, requests, failures, received: issued.count, duplicates: issued.duplicates, audit, sequence };
  } finally {
    await callers?.stop();
    await Promise.all([...running.values()].map((worker) => worker.signal('SIGKILL')));
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function created(gateway: string, name: string): Promise<void> {
  const body = JSON.stringify({ name, rideThroughMs: 5_000 });
  const response = await fetch(`${gateway}/v1/sequences`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`the sequence could not be created: ${await response.text()}`);
}

/** Requests that waited, as the consumption events say; the last second of them may still be on its way. */
async function stallsOf(gateways: readonly string[], sequence: string): Promise<number> {
  await pause(1_200);
  const { streams } = (await (await fetch(`${gateways[0]}/v1/streams`)).json()) as {
    readonly streams: readonly { readonly stream: string; readonly stallsTotal: number }[];
  };
  return streams.filter(({ stream }) => stream.startsWith(`${sequence}/`)).reduce((sum, { stallsTotal }) => sum + stallsTotal, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
