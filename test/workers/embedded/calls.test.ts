/** Calls at their edges: counts, names, caps, blocks given back, idempotency keys, clients, and who got a value. */
import { describe, expect, test } from 'vitest';
import { opened, scratchDirectory, valuesOf } from './scratch-directory.ts';

describe('a call for values', () => {
  test.each([0, -1, 1.5, 10_001, Number.NaN, '3'])('with count %s is refused with the limits', async (count) => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    expect(() => seqcast.next({ sequence: 'orders', count: count as number })).toThrow(
      expect.objectContaining({ code: 'SEQ_INVALID_COUNT' }),
    );
  });

  test('of an unknown sequence or under a bad name is refused', async () => {
    const seqcast = await opened();
    expect(() => seqcast.next({ sequence: 'nobody', count: 1 })).toThrow(expect.objectContaining({ code: 'SEQ_UNKNOWN_SEQUENCE' }));
    expect(() => seqcast.next({ sequence: 'no/body', count: 1 })).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_NAME' }));
    await seqcast.create('orders', {});
    expect(() => seqcast.next({ sequence: 'orders', count: 1, service: 'a b' })).toThrow(
      expect.objectContaining({ code: 'SEQ_INVALID_NAME' }),
    );
    expect(() => seqcast.next({ sequence: 'orders', count: 1, clientId: 'stranger' })).toThrow(
      expect.objectContaining({ code: 'SEQ_UNKNOWN_CLIENT' }),
    );
  });

  test('of a stream beyond the cap shares the overflow stream', async () => {
    const seqcast = await opened({ streamsPerSequence: 2 });
    await seqcast.create('orders', {});
    for (const clientType of ['a', 'b', 'c', 'd']) await valuesOf(seqcast, 'orders', 1, { clientType });
    expect(seqcast.status().streams.map((each) => each.stream)).toEqual(['orders/a/default', 'orders/b/default', 'orders/*/*']);
  });

  test('by a registered client id goes to its stream, after a restart too', async () => {
    const first = await opened();
    await first.create('orders', {});
    await first.registerClient('host-1', { clientType: 'web', service: 'checkout' });
    await first.next({ sequence: 'orders', count: 1, clientId: 'host-1' });
    expect(first.status().streams[0]?.stream).toBe('orders/web/checkout');
    const { dataDir } = first.status();
    await first.close();
    const second = await opened({ dataDir });
    expect(await second.lookUpClient('host-1')).toEqual({ clientType: 'web', service: 'checkout' });
  });

  test('under an idempotency key gives the same values for ever, and refuses another request under it', async () => {
    const first = await opened();
    await first.create('orders', {});
    const once = { sequence: 'orders', count: 3, idempotencyKey: 'payment-1' };
    const { blocks } = await first.next(once);
    expect((await first.next(once)).blocks).toEqual(blocks);
    expect((await Promise.all([first.next(once), first.next(once)])).map((each) => each.blocks)).toEqual([blocks, blocks]);
    await expect(first.next({ ...once, count: 4 })).rejects.toMatchObject({ code: 'SEQ_REQUEST_CONFLICT' });
    const { dataDir } = first.status();
    await first.close();
    const second = await opened({ dataDir });
    expect((await second.next(once)).blocks).toEqual(blocks);
  });
});

describe('a numbered block', () => {
  test('is given back once, and its unused values are issued again', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    const { blocks } = await seqcast.next({ sequence: 'orders', count: 10, numbered: true });
    const id = blocks[0]?.id as string;
    expect(await seqcast.giveBack({ sequence: 'orders', id, used: 4 })).toEqual({ returned: 6 });
    await expect(seqcast.giveBack({ sequence: 'orders', id, used: 4 })).rejects.toMatchObject({ code: 'SEQ_BLOCK_UNKNOWN' });
    const again = await valuesOf(seqcast, 'orders', 6);
    expect(again).toEqual([5n, 6n, 7n, 8n, 9n, 10n]);
  });

  test('of a former life cannot be given back', async () => {
    const first = await opened();
    await first.create('orders', {});
    const { blocks } = await first.next({ sequence: 'orders', count: 10, numbered: true });
    const { dataDir } = first.status();
    await first.close();
    const second = await opened({ dataDir });
    await expect(second.giveBack({ sequence: 'orders', id: blocks[0]?.id as string, used: 0 })).rejects.toMatchObject({
      code: 'SEQ_BLOCK_UNKNOWN',
    });
  });
});

describe('a sequence object in this process', () => {
  test('hands out values at once from its blocks, and gives the rest back when it is closed', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    const orders = seqcast.sequence('orders', { clientType: 'web' });
    const values = [await orders.next(), ...(await orders.take(5))];
    while (values.length < 50) values.push(orders.tryNext() ?? (await orders.next()));
    expect(new Set(values).size).toBe(values.length);
    await orders.close();
    const report = await seqcast.audit();
    expect(report.accounts[0]?.issued).toBe(values.length);
    expect(report.problems).toEqual([]);
  });

  test('of an unknown sequence is refused at once', async () => {
    const seqcast = await opened();
    expect(() => seqcast.sequence('nobody')).toThrow(expect.objectContaining({ code: 'SEQ_UNKNOWN_SEQUENCE' }));
  });
});

describe('afterwards', () => {
  test('a clean stop gives all unused stock back, and the next life goes on without a gap', async () => {
    const dataDir = scratchDirectory();
    const first = await opened({ dataDir });
    await first.create('orders', {});
    await valuesOf(first, 'orders', 100);
    await first.close();
    const second = await opened({ dataDir });
    expect(await valuesOf(second, 'orders', 5)).toEqual([101n, 102n, 103n, 104n, 105n]);
    const report = await second.audit();
    expect(report).toMatchObject({ ok: true, duplicates: 0 });
    expect(report.accounts[0]).toMatchObject({ inDoubt: 0, burnt: 0, issued: 105 });
  });

  test('one can ask who got a value, and who did not', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', { start: 1_000n });
    await valuesOf(seqcast, 'orders', 3, { clientType: 'web', service: 'checkout' });
    expect(await seqcast.who('orders', 1_002n)).toMatchObject({ stream: 'orders/web/checkout', state: 'issued' });
    expect(await seqcast.who('orders', 1_003n)).toMatchObject({ state: 'in-stock' });
    await expect(seqcast.who('orders', 999_999_999n)).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_VALUE' });
  });

  test('every shard can be explained in the numbers it was decided by', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await valuesOf(seqcast, 'orders', 20);
    const { decisions, sentences } = seqcast.explain('orders/default/default');
    expect(decisions[0]).toMatchObject({ trigger: 'order' });
    expect(sentences[0]).toContain('because the pool reached its reorder point');
    expect(() => seqcast.explain('orders/nobody/here')).toThrow(expect.objectContaining({ code: 'SEQ_UNKNOWN_STREAM' }));
  });

  test('a closed seqcast says so', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await seqcast.close();
    expect(() => seqcast.next({ sequence: 'orders', count: 1 })).toThrow(expect.objectContaining({ code: 'SEQ_CLOSED' }));
  });

  test('a second owner of the directory is refused while the first one lives', async () => {
    const dataDir = scratchDirectory();
    await opened({ dataDir });
    await expect(opened({ dataDir })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_IN_USE' });
  });
});
