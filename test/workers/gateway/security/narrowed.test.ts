/** What a key hears and reads of a service that others use too. */
import { describe, expect, it } from 'vitest';
import { parseScope } from '../../../../core/access/scope.ts';
import { narrowedService } from '../../../../workers/gateway/security/narrowed-service.ts';
import { ownMetrics } from '../../../../workers/gateway/security/own-metrics.ts';
import { Principal } from '../../../../workers/gateway/security/principal.ts';
import { QuotaBook } from '../../../../workers/gateway/security/quota-book.ts';
import type { NumberedEvent } from '../../../../workers/runtime/live/live-feed.ts';
import type { SeqcastService } from '../../../../workers/runtime/service/service.ts';
import { FakeService } from '../fake-service.ts';

const row = (stream: string, stock: number) => ({ stream, stock, issuedTotal: 1, requestsTotal: 1, stallsTotal: 0 });
/** One of them did not move. */
const SEEN = [row('acme.orders/a/b', 5), row('acme.orders/a/quiet', 3), row('beta.orders/a/b', 7)];
const EVENTS = [
  { kind: 'move', atMs: 1, stream: 'acme.orders/a/b', pool: 'pool-0' },
  { kind: 'move', atMs: 1, stream: 'beta.orders/a/b', pool: 'pool-0' },
  { kind: 'sequence', atMs: 1, sequence: 'beta.orders', change: 'created' },
  { kind: 'allocation', atMs: 1, allocation: { stream: 'beta.orders/a/b' } },
  { kind: 'pool-lost', atMs: 1, pool: 'pool-0', incarnation: 'x' },
  { kind: 'streams', atMs: 1, streams: [row('acme.orders/a/b', 5), row('beta.orders/a/b', 7)], totals: { streams: 2, stock: 12 } },
].map((event, at) => ({ id: at + 1, event }) as unknown as NumberedEvent);

function heardBy(principal: Principal): NumberedEvent[] {
  const service = new FakeService() as SeqcastService;
  let tell: (event: NumberedEvent) => void = () => undefined;
  const subscribe = (handler: typeof tell): void => {
    tell = handler;
  };
  service.live = () => ({ subscribe, past: () => undefined, seen: () => SEEN }) as never;
  const heard: NumberedEvent[] = [];
  narrowedService(service, principal, new QuotaBook(undefined as never, Date.now))
    .live()
    .subscribe((event) => void heard.push(event));
  for (const event of EVENTS) tell(event);
  principal.isRevoked = true;
  for (const event of EVENTS) tell(event);
  return heard;
}

it('rows of streams are its own, whatever it asks for', () => {
  const service = new FakeService() as SeqcastService;
  service.live = () => ({ rows: (names: readonly string[]) => SEEN.filter(({ stream }) => names.includes(stream)) }) as never;
  const acme = new Principal({ name: 'acme', scopes: [parseScope('next:acme.*')], quotas: [] });
  const own = narrowedService(service, acme, new QuotaBook(undefined as never, Date.now)).live();
  expect(own.rows(['beta.orders/a/b', 'acme.orders/a/quiet']).map(({ stream }) => stream)).toEqual(['acme.orders/a/quiet']);
});

describe('events', () => {
  it('are those of its own sequences, with its own totals, until the key is revoked', () => {
    const heard = heardBy(new Principal({ name: 'acme', scopes: [parseScope('next:acme.*')], quotas: [] }));
    expect(heard.map(({ id }) => id)).toEqual([1, 6]);
    expect(heard[1]?.event).toMatchObject({ streams: [{ stream: 'acme.orders/a/b' }], totals: { streams: 2, stock: 8 } });
    expect(JSON.stringify(heard)).not.toContain('beta');
  });

  it('are all of them for who operates, until the key is revoked', () => {
    expect(heardBy(new Principal({ name: 'op', scopes: [parseScope('operate:*')], quotas: [] }))).toHaveLength(EVENTS.length);
  });
});

it('metrics keep the lines of its own sequences, and no comment of a metric of which nothing is left', () => {
  const text = [
    '# HELP seqcast_stock_values Unissued values.',
    'seqcast_stock_values{sequence="acme.orders"} 5',
    'seqcast_stock_values{sequence="acmecorp"} 6',
    '# HELP seqcast_open_shards Shards.',
    'seqcast_open_shards 3',
    'seqcast_wait_seconds_bucket{le="1",stream="acme.orders/a/b"} 1',
    '',
  ].join('\n');
  expect(ownMetrics(text, (sequence) => sequence.startsWith('acme.')).split('\n')).toEqual([
    '# HELP seqcast_stock_values Unissued values.',
    'seqcast_stock_values{sequence="acme.orders"} 5',
    'seqcast_wait_seconds_bucket{le="1",stream="acme.orders/a/b"} 1',
  ]);
});
