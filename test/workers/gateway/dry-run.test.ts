/** Dry runs over HTTP: what would happen is answered, and nothing happens. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('a dry run', () => {
  it('of alter, restart and drop asks for a plan and leaves the sequence as it is', async () => {
    const { gateway, service, get, send } = await served('orders');
    const before = (await get('/v1/sequences/orders')).json();
    const altered = await send('PATCH', '/v1/sequences/orders?dryRun=true', { max: 500 });
    expect(altered.json()).toMatchObject({ sequence: 'orders', change: 'alter', fences: [2], givenAgain: [{ lowest: '1', count: '21' }] });
    expect((await send('POST', '/v1/sequences/orders/restart?dryRun=true', { start: '7' })).statusCode).toBe(200);
    const dropped = await gateway.inject({ method: 'DELETE', url: '/v1/sequences/orders?dryRun=true' });
    expect({ code: dropped.statusCode, change: dropped.json().change }).toEqual({ code: 200, change: 'drop' });
    expect(service.asked).toEqual([
      { plan: 'orders', kind: 'alter', changes: { max: 500n } },
      { plan: 'orders', kind: 'restart', start: 7n },
      { plan: 'orders', kind: 'drop' },
    ]);
    expect((await get('/v1/sequences/orders')).json()).toEqual(before);
  });

  it('that is misspelt is refused, not done in earnest', async () => {
    const { gateway, get } = await served('orders');
    for (const query of ['dryrun=true', 'dryRun=yes', 'dry-run=true', 'dryRun=']) {
      const refused = await gateway.inject({ method: 'DELETE', url: `/v1/sequences/orders?${query}` });
      expect([query, refused.json().code]).toEqual([query, 'SEQ_INVALID_REQUEST']);
    }
    expect((await get('/v1/sequences/orders')).statusCode).toBe(200);
    expect((await gateway.inject({ method: 'DELETE', url: '/v1/sequences/orders?dryRun=false' })).statusCode).toBe(204);
  });
});
