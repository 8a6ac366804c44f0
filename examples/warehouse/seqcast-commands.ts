/** The command `seqcast` as a warehouse's scripts call it: a server of one process, and what is asked of it. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const run = promisify(execFile);

export interface Server {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

export async function startServer(dataDir: string): Promise<Server> {
  const child = spawn(process.execPath, [MAIN, 'up', '--data-dir', dataDir, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(String(chunk))?.[0];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error('the server ended before it was ready')));
  });
  return {
    ...{ url, pid: child.pid ?? 0 },
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Throws what the command said where it failed. */
export async function seqcast(url: string, ...args: string[]): Promise<string> {
  return (await run(process.execPath, [MAIN, ...args, '--url', url])).stdout;
}
