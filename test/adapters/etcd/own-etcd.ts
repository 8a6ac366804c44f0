/** An etcd of one test's own, which ends with it: to be killed, frozen, emptied, or asked for passwords and TLS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from '../../../cli/stack/ports.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import { untilStopped } from '../../engines/stopped.ts';

export interface OwnEtcd {
  readonly port: number;
  readonly url: string;
  kill(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  restart(how?: { readonly empty: boolean }): Promise<void>;
  /** A call of its JSON gateway, over plain HTTP. */
  ask(path: string, body: object): Promise<Record<string, unknown>>;
}

export interface OwnEtcdOptions {
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

export async function ownEtcd({ tls }: OwnEtcdOptions = {}): Promise<OwnEtcd> {
  const [port, peerPort] = [await freePort(new Set()), await freePort(new Set())];
  const dir = mkdtempSync(join(tmpdir(), 'seqcast-etcd-'));
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  let server = await launch();

  async function launch(): Promise<ChildProcess> {
    const urls = ['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peerUrl];
    const cluster = ['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`];
    const secure = tls === undefined ? [] : ['--cert-file', tls.certFile, '--key-file', tls.keyFile];
    const args = ['--data-dir', join(dir, 'data'), ...urls, ...cluster, ...secure];
    const child = spawn(findProgram('etcd', process.env), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`etcd ended: ${said}`)));
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-10_000);
        if (/ready to serve client requests|serving (insecure )?client/i.test(said)) resolve();
      });
    });
    return child;
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  onTestFinished(async () => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    port,
    url,
    kill,
    async freeze() {
      server.kill('SIGSTOP');
      await untilStopped(server.pid ?? 0);
    },
    thaw: () => void server.kill('SIGCONT'),
    async restart({ empty } = { empty: false }) {
      await kill();
      if (empty) rmSync(join(dir, 'data'), { recursive: true, force: true });
      server = await launch();
    },
    async ask(path, body) {
      const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
      return (await response.json()) as Record<string, unknown>;
    },
  };
}
