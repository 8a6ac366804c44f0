/** What is refused at the start, and what two processes that start at once make of it. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { KafkaEngine, KafkaOptions } from '../../../adapters/kafka/kafka.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { dropTopics, newPrefix, openTestKafka, withAdmin } from './test-kafka.ts';

const kafka = engineOrSkip('kafka');
const LEDGER_SETTINGS = {
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'flush.messages': '1',
  'max.message.bytes': String(8 * 1024 * 1024),
};

describe.skipIf(!kafka.available)('opening Kafka (needs Kafka)', { timeout: 30_000 }, () => {
  const opened: KafkaEngine[] = [];
  const prefixes: string[] = [];

  function prefix(): string {
    const made = newPrefix();
    prefixes.push(made);
    return made;
  }

  async function open(options: Partial<KafkaOptions>): Promise<KafkaEngine> {
    const engine = await openTestKafka(kafka.brokers, options);
    opened.push(engine);
    return engine;
  }

  async function createTopic(
    name: string,
    numPartitions: number,
    settings: Readonly<Record<string, string>> = LEDGER_SETTINGS,
  ): Promise<void> {
    const configEntries = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }));
    await withAdmin(kafka.brokers, async (admin) => {
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic: name, numPartitions, replicationFactor: 1, configEntries }] });
      await expect.poll(() => admin.listTopics()).toContain(name);
    });
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((engine) => engine.close()));
    for (const each of prefixes.splice(0)) await dropTopics(kafka.brokers, each);
  });

  test('processes that start at once agree on the log and its partitions', async () => {
    const shared = prefix();
    const engines = await Promise.all(Array.from({ length: 3 }, () => open({ prefix: shared })));
    expect(new Set(engines.map(({ log }) => log.logId)).size).toBe(1);
    expect(engines.map(({ partitionCount }) => partitionCount)).toEqual([4, 4, 4]);
    expect(engines.map((engine) => engine.health().up)).toEqual([true, true, true]);
  });

  test('a broker of the list that accepts connections and hangs up hides none of the others', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ill = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      // One of two clients in a row begins with the one that is ill.
      for (let time = 1; time <= 2; time++) {
        opened.push(await openTestKafka([ill, ...kafka.brokers.slice(0, 1)], { prefix: prefix() }));
        expect(opened.at(-1)?.health().up).toBe(true);
      }
    } finally {
      server.close();
    }
  });

  test('the partitions that exist count, not those asked for', async () => {
    const shared = prefix();
    await open({ prefix: shared, partitionCount: 3 });
    expect((await open({ prefix: shared, partitionCount: 5 })).partitionCount).toBe(3);
  });

  test('a ledger that was deleted and made anew is another log', async () => {
    const shared = prefix();
    const before = await open({ prefix: shared });
    await withAdmin(kafka.brokers, async (admin) => {
      await admin.deleteTopics({ topics: [`${shared}seqcast.shards`] });
      await expect.poll(() => admin.listTopics()).not.toContain(`${shared}seqcast.shards`);
    });
    const after = await open({ prefix: shared });
    expect(after.log.logId).not.toBe(before.log.logId);
    expect((await open({ prefix: shared })).log.logId).toBe(after.log.logId);
  });

  test('topics that are read together must have equally many partitions', async () => {
    const shared = prefix();
    await createTopic(`${shared}seqcast.shards`, 4);
    await createTopic(`${shared}seqcast.orders`, 3);
    await expect(open({ prefix: shared })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNUSABLE',
      message: expect.stringMatching(/seqcast\.orders has 3 partitions and needs 4/),
    });
  });

  test.each([
    ['cleanup.policy', 'compact', 'delete'],
    ['retention.ms', '604800000', '-1'],
    ['flush.messages', '9223372036854775807', '1'],
    ['max.message.bytes', '1048588', '8388608 or more'],
    ['unclean.leader.election.enable', 'true', 'false'],
  ])('a ledger topic with %s=%s is refused', async (setting, value, needed) => {
    const shared = prefix();
    await createTopic(`${shared}seqcast.shards`, 4, { ...LEDGER_SETTINGS, [setting]: value });
    await expect(open({ prefix: shared })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNUSABLE',
      message: `Kafka must not be used: the topic ${shared}seqcast.shards has ${setting}=${value} and needs ${needed}; set ${setting} of that topic`,
    });
  });

  test('more copies than brokers are refused with what to change', async () => {
    await expect(open({ prefix: prefix(), replication: 30 })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNUSABLE',
      message: expect.stringMatching(/30 copies.*set replication/),
    });
  });

  test('an append that can never be written is refused, and what fits beside it is written', async () => {
    const { log } = await open({ prefix: prefix() });
    const append = (topic: string, partition: number, size: number): Promise<number> =>
      log.append({ topic, partition, records: [new Uint8Array(size)] });
    const outcomes = await Promise.allSettled([
      append('seqcast.shards', 0, 9_000_000),
      append('seqcast.shards', 99, 1),
      append('seqcast.no-such-topic', 0, 1),
      append('seqcast.shards', 0, 1),
    ]);
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code))).toEqual([
      'SEQ_INVALID_REQUEST',
      'SEQ_INVALID_REQUEST',
      'SEQ_INVALID_REQUEST',
      0,
    ]);
  });

  test('headers travel with their records', async () => {
    const { log } = await open({ prefix: prefix() });
    const headers = [{ traceparent: '00-ab-cd-01', 'reply-partition': '3' }, undefined];
    await log.append({ topic: 'seqcast.requests', partition: 0, records: [Buffer.from('a'), Buffer.from('b')], headers });
    expect((await log.read('seqcast.requests', 0, 0, 10)).map((entry) => entry.headers)).toEqual(headers);
  });

  test('the lag of a partition is what its slowest subscription has still to see', async () => {
    const engine = await open({ prefix: prefix() });
    const { log } = engine;
    const topic = 'seqcast.orders';
    let goOn = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = log.subscribe({ topic, partition: 0, from: 0, handler: () => first, onError: () => undefined });
    const quick = log.subscribe({ topic, partition: 0, from: 0, handler: () => undefined, onError: () => undefined });
    for (let index = 0; index < 3; index++) await log.append({ topic, partition: 0, records: [Buffer.from('order')] });
    await expect.poll(() => engine.lag()).toEqual([{ topic, partition: 0, lag: 3 }]);
    goOn();
    await expect.poll(() => engine.lag()).toEqual([{ topic, partition: 0, lag: 0 }]);
    await slow.close();
    await quick.close();
    expect(engine.lag()).toEqual([]);
  });
});

describe('a Kafka that cannot be reached', () => {
  test('where nothing listens says so, and what to change', async () => {
    await expect(openTestKafka(['127.0.0.1:1'])).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNREACHABLE',
      message: expect.stringMatching(/127\.0\.0\.1:1 cannot be reached: nothing listens there .*start Kafka, or correct host and port/),
    });
  });

  test('whose host name is unknown says so', async () => {
    await expect(openTestKafka(['no-such-host.invalid:9092'])).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNREACHABLE',
      message: expect.stringMatching(/host name is not known/),
    });
  });

  test('whose address or certificate file cannot be read says which', async () => {
    const code = 'SEQ_ENGINE_UNREACHABLE';
    await expect(openTestKafka(['localhost'])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/host:port but as 'localhost'/),
    });
    await expect(openTestKafka(['localhost:9092'], { tls: { caFile: '/no/such/file' } })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/\/no\/such\/file cannot be read; correct caFile/),
    });
  });
});
