/** Quotas in values: nothing beyond them is given out, whatever fails, however many gateways there are. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { parseQuota } from '../../../../core/access/quota.ts';
import { QuotaMeter } from '../../../../workers/gateway/security/quota-meter.ts';
import { type Guarded, guarded } from './guarded.ts';

describe('a key with a quota', () => {
  let door: Guarded;
  const clock = { nowMs: Date.UTC(2026, 10, 30, 12) };
  beforeAll(async () => {
    door = await guarded({}, clock);
    for (const name of ['acme.orders', 'acme.free']) await door.service.create(name, {});
    await door.service.create('acme.invoices', { guarantee: 'gapless' });
  });
  afterAll(() => door.close());

  const next = (token: string, count: number, sequence = 'acme.orders') =>
    door.ask(token, 'POST', `/v1/sequences/${sequence}/next`, { count });

  it('takes its values and not one more, until the period ends', async () => {
    const token = await door.key('small', ['next:acme.*'], ['acme.orders=10/hour']);
    expect((await next(token, 7)).statusCode).toBe(200);
    const refused = await next(token, 4);
    expect(refused.json()).toMatchObject({ status: 429, code: 'SEQ_QUOTA_EXCEEDED', retriable: false });
    expect(refused.headers['retry-after']).toBe('3600');
    expect((await next(token, 3)).statusCode).toBe(200);
    expect((await next(token, 1)).statusCode).toBe(429);
    expect((await next(token, 100, 'acme.free')).statusCode).toBe(200);
    clock.nowMs += 3_600_000;
    expect((await next(token, 10)).statusCode).toBe(200);
    expect((await door.service.routeTable().list('quotas/')).length).toBe(1);
  });

  it('is not charged for what was refused', async () => {
    const token = await door.key('careful', ['next:acme.*', 'reserve:acme.*'], ['acme.*=10/day']);
    expect((await next(token, 10, 'acme.nothing')).statusCode).toBe(404);
    expect((await next(token, 0)).statusCode).toBe(400);
    expect((await next(token, 20_000)).statusCode).toBe(400);
    expect((await next(token, 10)).statusCode).toBe(200);
    expect((await next(token, 1)).statusCode).toBe(429);
  });

  it('counts reserved numbers too', async () => {
    const token = await door.key('clerk', ['reserve:acme.*'], ['acme.*=2/day']);
    const reserve = (key: string, count: number) =>
      door.gateway.inject({
        method: 'POST',
        url: '/v1/sequences/acme.invoices/reservations',
        headers: { authorization: `Bearer ${token}`, 'idempotency-key': key, 'content-type': 'application/json' },
        payload: JSON.stringify({ count }),
      });
    expect((await reserve('a', 2)).statusCode).toBe(201);
    expect((await reserve('b', 1)).statusCode).toBe(429);
  });

  it('never goes beyond it when many calls come at once', async () => {
    const token = await door.key('eager', ['next:acme.*'], ['acme.orders=5000/day']);
    const answers = await Promise.all(Array.from({ length: 80 }, () => next(token, 100)));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(50);
  });
});

describe('several gateways', () => {
  let dataDir: string;
  let storage: EmbeddedStorage;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'seqcast-quota-'));
    storage = await openEmbeddedStorage({ dataDir, partitionCount: 1, onFailure: () => undefined });
  });
  afterAll(async () => {
    await storage.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const meters: QuotaMeter[] = [];
  afterEach(() => void meters.splice(0));

  const meterOf = (keyId: string, values: number): QuotaMeter => {
    const quota = parseQuota(`acme.*=${values}/day`);
    return new QuotaMeter({ routes: storage.routes, nowMs: () => Date.UTC(2026, 10, 30), keyId, quota });
  };

  /** Takes one value at a time until it is refused. */
  async function drain(meter: QuotaMeter): Promise<number> {
    for (let taken = 0; ; taken++) {
      try {
        await meter.take(1);
      } catch {
        return taken;
      }
    }
  }

  it('give out exactly the quota together when each takes what it can', async () => {
    const taken = await Promise.all([1, 2, 3].map(() => drain(meterOf('together', 20_000))));
    expect(taken.reduce((sum, each) => sum + each, 0)).toBe(20_000);
  });

  it('lose at most a slice when one is killed, and nothing when one stops', async () => {
    const killed = meterOf('killed', 20_000);
    await killed.take(1);
    expect(await drain(meterOf('killed', 20_000))).toBe(20_000 - 1_000);
    const stopped = meterOf('stopped', 20_000);
    await stopped.take(1);
    await stopped.close();
    expect(await drain(meterOf('stopped', 20_000))).toBe(20_000 - 1);
  });
});
