/**
 * The workers of a run: two of each role, each a real process from `dist/`, started again when it ends, as whatever runs an installation
 * does. Gateways keep their ports, so that callers need no telling.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from '../clock.ts';
import type { Ports } from './ports.ts';

export const ROLES = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

const ROOT = join(import.meta.dirname, '../../..');
const DIST = join(ROOT, 'dist');
const CLI = 'cli/main.js';
/** Wall clocks are stepped by what is loaded into each worker first. */
const CLOCK = join(import.meta.dirname, 'wall-clock.cjs');
/** So are planted bugs. */
const PLANTED = join(import.meta.dirname, '../planted/register.mjs');
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
  /** Which version its next start runs, where there are two. */
  isOld: boolean;
  readonly #old: string | undefined;
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
    /** `dist/` of the version that it runs at first, where that is not this one. */
    readonly old: string | undefined;
    readonly onDeath: (died: Died) => void;
  }) {
    const { name, role, port, dir, env, old, onDeath } = options;
    this.name = name;
    this.role = role;
    this.port = port;
    this.isOld = old !== undefined;
    this.#old = old;
    this.#dir = dir;
    this.#env = env;
    this.#onDeath = onDeath;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Undefined while it is ended. */
  get pid(): number | undefined {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null ? undefined : child.pid;
  }

  start(): void {
    this.#isWanted = true;
    mkdirSync(this.#dir, { recursive: true });
    const clockFile = join(this.#dir, 'clock-ms');
    writeFileSync(clockFile, '0');
    const log = openSync(join(this.#dir, 'log'), 'a');
    const flags = ['--port', String(this.port), '--roles', this.role, '--member', this.name, '--data-dir', join(this.#dir, 'data')];
    const planted = this.#env.CHAOS_PLANTED === undefined ? [] : ['--import', PLANTED];
    const cli = join(this.isOld && this.#old !== undefined ? this.#old : DIST, CLI);
    const child = spawn(process.execPath, ['--require', CLOCK, ...planted, cli, 'up', '--json', '--log-level', 'warn', ...flags], {
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

  /** Without where this machine keeps the project and the run: they go into reports. */
  lastWords(): string {
    const run = join(this.#dir, '../..');
    const words = readFileSync(join(this.#dir, 'log'), 'utf8').replaceAll(`file://${ROOT}/`, '').replaceAll(`${ROOT}/`, '');
    return words.replaceAll(`${run}/`, 'RUN/').slice(-600);
  }

  async kill(): Promise<void> {
    await this.stop(0);
  }

  /** Is asked to end, and killed where it has not after that time. */
  async stop(graceMs: number): Promise<void> {
    this.#isWanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (graceMs > 0) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await gone;
    clearTimeout(timer);
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
  /** Whether they began as an older version, and may be upgraded. */
  readonly hasOld: boolean;

  private constructor(all: readonly Worker[], deaths: Died[], hasOld: boolean) {
    this.all = all;
    this.deaths = deaths;
    this.hasOld = hasOld;
  }

  static async start(
    directory: string,
    { env, old, ports }: { readonly env: Readonly<Record<string, string>>; readonly old?: string | undefined; readonly ports: Ports },
  ): Promise<Workers> {
    const all: Worker[] = [];
    const deaths: Died[] = [];
    const onDeath = (died: Died): unknown => deaths.push(died);
    const shared = { SEQCAST_TRANSACTIONS_SECRET: 'known to all processes of a run', SEQCAST_TRAININGS: 'false' };
    for (const role of ROLES) {
      for (const place of ['a', 'b']) {
        const name = `${role}-${place}`;
        const own = { name, role, port: await ports.next(), dir: join(directory, name) };
        all.push(new Worker({ ...own, old, env: { ...env, ...shared }, onDeath: (died) => void onDeath(died) }));
      }
    }
    const workers = new Workers(all, deaths, old !== undefined);
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
