/** What every way to values promises behind the one interface, whether over HTTP, Redis, Kafka or in the same process. */

import type { ClientHooks, ClientRequest, SeqcastClient, SequenceSettings } from 'seqcast-client';
import { describe, expect, onTestFinished, test } from 'vitest';

export interface Way {
  create(name: string, attributes: Attributes): Promise<void>;
  connect(options?: Partial<SequenceSettings> & ClientHooks): Promise<SeqcastClient>;
}

export interface Attributes {
  readonly start?: bigint;
  readonly increment?: bigint;
  readonly order?: 'stream' | 'sequence';
  readonly format?: string;
  readonly max?: bigint;
  readonly guarantee?: 'gapless';
}

/** What a way can; the rest it refuses with `SEQ_UNSUPPORTED`. */
export interface Abilities {
  /** Fetches ahead what may lie in hand, and gives it back. */
  readonly fetchesAhead: boolean;
  readonly prints: boolean;
  readonly reserves: boolean;
  /** Knows which sequences there are. */
  readonly knowsNames: boolean;
}

let names = 0;

export function clientConformance(title: string, way: () => Way, can: Abilities): void {
  const fresh = async (attributes: Attributes = {}, options: Partial<SequenceSettings> & ClientHooks = {}) => {
    const name = `way-${names++}`;
    await way().create(name, attributes);
    const client = await way().connect(options);
    onTestFinished(() => client.close());
    return { name, client, ids: client.sequence(name) };
  };

  describe(title, () => {
    test('gives each value once, to callers that wait together and to other clients', async () => {
      const { name, ids } = await fresh({ start: 100n, increment: 10n });
      const other = await way().connect();
      onTestFinished(() => other.close());
      const values = (
        await Promise.all([
          ...Array.from({ length: 40 }, () => ids.next().then((value) => [value])),
          ids.take(25),
          other.sequence(name).take(25),
        ])
      ).flat();
      expect(new Set(values).size).toBe(90);
      for (const value of values) expect(value % 10n === 0n && value >= 100n).toBe(true);
    });

    test('keeps an order: a value is never below one that was handed out before', async () => {
      const { ids } = await fresh({ order: 'sequence' });
      const values: bigint[] = [];
      for (let i = 0; i < 5; i += 1) values.push(...(await ids.take(2)));
      expect(values).toEqual([...values].sort((a, b) => (a < b ? -1 : 1)));
      expect(ids.figures().inHand).toBe(0);
      expect(ids.tryNext()).toBeUndefined();
    });

    test(can.fetchesAhead ? 'fetches ahead, and gives back what was not used' : 'has nothing in hand that could be lost', async () => {
      const { ids } = await fresh();
      for await (const _ of ids.values(20));
      const block = await ids.takeBlock(10);
      const used = [block.nextNumber(), block.nextNumber()];
      expect(new Set(used).size).toBe(2);
      await block.close();
      await ids.close();
      const { fetched, givenBack, lost, inHand } = ids.figures();
      expect(inHand).toBe(0);
      if (can.fetchesAhead)
        expect({ givenBack: givenBack >= 8, lost, used: fetched - givenBack }).toEqual({ givenBack: true, lost: 0, used: 22 });
      else expect({ fetched, lost, givenBack }).toEqual({ fetched: 30, lost: 8, givenBack: 0 });
    });

    test('takes of several sequences, each with an outcome of its own', async () => {
      const { name, client } = await fresh({}, { timeoutMs: 3_000 });
      const second = `way-${names++}`;
      await way().create(second, { start: 7n });
      const [one, two, wrong] = await client.takeEach([{ sequence: name, count: 3 }, { sequence: second }, { sequence: name, count: 0 }]);
      expect(one).toMatchObject({ sequence: name, values: { length: 3 } });
      expect(two).toEqual({ sequence: second, values: [7n] });
      expect(wrong).toMatchObject({ sequence: name, error: { code: 'SEQ_INVALID_COUNT' } });
    });

    test('ends a wait by its signal and by its time', async () => {
      const client = await way().connect({ timeoutMs: 600 });
      onTestFinished(() => client.close());
      const name = `nobody-${names++}`;
      const outcome = (async () => await client.sequence(name).next())();
      if (can.knowsNames) return expect(outcome).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE', retriable: false });
      const aborted = client.sequence(name).next({ signal: AbortSignal.timeout(100) });
      await expect(aborted).rejects.toMatchObject({ name: 'TimeoutError' });
      await expect(outcome).rejects.toMatchObject({ code: 'SEQ_WAIT_TIMEOUT', retriable: true });
      return undefined;
    });

    test('tells of its requests, and of none after it is closed', async () => {
      const requests: ClientRequest[] = [];
      const { name, client, ids } = await fresh({}, { onRequest: (request) => requests.push(request) });
      await ids.takeBlock(5);
      await client.close();
      const told = requests.filter(({ action }) => action === 'next');
      if (told.length > 0) expect(told[0]).toMatchObject({ sequence: name, count: 5, code: undefined });
      await expect(ids.next()).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
      expect(() => client.sequence(name)).toThrow(/closed|serving|stopped/);
    });

    test(can.prints ? 'prints values as their sequence does' : 'refuses to print', async () => {
      const { ids } = await fresh({ format: 'INV-{value:05}' });
      if (!can.prints) await expect(ids.takeFormatted(1)).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
      else expect(await ids.takeFormatted(2)).toMatchObject([{ formatted: 'INV-00001' }, { formatted: 'INV-00002' }]);
    });

    test(can.reserves ? 'reserves, confirms and cancels numbers without a gap' : 'refuses to reserve', async () => {
      const { ids } = await fresh(can.reserves ? { guarantee: 'gapless' } : {});
      if (!can.reserves) return expect(ids.reserve()).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
      const kept = await ids.reserve({ key: 'order-1' });
      await kept.confirm('the test');
      const given = await ids.reserve();
      await given.cancel('no longer wanted');
      expect([kept.values, given.values, (await ids.reserve()).values]).toEqual([[1n], [2n], [2n]]);
      expect((await ids.reserve({ key: 'order-1' })).values).toEqual([1n]);
      return undefined;
    });
  });
}
