/** Pools over HTTP and on the command line: what they do, and that one is to be empty. */
import { describe, expect, it } from 'vitest';
import { withServer } from '../../cli/commands.ts';
import { served } from './served.ts';

describe('the pools', () => {
  it('are shown with their load, and drained and taken back by name', async () => {
    const { gateway, get } = await served('orders');
    expect((await get('/v1/pools')).json()).toMatchObject({
      pools: [{ pool: 'pool-0', state: 'living', streams: 1, capacity: { operationsPerSecond: 20_000 } }],
      moves: [{ stream: 'orders/web/checkout', from: 'pool-0', to: 'pool-1', reason: 'drain' }],
    });
    const post = (url: string) => gateway.inject({ method: 'POST', url });
    const drained = await post('/v1/pools/pool-0/drain');
    expect([drained.statusCode, drained.json().state]).toEqual([202, 'draining']);
    expect((await post('/v1/pools/pool-0/undrain')).json().state).toBe('living');
    const unknown = await post('/v1/pools/pool-9/drain');
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'SEQ_UNKNOWN_POOL']);
  });

  it('are a table for people, and say how far a drain is', async () => {
    const { seqcast } = await withServer('orders');
    const { out } = await seqcast('pools');
    expect(out).toMatch(/^pool-0 +throughput +living +1 +[\d.]+ % +\d+ of 20000\/s/m);
    expect(out).toMatch(/orders\/web\/checkout +pool-0 +pool-1 +drain +pool-0 drains/);
    expect((await seqcast('pools', 'drain', 'pool-0')).out).toMatch(/^pool pool-0 is draining: 1 streams left, 75 % done/);
    expect((await seqcast('pools', 'undrain', 'pool-0')).out).toBe('pool pool-0 is living\n');
  });
});
