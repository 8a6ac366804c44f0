/** An installation of real processes on real engines for one test: started role by role, ill-treated, audited, and ended with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PacedCallers } from '../../bench/installation/paced-callers.ts';
import { startWorkerProcess, type WorkerProcess } from '../../bench/installation/worker-process.ts';
import { post } from './server.ts';

export interface Audit {
  readonly ok: boolean;
  readonly duplicates: number;
  readonly problems: readonly string[];
  readonly accounts: readonly {
    readonly sequence: string;
    readonly claimed: number;
    readonly issued: number;
    readonly stock: number;
    readonly burnt: number;
    readonly inDoubt: number;
    readonly balanced: boolean;
  }[];
}

export interface Member {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly incarnation: string;
  readonly partitions: readonly number[];
  readonly takeOvers: number;
}

/** Hears what is to be done when the test ends. Tests that run beside others have one of their own, in their context. */
export type AtEnd = (end: () => Promise<void>) => void;

let installations = 0;

export class TestInstallation {
  readonly processes = new Map<string, WorkerProcess>();
  readonly sequence: string;
  readonly pool: string;
  readonly #kafka: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #directory = mkdtempSync(join(tmpdir(), 'seqcast-e2e-'));

  constructor(kafka: readonly string[], env: Readonly<Record<string, string>> = {}, atEnd: AtEnd = onTestFinished) {
    this.#env = env;
    installations++;
    this.#kafka = kafka.join(',');
    this.sequence = `orders-${installations}`;
    this.pool = `pool-${installations}`;
    atEnd(async () => {
      await Promise.all([...this.processes.values()].map((each) => each.signal('SIGKILL')));
      rmSync(this.#directory, { recursive: true, force: true });
    });
  }

  /** `redis`: that of the pool it looks after, or of the first pool, for its route table and its jobs. */
  async start(
    name: string,
    roles: string,
    redis: string,
    options: { readonly pool?: string; readonly routes?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<WorkerProcess> {
    const { pool = this.pool, routes, env: own } = options;
    const env = {
      SEQCAST_KAFKA: this.#kafka,
      SEQCAST_REDIS: redis,
      SEQCAST_POOL: pool,
      ...this.#env,
      ...own,
      ...(routes !== undefined && { SEQCAST_ROUTES_REDIS: routes, SEQCAST_JOBS_REDIS: routes }),
    };
    const member = `${name}-${this.sequence}`;
    const started = await startWorkerProcess({ env, name: member, roles, dataDir: join(this.#directory, name) });
    this.processes.set(name, started);
    return started;
  }

  get gateways(): string[] {
    return [...this.processes].filter(([name]) => name.startsWith('gateway')).map(([, { url }]) => url);
  }

  async create(attributes: object = {}): Promise<void> {
    const { status, body } = await post(`${this.gateways[0]}/v1/sequences`, { name: this.sequence, ...attributes });
    if (status !== 201 && status !== 200) throw new Error(`not created: ${JSON.stringify(body)}`);
  }

  callers(perSecond = 40): PacedCallers {
    const streams = ['a', 'b', 'c'].map((service) => ({ service, perSecond: perSecond / 3 }));
    return new PacedCallers({ sequence: this.sequence, gateways: this.gateways, streams, count: 5 });
  }

  async kill(name: string): Promise<void> {
    await this.processes.get(name)?.signal('SIGKILL');
    this.processes.delete(name);
  }

  async audit(): Promise<Audit & { readonly account: Audit['accounts'][number] | undefined }> {
    const { body } = await post(`${this.gateways[0]}/v1/audit`, {});
    const audit = body as unknown as Audit;
    return { ...audit, account: audit.accounts.find(({ sequence }) => sequence === this.sequence) };
  }

  async members(): Promise<readonly Member[]> {
    return ((await (await fetch(`${this.gateways[0]}/v1/members`)).json()) as { members: Member[] }).members;
  }

  /** Which life of the pool's store this is. */
  async life(): Promise<string | undefined> {
    return (await this.members()).find(({ member }) => member === this.pool)?.incarnation;
  }

  /** Waited requests so far, as the consumption topic says; the last second of them may still be on its way. */
  async stalls(): Promise<number> {
    await pause(1_500);
    const { streams } = (await (await fetch(`${this.gateways[0]}/v1/streams`)).json()) as {
      readonly streams: readonly { readonly stream: string; readonly stallsTotal: number }[];
    };
    return streams.filter(({ stream }) => stream.startsWith(`${this.sequence}/`)).reduce((sum, each) => sum + each.stallsTotal, 0);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again until it holds; the test's time-out ends it when it never does. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(100);
}
