/** One process of an installation, as an operator starts it: `seqcast up --roles …` on the engines that the environment names. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const BUILT_MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

export interface WorkerProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  output(): string;
  /** Sends a signal; resolves when the process ended, at once for one that only stops or continues it. */
  signal(signal: NodeJS.Signals): Promise<number | null>;
}

export interface StartOptions {
  /** Engines: SEQCAST_KAFKA, SEQCAST_REDIS and whatever else. */
  readonly env: Readonly<Record<string, string>>;
  readonly name: string;
  readonly roles: string;
  readonly flags?: readonly string[];
  readonly dataDir: string;
}

export async function startWorkerProcess({ env, name, roles, flags = [], dataDir }: StartOptions): Promise<WorkerProcess> {
  const main = import.meta.filename.includes('/dist/') ? BUILT_MAIN : MAIN;
  const args = [main, 'up', '--json', '--port', '0', '--roles', roles, '--member', name, '--data-dir', dataDir, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let text = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: unknown): void => {
      text += String(chunk);
      const found = /"url":"(http:\/\/[^"]+)"/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((code) => reject(new Error(`${name} ended with ${code} before it was ready: ${text}`)));
  });
  return { name, url, pid: child.pid ?? 0, output: () => text, signal: (signal) => signalled(child, ended, signal) };
}

function signalled(child: ChildProcess, ended: Promise<number | null>, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  return signal === 'SIGSTOP' || signal === 'SIGCONT' ? Promise.resolve(null) : ended;
}
