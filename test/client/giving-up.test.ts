/** Whoever gives up while a block, printed numbers or a reservation are under way hears so at once, and nothing is kept from others. */
import { expect, test } from 'vitest';
import { createSequence, type Reserving, type Transport } from '../../client/src/index.ts';
import { BlockStore } from './block-store.ts';

/** Answers only when told to. */
function held(reservations?: Reserving) {
  const store = new BlockStore();
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const transport: Transport = {
    next: async (count) => {
      await gate;
      return { blocks: store.take(count) };
    },
    nextFormatted: async (count) => {
      await gate;
      return store.take(count).map(({ start }) => ({ value: start, formatted: `N-${start}` }));
    },
    giveBack: async (blocks) => store.giveBack(blocks),
    ...(reservations && { reservations }),
  };
  return { store, gate, release, orders: createSequence(transport, 'orders', {}) };
}

test('a block that arrives afterwards is given back whole', async () => {
  const { store, gate, release, orders } = held();
  const abort = new AbortController();
  const block = orders.takeBlock(5, { signal: abort.signal });
  abort.abort(new Error('no longer wanted'));
  await expect(block).rejects.toThrow('no longer wanted');
  release();
  await gate;
  await orders.close();
  expect(store.takenBack.size).toBe(5);
  expect(orders.figures()).toMatchObject({ fetched: 5, givenBack: 5, lost: 0 });
});

test('printed numbers are not waited for', async () => {
  const { orders, release } = held();
  await expect(orders.takeFormatted(2, { signal: AbortSignal.timeout(10) })).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(orders.takeFormatted(2, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  release();
  await orders.close();
});

test('a reservation without a key of the caller is cancelled, one with a key is left for the next attempt', async () => {
  const cancelled: string[] = [];
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { orders } = held({
    reserve: async ({ key }) => {
      await gate;
      return { id: key === 'order-1' ? 'kept' : 'nobody-knows', state: 'reserved', values: [1n], formatted: [], expiresAtMs: undefined };
    },
    confirm: async () => undefined,
    cancel: async (id) => void cancelled.push(id),
  });
  const abort = new AbortController();
  const outcomes = [orders.reserve({ signal: abort.signal }), orders.reserve({ key: 'order-1', signal: abort.signal })];
  abort.abort(new Error('gone'));
  expect(await Promise.allSettled(outcomes)).toMatchObject([{ reason: { message: 'gone' } }, { reason: { message: 'gone' } }]);
  release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(cancelled).toEqual(['nobody-knows']);
});
