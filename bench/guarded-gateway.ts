/**
 * A gateway with everything on, for benches: API keys with a quota, a tracer in the process, and Prometheus at its metrics once a second.
 * And the least that could answer the same request: fastify with a fixed body.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const TRACER = new URL('./tracer-into-memory.js', import.meta.url).href;
const BARE = fileURLToPath(new URL('./bare-gateway.js', import.meta.url));
const SCRAPE_MS = 1_000;
const CONNECTIONS = 32;

export interface Load {
  readonly seconds: number;
  /** Requests a second at most; as many as there can be where left out. */
  readonly perSecond?: number;
}

export interface Answering {
  readonly pid: number;
  /** Requests a second. */
  rate(load: Load): Promise<number>;
  end(): Promise<void>;
}

export async function guardedGateway(): Promise<Answering> {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-bench-'));
  const dataDir = join(directory, 'data');
  // The server makes the directory that keys are kept in.
  const scopes = ['--scope', 'admin:*', '--scope', 'next:*', '--scope', 'read:*', '--quota', '*=1000000000000/day'];
  const made = execFileSync(process.execPath, [MAIN, 'keys', 'create', 'bench', ...scopes, '--data-dir', dataDir, '--json'], {
    encoding: 'utf8',
  });
  const { token } = JSON.parse(made) as { readonly token: string };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const args = ['--import', TRACER, MAIN, 'up', '--require-keys', '--json', '--port', '0', '--data-dir', dataDir, '--log-level', 'warn'];
  const { url, pid, end } = await started(args);
  const created = await fetch(`${url}/v1/sequences`, { method: 'POST', headers, body: '{"name":"orders"}' });
  if (created.status !== 201) throw new Error(`not created: ${await created.text()}`);
  const scraping = setInterval(() => {
    void fetch(`${url}/metrics`, { headers }).then((answer) => answer.arrayBuffer());
  }, SCRAPE_MS);
  return {
    pid,
    rate: (load) =>
      rate(`${url}/v1/sequences/orders/next`, { ...headers, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, load),
    async end() {
      clearInterval(scraping);
      await end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function bareGateway(): Promise<Answering> {
  const { url, pid, end } = await started([BARE]);
  return { pid, end, rate: (load) => rate(`${url}/next`, { 'content-type': 'application/json' }, load) };
}

async function rate(url: string, headers: Record<string, string>, { seconds, perSecond }: Load): Promise<number> {
  const limit = perSecond === undefined ? {} : { overallRate: perSecond };
  const result = await autocannon({
    url,
    method: 'POST',
    headers,
    body: '{"count":1}',
    connections: CONNECTIONS,
    duration: seconds,
    ...limit,
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} answers were not 2xx, ${result.errors} requests failed`);
  return result.requests.average;
}

/** A process that says in a line of JSON where it listens. */
async function started(args: readonly string[]): Promise<{ readonly url: string; readonly pid: number; end(): Promise<void> }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      const found = /"url":"(http:\/\/[^"]+)"/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`a server of the bench ended before it told its address: ${text}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
