/**
 * The workers of a run: two of each role, each a real process from `dist/`, started again when it ends, as whatever runs an installation
 * does. Gateways keep their ports, so that callers need no telling.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from './clock.ts';
import type { Ports } from './ports.ts';

export const ROLES = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'dist/cli/main.js');
/** Wall clocks are stepped by what is loaded into each worker first. */
const CLOCK = join(import.meta.dirname, 'clock-step.cjs');
/** So are planted bugs. */
const PLANTED = join(import.meta.dirname, 'planted/register.mjs');
/** Before one that ended by itself is started again, as a supervisor does. */
const RESTART_PAUSE_MS = 1_000;
const READY_TIMEOUT_MS = 1_000;
const POLL_MS = 200;
/** Ten processes that start at once on two cores. */
const START_TIMEOUT_MS = 120_000;

export interface Died {
  readonly at: number;
  readonly worker: string;
  readonly code: number | string;
  readonly lastWords: string;
}

export class Worker {
  readonly name: string;
  readonly role: Role;
  readonly port: number;
  readonly #dir: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #onDeath: (died: Died) => void;
  #child: ChildProcess | undefined;
  #isWanted = false;

  constructor(options: {
    readonly name: string;
    readonly role: Role;
    readonly port: number;
    readonly dir: string;
    readonly env: Readonly<Record<string, string>>;
    readonly onDeath: (died: Died) => void;
  }) {
    const { name, role, port, dir, env, onDeath } = options;
    this.name = name;
    this.role = role;
    this.port = port;
    this.#dir = dir;
    this.#env = env;
    this.#onDeath = onDeath;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  start(): void {
    this.#isWanted = true;
    mkdirSync(this.#dir, { recursive: true });
    const clockFile = join(this.#dir, 'clock-ms');
    writeFileSync(clockFile, '0');
    const log = openSync(join(this.#dir, 'log'), 'a');
    const flags = ['--port', String(this.port), '--roles', this.role, '--member', this.name, '--data-dir', join(this.#dir, 'data')];
    const planted = this.#env.CHAOS_PLANTED === undefined ? [] : ['--import', PLANTED];
    const child = spawn(process.execPath, ['--require', CLOCK, ...planted, CLI, 'up', '--json', '--log-level', 'warn', ...flags], {
      cwd: ROOT,
      env: { ...process.env, ...this.#env, CHAOS_CLOCK_FILE: clockFile },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (this.#child !== child || !this.#isWanted) return;
      this.#onDeath({ at: nowMs(), worker: this.name, code: code ?? signal ?? 'unknown', lastWords: this.lastWords() });
      setTimeout(() => {
        if (this.#isWanted && this.#child === child) this.start();
      }, RESTART_PAUSE_MS);
    });
  }

  lastWords(): string {
    return readFileSync(join(this.#dir, 'log'), 'utf8').slice(-600);
  }

  async kill(): Promise<void> {
    this.#isWanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sets its wall clock so much ahead of the real one, or behind it. */
  stepClock(ms: number): void {
    writeFileSync(join(this.#dir, 'clock-ms'), String(ms));
    this.#child?.kill('SIGUSR2');
  }

  async isReady(path: '/livez' | '/readyz' = '/readyz'): Promise<boolean> {
    try {
      const { status, body } = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
      await body?.cancel();
      return status === 200;
    } catch {
      return false;
    }
  }
}

export class Workers {
  readonly all: readonly Worker[];
  readonly deaths: Died[] = [];

  private constructor(all: readonly Worker[], deaths: Died[]) {
    this.all = all;
    this.deaths = deaths;
  }

  static async start(directory: string, env: Readonly<Record<string, string>>, ports: Ports): Promise<Workers> {
    const all: Worker[] = [];
    const deaths: Died[] = [];
    const onDeath = (died: Died): unknown => deaths.push(died);
    const shared = { SEQCAST_TRANSACTIONS_SECRET: 'known to all processes of a run', SEQCAST_TRAININGS: 'false' };
    for (const role of ROLES) {
      for (const place of ['a', 'b']) {
        const name = `${role}-${place}`;
        const own = { name, role, port: await ports.next(), dir: join(directory, name) };
        all.push(new Worker({ ...own, env: { ...env, ...shared }, onDeath: (died) => void onDeath(died) }));
      }
    }
    const workers = new Workers(all, deaths);
    try {
      // The first one makes the topics; the others find them. It is ready only when somebody serves its callers.
      const [first, ...others] = all;
      first?.start();
      if (first !== undefined) await started(first, '/livez');
      for (const worker of others) worker.start();
      await Promise.all(all.map((worker) => started(worker, '/readyz')));
    } catch (error) {
      await workers.end();
      throw error;
    }
    return workers;
  }

  of(role: Role): Worker[] {
    return this.all.filter((worker) => worker.role === role);
  }

  async end(): Promise<void> {
    await Promise.all(this.all.map((worker) => worker.kill()));
  }
}

async function started(worker: Worker, path: '/livez' | '/readyz'): Promise<void> {
  const deadline = nowMs() + START_TIMEOUT_MS;
  while (!(await worker.isReady(path))) {
    if (nowMs() > deadline) throw new Error(`${worker.name} is not ready: ${worker.lastWords()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
