/**
 * The client in the same process and over HTTP. Over Redis and Kafka it is in test/e2e/values-over-kafka.test.ts, where an installation
 * runs anyway.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SeqcastClient, takeEach } from 'seqcast-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open } from '../../workers/embedded.ts';
import { createGateway, type Gateway } from '../../workers/gateway/gateway.ts';
import type { Seqcast } from '../../workers/runtime/service/seqcast.ts';
import { opened } from '../workers/embedded/scratch-directory.ts';
import { type Attributes, clientConformance, type Way } from './conformance-kit.ts';

const ALL = { fetchesAhead: true, prints: true, reserves: true, knowsNames: true };

const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-test-'));
let service: Seqcast;
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  service = await open({ dataDir });
  gateway = createGateway({ service, logger: { error: (details) => expect.fail(JSON.stringify(details)) } });
  url = await gateway.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await gateway.close();
  await service.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const create = async (name: string, attributes: Attributes): Promise<void> => {
  await service.create(name, attributes);
};

clientConformance('over HTTP', (): Way => ({ create, connect: (options) => connect(url, options) }), ALL);

let callers = 0;

/** Several clients share what is one process: each has a service name of its own, and ends its own sequences only. */
clientConformance(
  'in the same process',
  (): Way => ({
    create,
    async connect(options = {}) {
      const caller = { ...options, service: `caller-${callers++}` };
      const used = new Map<string, ReturnType<Seqcast['sequence']>>();
      let isClosed = false;
      const client: SeqcastClient = {
        sequence(name) {
          if (isClosed) throw new Error('the client is closed');
          const sequence = service.sequence(name, caller);
          used.set(name, sequence);
          return sequence;
        },
        takeEach: (requests) => takeEach(client, requests),
        async close() {
          isClosed = true;
          await Promise.all([...used.values()].map((sequence) => sequence.close()));
        },
        [Symbol.asyncDispose]: () => client.close(),
      };
      return client;
    },
  }),
  ALL,
);

test('what open() gives is a client, too: closing it closes its sequences, which give back what they have in hand', async () => {
  const seqcast = await opened();
  const client: SeqcastClient = seqcast;
  await seqcast.create('orders', {});
  const orders = client.sequence('orders');
  expect(client.sequence('orders')).toBe(orders);
  expect(await client.takeEach([{ sequence: 'orders', count: 2 }])).toEqual([{ sequence: 'orders', values: [1n, 2n] }]);
  for (let i = 0; i < 10; i += 1) await orders.next();
  await client.close();
  expect(orders.isClosed).toBe(true);
  expect(orders.figures()).toMatchObject({ inHand: 0, lost: 0 });
  expect(orders.figures().givenBack).toBeGreaterThan(0);
});
