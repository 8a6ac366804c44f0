/** A gateway over the service in memory, without a port: requests are injected. */
import type { LightMyRequestResponse } from 'fastify';
import { createGateway, type Gateway } from '../../../workers/gateway/gateway.ts';
import { FakeService } from './fake-service.ts';

export interface Served {
  readonly service: FakeService;
  readonly gateway: Gateway;
  /** What the gateway told its log. */
  readonly logged: unknown[];
  get(url: string): Promise<LightMyRequestResponse>;
  send(method: 'POST' | 'PUT' | 'PATCH', url: string, body: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
}

export async function served(...sequences: readonly string[]): Promise<Served> {
  const service = new FakeService();
  const logged: unknown[] = [];
  const gateway = createGateway({ service, logger: { error: (details) => void logged.push(details) } });
  for (const name of sequences) await service.create(name, {});
  return {
    service,
    gateway,
    logged,
    get: (url) => gateway.inject({ method: 'GET', url }),
    send: (method, url, body, headers = {}) =>
      gateway.inject({
        method,
        url,
        headers: { 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}
