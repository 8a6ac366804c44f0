/** The channels tell whoever subscribes what docs/reference/channels.md says, and make no message where nobody does. */
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LedgerListener, LedgerReader } from '../../../../workers/runtime/ledger/ledger-reader.ts';
import { CHANNELS, publishLedger } from '../../../../workers/runtime/observability/channels.ts';
import { opened } from '../../embedded/scratch-directory.ts';

type Message = Readonly<Record<string, unknown>>;

/** Messages by channel, until the test ends. */
function heard(): Map<string, Message[]> {
  const messages = new Map<string, Message[]>();
  for (const { name } of CHANNELS) {
    const listen = (message: unknown): void => void messages.set(String(name), [...(messages.get(String(name)) ?? []), message as Message]);
    subscribe(name, listen);
    onTestFinished(() => void unsubscribe(name, listen));
  }
  return messages;
}

/** What the page says that a message has. */
function documented(): Map<string, string[]> {
  const rows = readFileSync('docs/reference/channels.md', 'utf8').matchAll(/^\| `(seqcast\.\w+)` \| .* \| (.*) \|$/gm);
  return new Map(
    [...rows].map(([, name = '', message = '']) => [name, [...message.matchAll(/`(\w+)`/g)].map(([, key = '']) => key).sort()]),
  );
}

/** A ledger in which a pool is lost, as a reader tells its listeners. */
function losePool(live: boolean): void {
  const listeners: LedgerListener[] = [];
  publishLedger({ listen: (listener: LedgerListener) => void listeners.push(listener) } as LedgerReader);
  const record = { kind: 'PoolLost', pool: 'pool-1', incarnation: 'a1', atMs: 0 } as const;
  for (const { onShards } of listeners) onShards?.({ partition: 0 } as Parameters<typeof onShards>[0], 3, record, 'accepted', live);
}

describe('the channels', () => {
  test('tell of a call that waits, its allocation, its shard, its answer and what is given back, in messages as the page has them', async () => {
    const messages = heard();
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await seqcast.next({ sequence: 'orders', count: 5, clientType: 'web' });
    await seqcast.next({ sequence: 'orders', count: 1, clientType: 'web' });
    const stream = 'orders/web/default';
    expect(messages.get('seqcast.stall')).toEqual([{ sequence: 'orders', stream, count: 5 }]);
    expect(messages.get('seqcast.next')).toEqual([
      { sequence: 'orders', stream, count: 5, stalled: true },
      { sequence: 'orders', stream, count: 1, stalled: false },
    ]);
    const [allocation] = messages.get('seqcast.allocation') ?? [];
    expect(allocation).toMatchObject({ stream, order: 1 });
    const { partition, shard, count } = allocation ?? {};
    expect(messages.get('seqcast.fill')?.[0]).toEqual({ sequence: 'orders', stream, partition, shard, count });
    await seqcast.close();
    expect(messages.get('seqcast.return')?.[0]).toMatchObject({ partition });
    losePool(true);
    expect(messages.get('seqcast.fence')).toEqual([{ pool: 'pool-1', life: 'a1' }]);
    const page = documented();
    expect([...page.keys()].sort()).toEqual(CHANNELS.map(({ name }) => String(name)).sort());
    for (const [name, [first]] of messages) expect(Object.keys(first ?? {}).sort(), name).toEqual(page.get(name));
    expect([...messages.keys()].sort()).toEqual([...page.keys()].sort());
  });

  test('do not tell again what was in the ledger before', () => {
    const messages = heard();
    losePool(false);
    expect(messages.size).toBe(0);
  });

  test('make no message while nobody subscribes', async () => {
    const published = CHANNELS.map(({ name }) => vi.spyOn(channel(name), 'publish'));
    onTestFinished(() => void vi.restoreAllMocks());
    const seqcast = await opened();
    await seqcast.create('orders', {});
    for (let call = 0; call < 10; call++) await seqcast.next({ sequence: 'orders', count: 1 });
    losePool(true);
    await seqcast.close();
    for (const publish of published) expect(publish).not.toHaveBeenCalled();
  });
});
