/**
 * The least that a gateway could do for values over Kafka: the echo of `kafka-values-echo`, and one command to Redis for each batch, with
 * ids remembered as ours are. It checks, routes, counts and commits nothing: what it reaches is a ceiling, not a service.
 */
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', requests = '', replies = '', redisUrl = '', stream = ''] = process.argv.slice(2);
/** As limits.lua has it. */
const CALLS_TOGETHER_MAX = 500;

const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const redis = new Redis(redisUrl);
const producer = kafka.producer({ idempotent: false });
const consumer = kafka.consumer({ groupId: `bench-least-${process.pid}`, maxWaitTimeInMs: 100 });

interface Asked {
  readonly request: string;
  readonly sequence: string;
  readonly count: number;
}

/** The lines of the replies; where nothing was left, what stands for it. */
async function taken(asked: readonly Asked[]): Promise<unknown[]> {
  const commands: Promise<unknown>[] = [];
  for (let from = 0; from < asked.length; from += CALLS_TOGETHER_MAX) {
    const args = asked.slice(from, from + CALLS_TOGETHER_MAX).flatMap(({ request, count }) => [count, 0, request, 'hash']);
    commands.push(redis.call('FCALL', 'seqcast_next_each', 1, `{${stream}}:stock`, ...args));
  }
  return (await Promise.all(commands)).flatMap((reply) => (reply as unknown[]).slice(2));
}

await Promise.all([producer.connect(), consumer.connect()]);
await consumer.subscribe({ topic: requests, fromBeginning: false });
await consumer.run({
  eachBatch: async ({ batch }) => {
    const asked = batch.messages.map(({ value }) => JSON.parse(String(value)) as Asked);
    const lines = await taken(asked);
    const messages = asked.map(({ request, sequence }, at) => {
      // `taken nonce repeated generation partition shard ordinal count block`
      const words = typeof lines[at] === 'string' ? lines[at].split(' ') : [];
      const blocks = [{ start: words[6] ?? '', count: Number(words[7] ?? 0), increment: '1' }];
      return { partition: batch.partition, value: JSON.stringify({ request, sequence, blocks: words.length === 0 ? [] : blocks }) };
    });
    await producer.send({ topic: replies, acks: -1, messages });
  },
});
console.log('ready');
process.once('SIGTERM', () => {
  redis.disconnect();
  void Promise.allSettled([producer.disconnect(), consumer.disconnect()]).then(() => process.exit(0));
});
