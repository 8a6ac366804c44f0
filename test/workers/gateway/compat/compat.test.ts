/** Callers of Leaf and TinyID that are pointed here hear what they always heard: the same texts, shapes, codes and status. */
import { afterAll, describe, expect, it } from 'vitest';
import { SequenceError } from '../../../../core/errors.ts';
import { compatOf } from '../../../../workers/gateway/compat/compat.ts';
import { createGateway } from '../../../../workers/gateway/gateway.ts';
import { FakeService } from '../fake-service.ts';
import { guarded } from '../security/guarded.ts';
import { served } from '../served.ts';

async function compatible(...sequences: readonly string[]) {
  const service = new FakeService();
  const logged: unknown[] = [];
  const compat = compatOf({ compat: 'leaf,tinyid', compatNames: 'leaf-segment/订单=orders', compatSegment: 40 });
  const gateway = createGateway({ service, compat, logger: { error: (details) => void logged.push(details) } });
  for (const name of sequences) await service.create(name, {});
  const get = (url: string) => gateway.inject({ method: 'GET', url });
  /** As TinyID's client library posts: everything in the query, and a form that is empty. */
  const post = (url: string, payload = '') =>
    gateway.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  return { service, gateway, logged, get, post };
}

describe('routes of Leaf', () => {
  it('answer a number as text, whole beyond 2^53, for either path', async () => {
    const { service, get } = await compatible();
    await service.create('orders', { start: 9_007_199_254_740_993n });
    const first = await get('/api/segment/get/orders');
    expect(first.headers['content-type']).toBe('text/plain;charset=UTF-8');
    expect([first.body, (await get('/api/snowflake/get/orders')).body]).toEqual(['9007199254740993', '9007199254740994']);
    expect((await get(`/api/segment/get/${encodeURIComponent('leaf-segment/订单')}`)).body).toBe('9007199254740995');
  });

  it('answer what is wrong with status 500 and one of three results, and say what it was beside', async () => {
    const { service, get, logged } = await compatible('orders');
    const unknown = await get('/api/segment/get/nope');
    expect(unknown.statusCode).toBe(500);
    expect(unknown.json()).toMatchObject({
      status: 500,
      error: 'Internal Server Error',
      message: 'Result{id=-2, status=EXCEPTION}',
      path: '/api/segment/get/nope',
      code: 'SEQ_UNKNOWN_SEQUENCE',
    });
    for (const [code, id] of [['SEQ_EXHAUSTED', -3] as const, ['SEQ_NOT_READY', -1] as const]) {
      service.fault = new SequenceError(code, 'as it is');
      const answer = await get('/api/segment/get/orders');
      expect(answer.json()).toMatchObject({ message: `Result{id=${id}, status=EXCEPTION}`, code, detail: 'as it is' });
    }
    expect((await get('/api/segment/get/')).json()).toMatchObject({ message: 'Key is none' });
    expect(logged).toEqual([]);
  });

  it('answer late where a value has to be waited for', async () => {
    const { service, get } = await compatible('orders');
    service.waiting = true;
    const late = get('/api/segment/get/orders');
    await new Promise((resolve) => setImmediate(resolve));
    service.waiting = false;
    service.release();
    expect((await late).body).toBe('1');
  });
});

describe('routes of TinyID', () => {
  it('answer values in a body with a code, by GET and by a form', async () => {
    const { service, get, post } = await compatible('users');
    await service.create('large', { start: 9_223_372_036_854_775_000n });
    const answer = await get('/tinyid/id/nextId?bizType=users&token=whatever');
    expect(answer.headers['content-type']).toBe('application/json;charset=UTF-8');
    expect(answer.body).toBe('{"data":[1],"code":200,"message":""}');
    expect((await post('/tinyid/id/nextId', 'bizType=users&batchSize=3')).json()).toEqual({ data: [2, 3, 4], code: 200, message: '' });
    expect((await post('/tinyid/id/nextIdSimple?bizType=users&batchSize=2')).body).toBe('5,6');
    expect((await get('/tinyid/id/nextId?bizType=large')).body).toBe('{"data":[9223372036854775000],"code":200,"message":""}');
  });

  it('cut a batch down as it does, and take it in as many calls as it needs', async () => {
    const { get } = await compatible('users');
    const all = (await get('/tinyid/id/nextIdSimple?bizType=users&batchSize=999999')).body.split(',');
    expect([all.length, all[0], all.at(-1)]).toEqual([100_000, '1', '100000']);
    expect((await get('/tinyid/id/nextId?bizType=users&batchSize=0')).json()).toEqual({ data: [], code: 200, message: '' });
  });

  it('give segments that its client library counts through to every value, and to none twice', async () => {
    const { service, post } = await compatible('users');
    await service.create('odd', { start: 3n, increment: 10n });
    for (const [sequence, first, delta] of [['users', 1, 1] as const, ['odd', 3, 10] as const]) {
      const got: number[] = [];
      for (let fetch = 0; fetch < 3; fetch++)
        got.push(...countedThrough((await post(`/tinyid/id/nextSegmentIdSimple?token=t&bizType=${sequence}`)).body));
      expect(got).toEqual(Array.from({ length: 120 }, (_, index) => first + index * delta));
    }
    const { data, code } = (await post('/tinyid/id/nextSegmentId?bizType=users')).json();
    expect({ data, code }).toEqual({ data: { currentId: 120, loadingId: 128, maxId: 160, delta: 1, remainder: 0 }, code: 200 });
  });

  it('answer what is wrong with status 200: a code, or nothing at all and a header', async () => {
    const { service, get } = await compatible('users');
    await service.create('down', { increment: -1n });
    const unknown = await get('/tinyid/id/nextId?bizType=nope');
    expect([unknown.statusCode, unknown.json()]).toEqual([200, { data: null, code: 6, message: 'can not find biztype:nope' }]);
    const simple = await get('/tinyid/id/nextIdSimple?bizType=nope');
    expect([simple.statusCode, simple.body, simple.headers['x-seqcast-error']]).toEqual([200, '', 'SEQ_UNKNOWN_SEQUENCE']);
    expect((await get('/tinyid/id/nextSegmentId?bizType=down')).json()).toMatchObject({
      code: 6,
      message: expect.stringContaining('descends'),
    });
    expect((await get('/tinyid/id/nextId')).json()).toMatchObject({ code: 6 });
    expect((await get('/tinyid/id/nextId?bizType=users&batchSize=many')).statusCode).toBe(400);
  });
});

/** The library's rule: from currentId in steps of delta, those with the remainder, up to maxId. */
function countedThrough(body: string): number[] {
  const [currentId = 0, , maxId = 0, delta = 1, remainder] = body.split(',').map(Number);
  let at = currentId;
  if (at % delta !== remainder) {
    do at++;
    while (at % delta !== remainder);
    at -= delta;
  }
  const values: number[] = [];
  for (at += delta; at <= maxId; at += delta) values.push(at);
  return values;
}

describe('routes of other generators', () => {
  it('are not there unless they are asked for, and in the document where they are', async () => {
    const { get } = await served('orders');
    expect((await get('/api/segment/get/orders')).statusCode).toBe(404);
    expect((await get('/tinyid/id/nextId?bizType=orders')).statusCode).toBe(404);
    expect(Object.keys((await get('/docs/json')).json().paths)).not.toContain('/api/segment/get/{key}');
    const paths = (await (await compatible()).get('/docs/json')).json().paths;
    expect(paths['/api/segment/get/{key}'].get.responses).toMatchObject({ 200: {}, 500: {}, 401: {} });
    expect(Object.keys(paths['/tinyid/id/nextSegmentIdSimple'])).toEqual(['get', 'post']);
  });

  it('keep their ways of reading a body to themselves', async () => {
    const { post, get } = await compatible('orders');
    expect((await post('/v1/sequences/orders/next', 'count=2')).json()).toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    expect((await get('/v1/sequences/orders')).statusCode).toBe(200);
  });
});

describe('with API keys', async () => {
  const door = await guarded();
  const gateway = createGateway({
    service: door.service,
    security: door.security,
    compat: compatOf({ compat: 'tinyid,leaf' }),
    logger: { error: () => undefined },
  });
  afterAll(() => door.close());

  it('a token of TinyID is a key, and a wrong one is told as it always was', async () => {
    await door.service.create('shop.users', {});
    await door.service.create('other', {});
    const token = await door.key('shop', ['next:shop.*'], ['shop.*=3/day']);
    const next = async (biz: string, of: string) => (await gateway.inject({ url: `/tinyid/id/nextId?bizType=${biz}&token=${of}` })).json();
    expect(await next('shop.users', token)).toEqual({ data: [1], code: 200, message: '' });
    const wrong = { data: null, code: 5, message: 'token is error' };
    expect(await next('shop.users', 'wrong')).toEqual(wrong);
    expect(await next('shop.users', '')).toEqual(wrong);
    expect(await next('other', token)).toEqual(wrong);
    expect(await next('nobody', token)).toEqual(wrong);
    const simple = await gateway.inject({ url: `/tinyid/id/nextIdSimple?bizType=other&token=${token}` });
    expect([simple.statusCode, simple.body]).toEqual([200, '']);
    const segment = await gateway.inject({ method: 'POST', url: `/tinyid/id/nextSegmentId?bizType=other&token=${token}` });
    expect(segment.json()).toEqual(wrong);
    expect(await next('shop.users&batchSize=3', token)).toMatchObject({ code: 6, message: expect.stringContaining('SEQ_QUOTA_EXCEEDED') });
  });

  it('a caller of Leaf sends one as any other', async () => {
    const token = await door.key('leaf', ['next:shop.*']);
    const url = '/api/segment/get/shop.users';
    expect((await gateway.inject({ url })).statusCode).toBe(401);
    const answer = await gateway.inject({ url, headers: { authorization: `Bearer ${token}` } });
    expect([answer.statusCode, answer.body]).toEqual([200, '2']);
  });
});
