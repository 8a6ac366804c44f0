/** Private Kafkas in the forms that other tests rely on: three brokers of which one dies, an older version, and one behind a lock. */

import { readFileSync } from 'node:fs';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { brokersKnownAt } from '../../cli/stack/kafka-wire.ts';
import { newCertificate } from '../adapters/bullmq/certificate.ts';
import { engineOrSkip, type PrivateKafka, type PrivateKafkaOptions, startKafka } from './engines.ts';

const kafka = engineOrSkip('kafka');

describe.skipIf(!kafka.available)('a Kafka of one test (needs Kafka)', () => {
  let own: PrivateKafka | undefined;
  afterEach(async () => {
    await own?.stop();
    own = undefined;
  });
  async function started(options: PrivateKafkaOptions): Promise<PrivateKafka> {
    own = await startKafka(options);
    return own;
  }

  test('goes on with two brokers of three, and takes the third back', async () => {
    const { processes, brokers } = await started({ brokers: 3 });
    expect(brokers).toHaveLength(3);
    const [first, second] = processes;
    await first?.kill();
    await expect.poll(() => brokersKnownAt(second?.port ?? 0), { timeout: 60_000 }).toBe(2);
    await first?.restart();
    expect(await brokersKnownAt(second?.port ?? 0)).toBe(3);
  });

  test('runs the older version', async () => {
    const { processes } = await started({ version: '3.9.2' });
    expect(await brokersKnownAt(processes[0]?.port ?? 0)).toBe(1);
  });

  test('lets in whoever has a password, over TLS', async () => {
    const { certFile, keyFile } = newCertificate();
    const { secureBrokers } = await started({ secure: { certFile, keyFile, users: { reader: 'secret' } } });
    const enter = async (mechanism: SASLOptions['mechanism'], password: string) => {
      const client = new Kafka({
        brokers: [...secureBrokers],
        ssl: { ca: [readFileSync(certFile, 'utf8')] },
        sasl: { mechanism, username: 'reader', password } as SASLOptions,
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      });
      const admin = client.admin();
      try {
        await admin.connect();
        return await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    };
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      expect(await enter(mechanism, 'secret')).toEqual([]);
      await expect(enter(mechanism, 'wrong')).rejects.toThrow();
    }
  });
});
