/** Values over Kafka with the client's optional entry, and with nothing but a producer: answered once, whoever is killed meanwhile. */
import kafkajs from 'kafkajs';
import { connect } from 'seqcast-client';
import { connectKafka } from 'seqcast-client/kafka';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Attributes, clientConformance } from '../client/conformance-kit.ts';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { programsOf, startProgram } from './guide-programs.ts';
import { type AtEnd, eventually, TestInstallation } from './installation.ts';
import { post } from './server.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const TIMEOUT_MS = 150_000;
/** A test that is tried once more must not meet what its first attempt wrote. */
let attempts = 0;

interface Serving {
  readonly on: TestInstallation;
  readonly brokers: readonly string[];
  readonly redis: string;
}

async function serving(atEnd: AtEnd): Promise<Serving> {
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  atEnd(async () => {
    await Promise.all([kafka.stop(), redis.stop()]);
  });
  const on = new TestInstallation(kafka.brokers, {}, atEnd);
  await on.start('back', 'allocator,filler,forecaster', redis.url);
  await on.start('gateway-a', 'gateway', redis.url);
  await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
  await on.create();
  return { on, brokers: kafka.brokers, redis: redis.url };
}

describe.skipIf(!available)('values over Kafka (needs Kafka, Redis)', () => {
  const endings: (() => Promise<void>)[] = [];
  let installation: Serving;

  beforeAll(async () => {
    installation = await serving((end) => endings.unshift(end));
  }, TIMEOUT_MS);

  afterAll(async () => {
    for (const end of endings) await end();
  });

  test('come once each, and a request id gives the same values again', { timeout: TIMEOUT_MS }, async () => {
    const { on, brokers } = installation;
    const client = await connectKafka({ kafka: { brokers: [...brokers] }, service: 'billing' });
    onTestFinished(() => client.close());
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.request({ sequence: on.sequence, count: 3 })));
    const values = answers.flatMap(({ blocks }) =>
      blocks.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => start + BigInt(index))),
    );
    expect(values).toHaveLength(600);
    expect(new Set(values).size).toBe(600);
    const first = answers[0];
    const again = await client.request({ sequence: on.sequence, count: 3, requestId: first?.requestId ?? '' });
    expect(again.blocks).toEqual(first?.blocks);
    await expect(client.request({ sequence: on.sequence, count: 4, requestId: first?.requestId ?? '' })).rejects.toMatchObject({
      code: 'SEQ_REQUEST_CONFLICT',
    });
    await expect(client.request({ sequence: 'none' })).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE' });
  });

  test('are for the key that a request carries, by its scope and within its quota', { timeout: TIMEOUT_MS }, async () => {
    const { on, brokers } = installation;
    const name = `keyed-${attempts++}`;
    const quotas = [`${on.sequence}=10/day`];
    const { body } = await post(`${on.gateways[0]}/v1/keys`, { name, scopes: [`next:${on.sequence}`], quotas });
    const clientOf = async (apiKey: string) => {
      const client = await connectKafka({ kafka: { brokers: [...brokers] }, apiKey });
      onTestFinished(() => client.close());
      return async (count: number, sequence = on.sequence): Promise<unknown> =>
        await client.request({ sequence, count }).then(
          ({ blocks }) => blocks.reduce((sum, block) => sum + block.count, 0),
          ({ code }: { readonly code: unknown }) => code,
        );
    };
    const [own, wrong] = await Promise.all([
      clientOf((body as { token: string }).token),
      clientOf(`sqk_${'0'.repeat(12)}_${'A'.repeat(43)}`),
    ]);
    expect(await wrong(1)).toBe('SEQ_UNAUTHENTICATED');
    expect(await own(1, 'of-somebody-else')).toBe('SEQ_UNKNOWN_SEQUENCE');
    expect([await own(7), await own(4), await own(3), await own(1)]).toEqual([7, 'SEQ_QUOTA_EXCEEDED', 3, 'SEQ_QUOTA_EXCEEDED']);
  });

  // The same interface as over HTTP, on the way around the gateways and on the one through their request topic.
  const create = async (name: string, { start, increment, max, ...rest }: Attributes): Promise<void> => {
    const numbers = { ...(start && { start: `${start}` }), ...(increment && { increment: `${increment}` }), ...(max && { max: `${max}` }) };
    const { status, body } = await post(`${installation.on.gateways[0]}/v1/sequences`, { name, ...rest, ...numbers });
    expect(status, JSON.stringify(body)).toBe(201);
  };
  clientConformance('the client straight from Redis', () => ({ create, connect: (options) => connect(installation.redis, options) }), {
    fetchesAhead: true,
    prints: false,
    reserves: false,
    knowsNames: false,
  });
  clientConformance(
    'the client over Kafka',
    () => ({ create, connect: (options) => connect(`kafka://${installation.brokers.join(',')}`, options) }),
    { fetchesAhead: false, prints: true, reserves: false, knowsNames: true },
  );

  test('are the same when the gateway was killed between its answer and its commit', { timeout: TIMEOUT_MS }, async () => {
    const { on, brokers, redis } = installation;
    const attempt = `r-${attempts++}-`;
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer();
    const consumer = kafka.consumer({ groupId: `listener-${attempt}`, maxWaitTimeInMs: 100 });
    await Promise.all([producer.connect(), consumer.connect()]);
    onTestFinished(async () => {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    });
    const replies = new Map<string, string[]>();
    await consumer.subscribe({ topic: 'seqcast.values', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const { request, blocks } = JSON.parse(String(message.value)) as { request: string; blocks: unknown };
        if (request.startsWith(attempt)) replies.set(request, [...(replies.get(request) ?? []), JSON.stringify(blocks)]);
      },
    });
    const life = await on.life();
    let sent = 0;
    const send = async (): Promise<void> => {
      const messages = Array.from({ length: 20 }, () => ({
        partition: sent % 4,
        value: JSON.stringify({ request: `${attempt}${sent++}`, sequence: on.sequence, count: 2 }),
      }));
      await producer.send({ topic: 'seqcast.requests', messages });
    };
    for (let batch = 0; batch < 20; batch++) {
      await send();
      if (batch !== 10) continue;
      await Promise.all([...on.processes.keys()].filter((name) => name.startsWith('gateway')).map((name) => on.kill(name)));
      await on.start(`gateway-${attempt}`, 'gateway', redis);
    }
    await eventually(async () => replies.size === sent);
    expect(await on.life(), 'the stock began a life meanwhile').toBe(life);
    for (const [request, answers] of replies) expect(new Set(answers).size, `${request} was answered ${answers.join(' and ')}`).toBe(1);
    const starts = [...replies.values()].map(([blocks]) => blocks);
    expect(new Set(starts).size).toBe(sent);
    expect(await on.audit()).toMatchObject({ ok: true, duplicates: 0 });
  });

  test('give each record of a topic its id, the same one whoever reads it, as the guide shows', { timeout: TIMEOUT_MS }, async () => {
    const { on, brokers } = installation;
    const shop = `shop-${attempts++}`;
    const [numbering = '', stamping = ''] = programsOf('kafka.md').map((program) =>
      program
        .replaceAll("'shop.", `'${shop}.`)
        .replaceAll("'127.0.0.1:9092'", brokers.map((broker) => `'${broker}'`).join(', '))
        .replaceAll('http://127.0.0.1:7070', on.gateways[0] ?? '')
        .replaceAll("'orders'", `'${on.sequence}'`),
    );
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    // Sent again by a producer that heard no answer, an order would be two records of the topic, each with an id of its own.
    const [admin, producer, consumer] = [
      kafka.admin(),
      kafka.producer({ idempotent: true, maxInFlightRequests: 1 }),
      kafka.consumer({ groupId: `reader-${shop}`, maxWaitTimeInMs: 100 }),
    ];
    await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
    onTestFinished(async () => {
      await Promise.all([admin.disconnect(), producer.disconnect(), consumer.disconnect()]);
    });
    const topics = [`${shop}.orders`, `${shop}.numbered`, `${shop}.clicks`];
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true });
    const ids = new Map<string, string[]>();
    await consumer.subscribe({ topics: topics.slice(1), fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, message: { key, value, headers } }) => {
        const id = String(topic === `${shop}.clicks` ? key : headers?.id);
        ids.set(`${topic} ${value}`, [...(ids.get(`${topic} ${value}`) ?? []), id]);
      },
    });
    const life = await on.life();
    const orders = Array.from({ length: 20 }, (_, index) => ({ partition: index % 2, value: `order ${index}` }));
    await producer.send({ topic: `${shop}.orders`, messages: orders });
    const ends = await admin.fetchTopicOffsets(`${shop}.orders`);
    expect(
      ends.map(({ high }) => high),
      'an order is in the topic twice',
    ).toEqual(['10', '10']);
    const readers = ['first', 'second'].map((group) => startProgram(numbering, { GROUP: `${group}-${shop}` }));
    expect(await startProgram(stamping).ended).toMatchObject({ code: 0 });
    // Two groups read every order, as one would that had lost its place.
    // More than two where a group was given its partitions anew before it had committed.
    await eventually(async () => orders.every(({ value }) => (ids.get(`${shop}.numbered ${value}`)?.length ?? 0) >= 2));
    // An answer is promised again as long as the stock that gave it lives.
    expect(await on.life(), 'the stock began a life meanwhile').toBe(life);
    for (const { value } of orders) {
      const given = ids.get(`${shop}.numbered ${value}`);
      expect(new Set(given).size, `${value} is ${given}`).toBe(1);
    }
    await eventually(async () => ids.size === orders.length + 3);
    expect(new Set([...ids.values()].flat()).size).toBe(orders.length + 3);
    for (const { process } of readers) process.kill('SIGTERM');
    expect(await Promise.all(readers.map(({ ended }) => ended))).toMatchObject([{ code: 0 }, { code: 0 }]);
  });
});

const etcd = engineOrSkip('etcd');

describe.skipIf(!available || !etcd.available)('a route table in etcd (needs Kafka, Redis, etcd)', () => {
  test('says where the values of a registered client come from', { timeout: TIMEOUT_MS }, async () => {
    const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    onTestFinished(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
    });
    const on = new TestInstallation(kafka.brokers, { SEQCAST_ROUTES: 'etcd', SEQCAST_ETCD: etcd.url });
    await on.start('back', 'allocator,filler', redis.url);
    const { url } = await on.start('gateway-a', 'gateway', redis.url);
    await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
    await on.create();
    const route = { clientType: 'pos', service: 'store' };
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${url}/v1/clients/till-7`, { method: 'PUT', headers, body: JSON.stringify(route) })).status).toBe(200);
    expect((await post(`${url}/v1/sequences/${on.sequence}/next`, { clientId: 'till-7' })).status).toBe(200);
    const found = async (): Promise<{ shard?: { shard: number }; [name: string]: unknown }> =>
      (await (await fetch(`${url}/v1/sequences/${on.sequence}/route?clientId=till-7`)).json()) as { shard?: { shard: number } };
    await eventually(async () => (await found()).shard !== undefined);
    expect(await found()).toMatchObject({ stream: `${on.sequence}/pos/store`, pool: on.pool, endpoint: redis.url });
    // Another gateway knows the client without having been told.
    const second = await on.start('gateway-b', 'gateway', redis.url);
    expect((await post(`${second.url}/v1/sequences/${on.sequence}/next`, { clientId: 'till-7' })).status).toBe(200);
  });
});
