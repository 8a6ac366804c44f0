/** `seqcast up` from start to end: ready, draining, stopped; or failed. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { serve } from '../../cli/server.ts';
import { SequenceError } from '../../core/errors.ts';
import type { Config } from '../../workers/runtime/process/config.ts';
import { FakeService } from '../workers/gateway/fake-service.ts';
import { Written } from './commands.ts';

const CONFIG: Config = {
  dataDir: '.seqcast',
  host: '127.0.0.1',
  insecure: false,
  requireKeys: false,
  connectionsMax: 100,
  port: 0,
  streamsPerSequence: 10,
  roles: 'gateway,allocator,forecaster,filler,jobs',
  kafkaTls: false,
  redisCluster: false,
  pool: 'pool-0',
  poolOperationsPerSecond: 20_000,
  poolValues: 1_000_000,
  poolMemoryMb: 1_024,
  routes: 'redis',
  transactionsHost: '127.0.0.1',
  transactionsPort: 0,
  forecastRefreshMs: 60_000,
  trainings: true,
  replyTopics: 'seqcast.values',
  logLevel: 'silent',
  demo: false,
  speedUp: 1,
  days: 1,
};

interface Running {
  readonly service: FakeService;
  readonly signals: EventEmitter;
  readonly code: Promise<number>;
  readonly url: string;
  /** Standard output and standard error. */
  readonly said: Written;
  readonly complained: Written;
  fail(error: unknown): void;
}

async function up(options: { readonly close?: () => Promise<void>; readonly drainMsMax?: number } = {}): Promise<Running> {
  const service = new FakeService();
  if (options.close !== undefined) service.close = options.close;
  const signals = new EventEmitter();
  const said = new Written();
  const complained = new Written();
  let fail: (error: unknown) => void = () => undefined;
  const code = serve({
    config: CONFIG,
    json: true,
    out: said,
    err: complained,
    signals,
    open: async (_config, onFailure) => {
      fail = onFailure;
      return { service, clock: { nowMs: () => 0 } };
    },
    drainMsMax: options.drainMsMax ?? 5_000,
  });
  await expect.poll(() => said.text).toContain('"ready"');
  const { url } = JSON.parse(said.text) as { url: string };
  return { service, signals, code, url, said, complained, fail: (error) => fail(error) };
}

describe('a server', () => {
  it('says where it is once it is ready', async () => {
    const { url, signals, code, said } = await up();
    expect(JSON.parse(said.text)).toEqual({ event: 'ready', url, dataDir: '.seqcast', pid: process.pid });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    signals.emit('SIGTERM');
    expect(await code).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'])('on %s drains, closes and ends with 0', async (signal) => {
    const { url, signals, code, service, said } = await up();
    await service.create('orders', {});
    service.waiting = true;
    const waiting = fetch(`${url}/v1/sequences/orders/next`, { method: 'POST' });
    await expect.poll(() => service.asked.length).toBe(1);
    const close = service.close.bind(service);
    let whileClosing: readonly number[] = [];
    service.close = async () => {
      const late = await fetch(`${url}/v1/sequences/orders/next`, { method: 'POST' });
      whileClosing = [late.status, (await fetch(`${url}/readyz`)).status, (await fetch(`${url}/livez`)).status];
      await close();
    };
    signals.emit(signal);
    expect(await code).toBe(0);
    expect(whileClosing).toEqual([503, 503, 200]);
    expect((await waiting).status).toBe(200);
    expect(service.closed).toBe(1);
    expect(said.text.split('\n').slice(1)).toEqual([JSON.stringify({ event: 'draining', signal }), '{"event":"stopped"}', '']);
    await expect(fetch(url)).rejects.toThrow();
    expect(signals.listenerCount(signal)).toBe(0);
  });

  it('takes the two signals of one Ctrl-C under npm for one', async () => {
    const { signals, code } = await up();
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect(await code).toBe(0);
  });

  it('ends at once with 1 on a second signal', async () => {
    const { signals, code } = await up({ close: () => new Promise(() => undefined) });
    signals.emit('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 600));
    signals.emit('SIGTERM');
    expect(await code).toBe(1);
  });

  it('ends with 1 when draining takes too long', async () => {
    const { signals, code, complained } = await up({ close: () => new Promise(() => undefined), drainMsMax: 50 });
    signals.emit('SIGTERM');
    expect(await code).toBe(1);
    expect(complained.text).toContain('draining took longer than 0.05 s');
  });

  it('passes on what could not be drained', async () => {
    const { signals, code } = await up({
      close: () => Promise.reject(new SequenceError('SEQ_WAIT_TIMEOUT', 'not everything could be given back')),
    });
    signals.emit('SIGTERM');
    await expect(code).rejects.toMatchObject({ code: 'SEQ_WAIT_TIMEOUT' });
  });

  it('ends with 1 and the error when the storage fails', async () => {
    const { fail, code, complained, url } = await up();
    fail(new SequenceError('SEQ_STORAGE_FAILED', 'the database cannot be written'));
    expect(await code).toBe(1);
    expect(JSON.parse(complained.text)).toMatchObject({ code: 'SEQ_STORAGE_FAILED', message: 'the database cannot be written' });
    await expect(fetch(url)).rejects.toThrow();
  });

  it('ends with 1 on an error that nobody caught', async () => {
    const { signals, code, complained } = await up();
    signals.emit('uncaughtException', new TypeError('unforeseen'));
    expect(await code).toBe(1);
    expect(complained.text).toContain('TypeError: unforeseen');
  });

  it('closes the service where the port cannot be opened', async () => {
    const first = await up();
    const service = new FakeService();
    const port = Number(new URL(first.url).port);
    const nobody = { write: () => undefined };
    const open = async () => ({ service, clock: { nowMs: () => 0 } });
    await expect(
      serve({ config: { ...CONFIG, port }, json: false, out: nobody, err: nobody, signals: new EventEmitter(), open }),
    ).rejects.toMatchObject({ code: 'SEQ_PORT_IN_USE' });
    expect(service.closed).toBe(1);
    first.signals.emit('SIGTERM');
    expect(await first.code).toBe(0);
  });
});
