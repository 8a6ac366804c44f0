/** What an API key opens and what it does not: every boundary between tenants, and between a tenant and the installation. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseToken } from '../../../../core/access/api-key.ts';
import { ROUTES } from '../../../../workers/gateway/route-table.ts';
import { KeyBook } from '../../../../workers/gateway/security/key-book.ts';
import { ADMIN_KEY, type Guarded, guarded } from './guarded.ts';

let door: Guarded;
let acme: string;
let beta: string;
let reader: string;
let operator: string;

beforeAll(async () => {
  door = await guarded();
  acme = await door.key('acme', ['next:acme.*', 'reserve:acme.*', 'admin:acme.*']);
  beta = await door.key('beta', ['next:beta.*', 'reserve:beta.*', 'read:beta.*']);
  reader = await door.key('reader', ['read:acme.orders']);
  operator = await door.key('operator', ['operate:*']);
  await door.ask(acme, 'POST', '/v1/sequences', { name: 'acme.orders' });
  await door.ask(ADMIN_KEY, 'POST', '/v1/sequences', { name: 'beta.orders' });
  await door.ask(ADMIN_KEY, 'POST', '/v1/sequences', { name: 'beta.invoices', guarantee: 'gapless' });
  await door.ask(beta, 'POST', '/v1/sequences/beta.orders/next', {});
  await door.ask(acme, 'POST', '/v1/sequences/acme.orders/next', {});
});

afterAll(() => door.close());

describe('without a key', () => {
  it('nothing is answered but health, and the refusal says how to send a key', async () => {
    for (const { method, path } of ROUTES) {
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      const answer = await door.ask(undefined, method, url);
      if (path === '/livez' || path === '/readyz') expect(answer.statusCode).toBeLessThan(504);
      else expect([`${method} ${path}`, answer.json<{ code: string }>().code]).toEqual([`${method} ${path}`, 'SEQ_UNAUTHENTICATED']);
    }
    const answer = await door.ask(undefined, 'GET', '/v1/sequences');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="seqcast"');
  });

  it.each([
    ['nothing', ''],
    ['another scheme', 'Basic YTpi'],
    ['no token', 'Bearer '],
    ['a secret that is not the admin key', `Bearer ${ADMIN_KEY}x`],
    ['a key nobody made', `Bearer sqk_0123456789ab_${'a'.repeat(43)}`],
  ])('%s in the header is refused', async (_, authorization) => {
    const answer = await door.gateway.inject({ method: 'GET', url: '/v1/sequences', headers: { authorization } });
    expect(answer.statusCode).toBe(401);
  });

  it('the id of a key with another secret opens nothing', async () => {
    const [, id] = acme.split('_');
    const [, , ...secret] = beta.split('_');
    expect((await door.ask(`sqk_${id}_${secret.join('_')}`, 'GET', '/v1/sequences')).statusCode).toBe(401);
  });
});

describe('a tenant', () => {
  it('takes values of its own sequences only, and learns of others neither that they are nor that they are not', async () => {
    expect((await door.ask(acme, 'POST', '/v1/sequences/acme.orders/next', { count: 2 })).json()).toMatchObject({
      sequence: 'acme.orders',
    });
    const foreign = (await door.ask(acme, 'POST', '/v1/sequences/beta.orders/next', {})).body;
    const missing = (await door.ask(acme, 'POST', '/v1/sequences/beta.nothing/next', {})).body;
    expect(foreign.replaceAll('beta.orders', 'beta.nothing')).toBe(missing);
    expect(JSON.parse(foreign)).toMatchObject({ status: 404, code: 'SEQ_UNKNOWN_SEQUENCE' });
  });

  it('gets 404 on every route about a sequence of another one', async () => {
    const about = ROUTES.filter(({ path }) => path.includes('{sequence}') || path.startsWith('/v1/sequences/{name}'));
    expect(about.length).toBeGreaterThan(15);
    for (const { method, path } of about) {
      const url = path.replace(/\{(name|sequence)\}/, 'beta.orders').replaceAll(/\{\w+\}/g, '1');
      const { statusCode } = await door.ask(acme, method, url, method === 'GET' ? undefined : {});
      expect([method, path, statusCode]).toEqual([method, path, 404]);
    }
  });

  it('lists, watches and measures what is its own', async () => {
    const names = (await door.ask(acme, 'GET', '/v1/sequences'))
      .json<{ sequences: { name: string }[] }>()
      .sequences.map(({ name }) => name);
    expect(names).toEqual(['acme.orders']);
    for (const url of ['/v1/streams', '/v1/status', '/metrics', '/v1/announcements']) {
      const { statusCode, body } = await door.ask(acme, 'GET', url);
      expect(statusCode).toBe(200);
      expect(body).not.toContain('beta');
      expect(body).not.toContain(door.dataDir);
    }
    expect((await door.ask(acme, 'GET', '/v1/streams')).body).toContain('acme.orders/default/default');
    const metrics = (await door.ask(acme, 'GET', '/metrics')).body;
    expect(metrics).toContain('sequence="acme.orders"');
    expect(metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.includes('="acme.'))).toEqual([]);
    expect((await door.ask(operator, 'GET', '/metrics')).body).toContain('seqcast_gateway_next_total');
  });

  it('may not make a sequence outside its namespace, whether the name is taken or not', async () => {
    for (const name of ['beta.orders', 'beta.free', 'acmecorp.x', 'acme']) {
      expect((await door.ask(acme, 'POST', '/v1/sequences', { name })).json()).toMatchObject({ code: 'SEQ_FORBIDDEN' });
    }
  });

  it('is told which scope it lacks on what it may see', async () => {
    const refused = await door.ask(beta, 'DELETE', '/v1/sequences/beta.orders');
    expect(refused.json()).toMatchObject({ status: 403, code: 'SEQ_FORBIDDEN', details: { scope: 'admin:beta.orders' } });
    expect((await door.ask(reader, 'GET', '/v1/sequences/acme.orders')).statusCode).toBe(200);
    expect((await door.ask(reader, 'POST', '/v1/sequences/acme.orders/next', {})).statusCode).toBe(403);
  });

  it('holds its own reservations only, also by their id alone', async () => {
    const headers = { authorization: `Bearer ${beta}`, 'idempotency-key': 'k1', 'content-type': 'application/json' };
    const made = await door.gateway.inject({ method: 'POST', url: '/v1/sequences/beta.invoices/reservations', headers, payload: '{}' });
    expect(made.statusCode).toBe(201);
    const { id } = made.json<{ id: string }>();
    const url = `/v1/reservations/${encodeURIComponent(id)}`;
    expect((await door.ask(beta, 'GET', url)).statusCode).toBe(200);
    for (const [method, end] of [
      ['GET', ''],
      ['POST', '/confirm'],
      ['POST', '/cancel'],
    ] as const) {
      const { statusCode, body } = await door.ask(acme, method, url + end);
      expect(statusCode).toBe(404);
      expect(body).not.toContain('beta');
    }
    expect((await door.ask(beta, 'GET', url)).json()).toMatchObject({ state: 'reserved' });
  });

  it('does not run the installation', async () => {
    for (const [method, url] of [
      ['GET', '/v1/keys'],
      ['POST', '/v1/keys'],
      ['GET', '/v1/audit-log'],
      ['GET', '/v1/audit'],
      ['GET', '/v1/members'],
      ['POST', '/v1/pools/pool-0/drain'],
      ['POST', '/v1/jobs/issue'],
      ['GET', '/v1/dead-letters'],
      ['POST', '/v1/trainings'],
      ['GET', '/v1/analytics/usage'],
    ] as const) {
      const answer = await door.ask(acme, method, url, method === 'POST' ? { name: 'x', scopes: ['operate:*'] } : undefined);
      expect([url, answer.statusCode]).toEqual([url, 403]);
    }
  });
});

describe('keys', () => {
  it('are shown without what proves them, and kept as a digest', async () => {
    const { keys } = (await door.ask(operator, 'GET', '/v1/keys')).json<{ keys: object[] }>();
    expect(keys).toHaveLength(4);
    expect(Object.keys(keys[0] ?? {})).toEqual(['id', 'name', 'scopes', 'quotas', 'createdAtMs', 'createdBy']);
    const kept = (await door.service.routeTable().list('keys/')).map(({ value }) => value).join();
    for (const token of [acme, beta, reader, operator]) expect(kept).not.toContain(token.slice('sqk_0123456789ab_'.length));
  });

  it('are known to other gateways by their watch, and forgotten by it', async () => {
    const other = new KeyBook(door.service.routeTable(), Date.now);
    await other.start();
    const token = await door.key('watched', ['next:acme.*']);
    const parsed = parseToken(token) ?? { id: '', secret: '' };
    expect(other.principalOf(parsed)?.name).toBe('watched');
    expect(other.principalOf({ ...parsed, secret: 'a'.repeat(43) })).toBeUndefined();
    await door.ask(operator, 'DELETE', `/v1/keys/${parsed.id}`);
    expect(other.principalOf(parsed)).toBeUndefined();
    await door.service.routeTable().put('keys/0123456789ab', '{"name":"half');
    expect(other.principalOf({ id: '0123456789ab', secret: parsed.secret })).toBeUndefined();
    await door.service.routeTable().delete('keys/0123456789ab');
    await other.close();
  });

  it('are refused from the moment they are revoked', async () => {
    const token = await door.key('short-lived', ['next:acme.*']);
    expect((await door.ask(token, 'GET', '/v1/sequences')).statusCode).toBe(200);
    expect((await door.ask(operator, 'DELETE', '/v1/keys/short-lived')).statusCode).toBe(204);
    expect((await door.ask(token, 'GET', '/v1/sequences')).statusCode).toBe(401);
    expect((await door.ask(operator, 'DELETE', '/v1/keys/short-lived')).json()).toMatchObject({ code: 'SEQ_UNKNOWN_KEY' });
  });
});

describe('the audit log', () => {
  it('says who did what, when and how it ended, refusals too, and holds no secret', async () => {
    const secretive = { name: 'acme.secretive', start: 1, comment: `${acme}` };
    await door.ask(acme, 'POST', '/v1/sequences?token=hunter2', secretive);
    await door.ask(undefined, 'DELETE', '/v1/sequences/acme.orders');
    const { entries } = (await door.ask(operator, 'GET', '/v1/audit-log')).json<{ entries: object[] }>();
    expect(entries[0]).toMatchObject({
      who: 'nobody',
      act: 'DELETE /v1/sequences/{name}',
      on: { name: 'acme.orders' },
      outcome: 'SEQ_UNAUTHENTICATED',
    });
    expect(entries[1]).toMatchObject({
      who: 'acme',
      act: 'POST /v1/sequences',
      on: { name: 'acme.secretive' },
      outcome: 'SEQ_INVALID_REQUEST',
    });
    expect(entries).toContainEqual(
      expect.objectContaining({ who: 'admin-key', act: 'POST /v1/keys', on: { name: 'acme' }, outcome: 'done' }),
    );
    const file = await readFile(join(door.dataDir, 'audit', 'audit.jsonl'), 'utf8');
    for (const secret of [acme, beta, operator, ADMIN_KEY]) {
      const told = secret.startsWith('sqk_') ? secret.slice('sqk_0123456789ab_'.length) : secret;
      expect(file).not.toContain(told);
      expect(JSON.stringify(door.logged)).not.toContain(told);
    }
    expect(file).not.toContain('hunter2');
  });
});
