/** The client over Kafka while its brokers are away and after it: what was answered meanwhile is heard, and who is closed asks for nothing more. */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type ISocketFactory } from 'kafkajs';
import { connectKafka } from 'seqcast-client/kafka';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { engineOrSkip } from '../engines/engines.ts';
import { eventually } from './installation.ts';

const kafka = engineOrSkip('kafka');
const TIMEOUT_MS = 90_000;
/** The last of them is told to after 5.5 s. Without a broker that answers, kafkajs takes a minute. */
const CLOSED_WITHIN_MS = 25_000;
/** Nothing listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1 };

/** The way of one client to its brokers, which can be taken away. */
class Way {
  readonly #sockets = new Set<Socket>();
  #isAway = false;
  /** Connections that were asked for. */
  asked = 0;

  readonly socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    this.asked++;
    const socket = this.#isAway ? connect(NOWHERE) : connect({ host, port }, onConnect);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  };

  /** `silently`: kafkajs does not hear of it, as where a connection ends at the wrong moment. */
  cut(how: 'with a reset' | 'silently' = 'with a reset'): void {
    this.#isAway = true;
    for (const socket of this.#sockets) socket.destroy(how === 'silently' ? undefined : new Error('read ECONNRESET'));
  }

  mend(): void {
    this.#isAway = false;
  }
}

describe.skipIf(!kafka.available)('a client over Kafka whose brokers go away (needs Kafka)', () => {
  const requestTopic = `requests-${randomUUID()}`;
  const replyTopic = `values-${randomUUID()}`;
  const plain = new kafkajs.Kafka({ brokers: [...(kafka.brokers ?? [])], logLevel: kafkajs.logLevel.NOTHING });

  beforeAll(async () => {
    const admin = plain.admin();
    await admin.connect();
    await admin.createTopics({ topics: [requestTopic, replyTopic].map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true });
    await admin.disconnect();
  }, TIMEOUT_MS);

  const clientBy = async (way: Way) => {
    const options = { brokers: [...(kafka.brokers ?? [])], socketFactory: way.socketFactory, logLevel: kafkajs.logLevel.NOTHING };
    const client = await connectKafka({ kafka: options, requestTopic, replyTopic });
    onTestFinished(() => client.close());
    return client;
  };

  /** As a gateway does it. */
  const answer = async (...values: string[]): Promise<void> => {
    const producer = plain.producer();
    await producer.connect();
    await producer.send({ topic: replyTopic, messages: values.map((value, index) => ({ partition: index % 2, value })) });
    await producer.disconnect();
  };
  /** How many were ever sent. */
  const requests = async (): Promise<number> => {
    const admin = plain.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(requestTopic);
    await admin.disconnect();
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  };
  const answerTo = (request: string, start: string): string => JSON.stringify({ request, blocks: [{ start, count: 1, increment: '1' }] });

  test.each(['with a reset', 'silently'] as const)(
    'hears an answer that came while they were away %s',
    { timeout: TIMEOUT_MS },
    async (how) => {
      const way = new Way();
      const client = await clientBy(way);
      const before = await requests();
      const answered = client.request({ sequence: 'orders', requestId: `asked-before-${how}` });
      await eventually(async () => (await requests()) > before);
      way.cut(how);
      await answer(answerTo(`asked-before-${how}`, '7'));
      await sleep(1_000);
      way.mend();
      expect((await answered).blocks).toEqual([{ start: 7n, count: 1, increment: 1n }]);
    },
  );

  test('goes on after what is no answer', { timeout: TIMEOUT_MS }, async () => {
    const client = await clientBy(new Way());
    const answered = client.request({ sequence: 'orders', requestId: 'among-others' });
    await answer('{not json', '{not json', 'null', '{"request":5}', answerTo('among-others', '8'));
    expect((await answered).blocks).toEqual([{ start: 8n, count: 1, increment: 1n }]);
  });

  test('asks them for nothing any more once it is closed, whenever that is', { timeout: TIMEOUT_MS }, async () => {
    const ways = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const way = new Way();
        const client = await clientBy(way);
        return { way, close: async () => sleep(500 * index).then(() => client.close()) };
      }),
    );
    for (const { way } of ways) way.cut();
    const startedMs = performance.now();
    await Promise.all(ways.map(({ close }) => close()));
    expect(performance.now() - startedMs).toBeLessThan(CLOSED_WITHIN_MS);
    // Attempts that were begun may end.
    await sleep(5_000);
    const asked = ways.map(({ way }) => way.asked);
    await sleep(12_000);
    expect(ways.map(({ way }) => way.asked)).toEqual(asked);
  });
});
