/** The service as a process of its own: started, killed with kill -9 in the middle of everything, and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SERVICE = fileURLToPath(new URL('service.ts', import.meta.url));

export class ServiceProcess {
  /** Changes with each life of the process. */
  url = '';
  /** Later lives may believe that it is later. */
  clockAheadMs = 0;
  kills = 0;
  readonly #dataDir: string;
  readonly #postgres: string;
  #child: ChildProcess | undefined;

  constructor(dataDir: string, postgres: string) {
    this.#dataDir = dataDir;
    this.#postgres = postgres;
  }

  async start(): Promise<void> {
    const args = ['--import', 'tsx', SERVICE, this.#dataDir, '0', String(this.clockAheadMs)];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, SEQCAST_POSTGRES: this.#postgres },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    this.url = await new Promise<string>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        said += String(chunk);
      });
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        const found = /http:\/\/\S+/.exec(said)?.[0];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${said}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    this.kills++;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
