/** Pools over HTTP and on the command line: what they do, and that one is to be empty. */
import { describe, expect, it, vi } from 'vitest';
import { OWNS_NOTHING } from '../../../workers/runtime/members/member-record.ts';
import { poolView } from '../../../workers/runtime/members/pool-views.ts';
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

  it('of a Redis Cluster say which slots they serve', async () => {
    const { service, seqcast } = await withServer('orders');
    const beat = {
      kind: 'MemberEvent',
      role: 'pool',
      event: 'heartbeat',
      incarnation: 'life-1',
      poolKind: 'throughput',
      atMs: 1_000,
    } as const;
    const said = { state: 'living', heardAtMs: 1_000, streams: 1, fillers: [], movedIn: 0, movedOut: 0 } as const;
    const primary = (member: string, slots: readonly number[]) =>
      poolView({ ...beat, ...OWNS_NOTHING, member, endpoint: 'redis://a:6379', cluster: 'east', slots }, said);
    const pools = [primary('east-1', [0, 5_460]), primary('east-2', [5_461, 5_461, 5_463, 5_470, 6_000, 6_001, 7_000, 7_002])];
    vi.spyOn(service, 'pools').mockReturnValue({ pools: [...pools, ...service.pools().pools], moves: [] });
    expect(JSON.parse((await seqcast('pools', '--json')).out).pools).toMatchObject([
      { pool: 'east-1', cluster: 'east', slots: [{ from: 0, to: 5_460 }] },
      { slots: { length: 4 } },
      { pool: 'pool-0' },
    ]);
    const { out } = await seqcast('pools');
    expect(out).toMatch(/^pool .* slots +endpoint +fillers$/m);
    expect(out).toMatch(/^east-1 .* {2}5461: 0-5460 +redis:\/\/a:6379$/m);
    expect(out).toMatch(/^east-2 .* {2}14: 5461, 5463-5470, 6000-6001 and 1 more +redis/m);
  });
});
