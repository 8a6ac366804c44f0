/** Profiles and announced bursts over HTTP. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('an announced burst', () => {
  const URL = '/v1/sequences/orders/announcements';

  it("begins at the server's now where nothing else is said", async () => {
    const { service, send } = await served('orders');
    const answer = await send('POST', URL, { rate: 500, untilMs: 120_000, clientType: 'web' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ sequence: 'orders', fromMs: 61_000, rate: 500, untilMs: 120_000, clientType: 'web' });
    expect(service.asked).toEqual([answer.json()]);
  });

  it.each([{ rate: 0, untilMs: 120_000 }, { rate: 5 }, { rate: 5, untilMs: 10_000 }, { rate: '5', untilMs: 120_000 }])(
    'is refused when it says %j',
    async (body) => {
      const { send } = await served('orders');
      expect((await send('POST', URL, body)).json().code).toBe('SEQ_INVALID_REQUEST');
    },
  );

  it('is listed, and ended by its stream and begin', async () => {
    const { gateway, send, get } = await served('orders');
    await send('POST', URL, { rate: 500, fromMs: 70_000, untilMs: 120_000, clientType: 'web' });
    const [listed] = (await get('/v1/announcements')).json().announcements as Record<string, unknown>[];
    expect(listed).toMatchObject({ stream: 'orders/web/default', rate: 500, fromMs: 70_000, untilMs: 120_000, state: 'planned' });
    const end = () => gateway.inject({ method: 'DELETE', url: '/v1/announcements/orders/web/default/70000' });
    const ended = await end();
    expect([ended.statusCode, ended.body]).toEqual([204, '']);
    expect((await get('/v1/announcements')).json()).toEqual({ announcements: [] });
    expect((await end()).json().code).toBe('SEQ_UNKNOWN_ANNOUNCEMENT');
    const wrong = await gateway.inject({ method: 'DELETE', url: '/v1/announcements/orders/web/default/soon' });
    expect(wrong.json().code).toBe('SEQ_INVALID_REQUEST');
  });
});

describe('a profile', () => {
  const OFFICE = { pattern: 'office-hours', rate: 200, restShare: 0.05, days: [1, 2, 3], fromMinute: 480, untilMinute: 1_080 };

  it('is set for a client type, read, listed and removed', async () => {
    const { gateway, send, get } = await served();
    const set = await send('PUT', '/v1/profiles/web', OFFICE);
    expect([set.statusCode, set.json()]).toEqual([200, { clientType: 'web', ...OFFICE, setAtMs: 61_000 }]);
    expect((await get('/v1/profiles/web')).json()).toEqual(set.json());
    expect((await get('/v1/profiles')).json()).toEqual({ profiles: [set.json()] });
    expect((await gateway.inject({ method: 'DELETE', url: '/v1/profiles/web' })).statusCode).toBe(204);
    expect((await get('/v1/profiles/web')).json().code).toBe('SEQ_UNKNOWN_PROFILE');
    expect((await gateway.inject({ method: 'DELETE', url: '/v1/profiles/web' })).json().code).toBe('SEQ_UNKNOWN_PROFILE');
  });

  it('may be for one service or sequence of the client type, beside the one for all', async () => {
    const { send, get } = await served();
    await send('PUT', '/v1/profiles/web', { pattern: 'steady', rate: 1 });
    await send('PUT', '/v1/profiles/web?service=checkout&sequence=orders', { pattern: 'steady', rate: 2 });
    expect((await get('/v1/profiles/web?sequence=orders&service=checkout')).json()).toMatchObject({ rate: 2, service: 'checkout' });
    expect((await get('/v1/profiles/web')).json()).toMatchObject({ rate: 1 });
    expect((await get('/v1/profiles/web?service=checkout')).json().code).toBe('SEQ_UNKNOWN_PROFILE');
  });

  it.each([
    ['/v1/profiles/web', { rate: 1 }, 'SEQ_INVALID_REQUEST'],
    ['/v1/profiles/web', { pattern: 'lunch', rate: 1 }, 'SEQ_INVALID_REQUEST'],
    ['/v1/profiles/web', { pattern: 'steady', rate: '1' }, 'SEQ_INVALID_REQUEST'],
    ['/v1/profiles/web', { pattern: 'steady', rate: 1, days: [1, 'tue'] }, 'SEQ_INVALID_REQUEST'],
    ['/v1/profiles/web', { pattern: 'steady', rate: 1, days: Array.from({ length: 32 }, () => 1) }, 'SEQ_INVALID_REQUEST'],
    ['/v1/profiles/web', { pattern: 'steady', rate: 1, timeZone: 'Europe/Berlin' }, 'SEQ_INVALID_REQUEST'],
    ['/v1/profiles/a%2Fb', { pattern: 'steady', rate: 1 }, 'SEQ_INVALID_NAME'],
    ['/v1/profiles/web?service=a%2Fb', { pattern: 'steady', rate: 1 }, 'SEQ_INVALID_NAME'],
    ['/v1/profiles/web?service=a&service=b', { pattern: 'steady', rate: 1 }, 'SEQ_INVALID_NAME'],
    ['/v1/profiles/web?pool=a', { pattern: 'steady', rate: 1 }, 'SEQ_INVALID_REQUEST'],
  ])('is not set by %s with %j', async (url, body, code) => {
    const { service, send } = await served();
    expect((await send('PUT', url, body)).json().code).toBe(code);
    expect(service.profiles()).toEqual([]);
  });
});
