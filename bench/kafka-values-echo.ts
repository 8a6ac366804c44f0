/** The other half of `kafka-values`: reads the requests topic and answers each record with a fixed one, as little as kafkajs can do. */
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', requests = '', replies = ''] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const producer = kafka.producer({ idempotent: false });
const consumer = kafka.consumer({ groupId: `bench-echo-${process.pid}`, maxWaitTimeInMs: 100 });
await Promise.all([producer.connect(), consumer.connect()]);
await consumer.subscribe({ topic: requests, fromBeginning: false });
await consumer.run({
  eachBatch: async ({ batch }) => {
    const messages = batch.messages.map(({ value }) => {
      const { request } = JSON.parse(String(value)) as { request: string };
      return {
        partition: batch.partition,
        value: JSON.stringify({ request, sequence: 'echo', blocks: [{ start: '1', count: 1, increment: '1' }] }),
      };
    });
    await producer.send({ topic: replies, acks: -1, messages });
  },
});
console.log('ready');
process.once('SIGTERM', () => {
  void Promise.allSettled([producer.disconnect(), consumer.disconnect()]).then(() => process.exit(0));
});
