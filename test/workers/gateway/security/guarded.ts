/** A gateway with a door, over a real embedded service in a directory of its own: requests are injected. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { open } from '../../../../workers/embedded.ts';
import { createGateway, type Gateway } from '../../../../workers/gateway/gateway.ts';
import { type GatewaySecurity, openSecurity, type SecuritySettings } from '../../../../workers/gateway/security/security.ts';
import type { Seqcast } from '../../../../workers/runtime/service/seqcast.ts';

export interface Guarded {
  readonly service: Seqcast;
  readonly gateway: Gateway;
  readonly security: GatewaySecurity;
  readonly dataDir: string;
  readonly logged: unknown[];
  /** Makes a key as an operator does, and says its token. */
  key(name: string, scopes: readonly string[], quotas?: readonly string[]): Promise<string>;
  ask(
    token: string | undefined,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT',
    url: string,
    body?: unknown,
  ): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

export const ADMIN_KEY = 'an admin key that nobody would guess';

export async function guarded(
  settings: Partial<SecuritySettings> = {},
  clock: { nowMs: number } = { nowMs: Date.now() },
): Promise<Guarded> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-door-'));
  const service = await open({ dataDir });
  const logged: unknown[] = [];
  const all = { host: '127.0.0.1', insecure: false, requireKeys: true, adminKey: ADMIN_KEY, dataDir, ...settings };
  const security = await openSecurity(all, {
    routes: service.routeTable(),
    onProblem: (...problem) => void logged.push(problem),
    nowMs: () => clock.nowMs,
  });
  const gateway = createGateway({ service, security, logger: { error: (details) => void logged.push(details) } });
  const ask: Guarded['ask'] = (token, method, url, body) =>
    gateway.inject({
      method,
      url,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    service,
    gateway,
    security,
    dataDir,
    logged,
    ask,
    async key(name, scopes, quotas = []) {
      const made = await ask(ADMIN_KEY, 'POST', '/v1/keys', { name, scopes, quotas });
      return made.json<{ token: string }>().token;
    },
    async close() {
      await gateway.close();
      await security.close();
      await service.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
