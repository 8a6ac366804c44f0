/** Openings of the Kafka adapter for tests: few partitions, topics told apart by a prefix and removed afterwards. */
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { type KafkaEngine, type KafkaOptions, openKafka } from '../../../adapters/kafka/kafka.ts';

export function newPrefix(): string {
  return `t${randomBytes(5).toString('hex')}.`;
}

export function openTestKafka(brokers: readonly string[], options: Partial<KafkaOptions> = {}): Promise<KafkaEngine> {
  return openKafka({
    brokers,
    clientId: 'test',
    partitionCount: 4,
    onFailure(error) {
      throw error;
    },
    ...options,
  });
}

/** Runs something with an admin client of kafkajs itself. */
export async function withAdmin<T>(brokers: readonly string[], task: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'test-admin', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await task(admin);
  } finally {
    await admin.disconnect();
  }
}

export function dropTopics(brokers: readonly string[], prefix: string): Promise<void> {
  return withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    // One that was deleted a moment ago may still be listed, and makes kafkajs complain of all.
    if (topics.length > 0) await admin.deleteTopics({ topics }).catch(() => undefined);
  });
}
