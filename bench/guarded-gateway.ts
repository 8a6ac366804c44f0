/**
 * A gateway with everything on, for benches: API keys with a quota, a tracer in the process, and Prometheus at its metrics once a second.
 * And the least that could answer the same requests, to the byte: fastify with a fixed body.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HttpLoad, requestRate } from './http-load.ts';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const TRACER = new URL('./installation/tracer-into-memory.js', import.meta.url).href;
const BARE = fileURLToPath(new URL('./bare-gateway.js', import.meta.url));
const SCRAPE_MS = 1_000;
const BODY = '{"count":1}';
const PATH = '/v1/sequences/orders/next';
/** As long as a key; whoever does not look at it cannot tell. */
const NO_KEY = `sqk_${'0'.repeat(12)}_${'0'.repeat(43)}`;
/** Each request must have left a span; how many there were is a rate times seconds. */
const SPANS_MIN = 0.95;
const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export interface Answering {
  readonly pid: number;
  /** Requests a second. */
  rate(load: Pick<HttpLoad, 'seconds' | 'perSecond'>): Promise<number>;
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
  const counted = join(directory, 'spans');
  const { url, pid, end } = await started(args, { SPANS_COUNTED: counted });
  const created = await fetch(`${url}/v1/sequences`, { method: 'POST', headers, body: '{"name":"orders"}' });
  if (created.status !== 201) throw new Error(`not created: ${await created.text()}`);
  const scraping = setInterval(() => {
    void fetch(`${url}/metrics`, { headers }).then((answer) => answer.arrayBuffer());
  }, SCRAPE_MS);
  let requests = 0;
  return {
    pid,
    async rate(load) {
      const perSecond = await requestRate(url + PATH, { ...load, body: BODY, headers: { ...headers, traceparent: CALLER } });
      requests += perSecond * load.seconds;
      return perSecond;
    },
    async end() {
      clearInterval(scraping);
      await end();
      const spans = Number(readFileSync(counted, 'utf8'));
      if (spans < SPANS_MIN * requests) throw new Error(`${spans} spans were made of about ${requests} requests`);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function bareGateway(): Promise<Answering> {
  const { url, pid, end } = await started([BARE]);
  const headers = { authorization: `Bearer ${NO_KEY}`, traceparent: CALLER };
  return { pid, end, rate: (load) => requestRate(url + PATH, { ...load, body: BODY, headers }) };
}

interface Started {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** A process that says in a line of JSON where it listens. */
async function started(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
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
