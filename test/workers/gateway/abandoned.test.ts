/** Callers that hang up while they wait, on real connections. */
import http from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../../workers/gateway/gateway.ts';
import { listen } from '../../../workers/gateway/listening.ts';
import { FakeService } from './fake-service.ts';

let gateway: Gateway | undefined;

afterEach(async () => {
  await gateway?.close();
});

async function hangUp(body: object, headers: Record<string, string> = {}): Promise<FakeService> {
  const service = new FakeService();
  await service.create('orders', {});
  service.waiting = true;
  gateway = createGateway({ service, logger: { error: (details) => expect.unreachable(JSON.stringify(details)) } });
  const { url } = await listen(gateway, { host: '127.0.0.1', port: 0 });
  const request = http.request(`${url}/v1/sequences/orders/next`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  request.on('error', () => undefined);
  request.end(JSON.stringify(body));
  await expect.poll(() => service.asked.length).toBe(1);
  request.destroy();
  await new Promise((resolve) => request.once('close', resolve));
  // The server learns of it in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 50));
  service.release();
  await expect.poll(async () => (await gateway?.inject('/metrics'))?.body).toContain('seqcast_gateway_next_abandoned_total 1');
  return service;
}

describe('a caller that hung up while it waited', () => {
  it('has its numbered block taken back whole', async () => {
    const service = await hangUp({ count: 5, numbered: true });
    await expect.poll(() => service.returned).toEqual([{ sequence: 'orders', id: 'block-1', used: 0 }]);
  });

  it('keeps what it asked for under an idempotency key', async () => {
    const service = await hangUp({ count: 5, numbered: true }, { 'idempotency-key': 'again' });
    expect(service.returned).toEqual([]);
  });

  it('has used a block without a number', async () => {
    const service = await hangUp({ count: 5 });
    expect(service.returned).toEqual([]);
  });
});
