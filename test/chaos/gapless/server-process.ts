/** One `seqcast up` of a campaign, a real process from `dist/`: started, killed with SIGKILL, and started again where it was. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../../..');
const CLI = join(ROOT, 'dist/cli/main.js');
/** Sets the wall clock of what it is loaded into. */
const CLOCK = join(import.meta.dirname, '../installation/wall-clock.cjs');
const POLL_MS = 20;
const ASK_TIMEOUT_MS = 1_000;
/** On a machine that others use, with a ledger to fold. */
const START_TIMEOUT_MS = 120_000;
const LAST_WORDS = 1_500;

export interface ServerOptions {
  readonly name: string;
  readonly port: number;
  readonly directory: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export class ServerProcess {
  readonly name: string;
  readonly port: number;
  readonly #options: ServerOptions;
  readonly #log: string;
  #child: ChildProcess | undefined;
  /** Its wall clock is so much ahead of the real one, from its next start on. */
  clockAheadMs = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.name = options.name;
    this.port = options.port;
    mkdirSync(options.directory, { recursive: true });
    this.#log = join(options.directory, `${options.name}.log`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  start(): void {
    const { name, port, directory, flags, env } = this.#options;
    const log = openSync(this.#log, 'a');
    const common = ['--json', '--log-level', 'warn', '--port', String(port), '--data-dir', join(directory, `${name}-data`)];
    const args = ['--require', CLOCK, CLI, 'up', ...common, ...flags];
    const own = { CHAOS_CLOCK_AHEAD_MS: String(this.clockAheadMs), SEQCAST_TRAININGS: 'false' };
    this.#child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...own, ...env }, stdio: ['ignore', log, log] });
    closeSync(log);
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it answers; throws where it ended by itself. */
  async ready(path: '/livez' | '/readyz' = '/readyz'): Promise<void> {
    const endMs = performance.now() + START_TIMEOUT_MS;
    while (!(await this.#answers(path))) {
      if (!this.isRunning || performance.now() > endMs) throw new Error(`${this.name} is not ready: ${this.lastWords()}`);
      await pause(POLL_MS);
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  lastWords(): string {
    return readFileSync(this.#log, 'utf8').slice(-LAST_WORDS);
  }

  async #answers(path: string): Promise<boolean> {
    try {
      const { status, body } = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
      await body?.cancel();
      return status === 200;
    } catch {
      return false;
    }
  }
}
