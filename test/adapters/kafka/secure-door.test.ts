/** A Kafka that asks for TLS and a user: what works, and what each wrong setting is told as. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type KafkaOptions, openKafka } from '../../../adapters/kafka/kafka.ts';
import { openLedgerStore } from '../../../cli/ledger-store.ts';
import { engineOrSkip, startKafka } from '../../engines/engines.ts';
import { hasOpenssl, newCertificate } from '../bullmq/certificate.ts';
import { newPrefix } from './test-kafka.ts';

const shared = engineOrSkip('kafka');
const USER = { username: 'seqcast', password: 'correct-horse' };
const SASL = { mechanism: 'scram-sha-256', ...USER } as const;
const SOON = { timeout: 10_000 };

describe.skipIf(!shared.available || !hasOpenssl)('a Kafka behind TLS and SCRAM (needs Kafka)', { timeout: 60_000 }, () => {
  test('is used with the right settings, and tells each wrong one and what to change', async () => {
    const { certFile, keyFile } = newCertificate();
    const kafka = await startKafka({
      secure: { certFile, keyFile, users: { [USER.username]: USER.password } },
      settings: { 'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512' },
    });
    onTestFinished(() => kafka.stop());
    const tls = { caFile: certFile };

    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
      await use(kafka.secureBrokers, { tls, sasl: { mechanism, ...USER } });
    }
    // Work on the ledger is told by the environment, as the workers are.
    const store = await openLedgerStore({
      ...{ kafka: kafka.secureBrokers.join(','), partitionCount: 4 },
      env: {
        ...{ SEQCAST_KAFKA_TLS: 'true', SEQCAST_KAFKA_CA_FILE: certFile, SEQCAST_KAFKA_SASL: 'scram-sha-256' },
        ...{ SEQCAST_KAFKA_USER: USER.username, SEQCAST_KAFKA_PASSWORD: USER.password },
      },
    });
    expect(await store.log.endOffset('seqcast.ranges', 0)).toBe(0);
    await store.close();
    const wrong: [brokers: readonly string[], options: Partial<KafkaOptions>, message: RegExp][] = [
      [kafka.secureBrokers, { tls, sasl: { ...SASL, password: 'wrong' } }, /refuses the user or password.*check user and password/],
      [kafka.secureBrokers, { tls, sasl: { ...SASL, mechanism: 'plain' } }, /does not offer the SASL mechanism/],
      [kafka.secureBrokers, { tls: {}, sasl: SASL }, /certificate is not trusted.*caFile/],
      [kafka.secureBrokers, { tls }, /give user and password/],
      [kafka.secureBrokers, { sasl: SASL }, /turn TLS on/],
      [kafka.brokers, { tls }, /turn TLS off/],
      [kafka.brokers, { sasl: SASL }, /leave user and password out/],
    ];
    for (const [brokers, options, message] of wrong) {
      const refusal = expect.objectContaining({ code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringMatching(message) });
      expect.soft(await open(brokers, options).catch((error: unknown) => error)).toEqual(refusal);
    }
  });
});

function open(brokers: readonly string[], options: Partial<KafkaOptions>) {
  const onFailure = (error: unknown): never => {
    throw error;
  };
  return openKafka({ brokers, clientId: 'test', partitionCount: 4, prefix: newPrefix(), onFailure, ...options });
}

/** Appends, follows and joins a group: each has connections of its own. */
async function use(brokers: readonly string[], options: Partial<KafkaOptions>): Promise<void> {
  const engine = await open(brokers, options);
  const { log, groups } = engine;
  const topic = 'seqcast.shards';
  const read: number[] = [];
  const owned: (readonly number[])[] = [];
  const handler = (entries: readonly { readonly offset: number }[]): void => {
    read.push(...entries.map(({ offset }) => offset));
  };
  const onError = (): void => undefined;
  const subscription = log.subscribe({ topic, partition: 0, from: 0, handler, onError });
  const membership = await groups.join({ group: 'secure', topics: [topic], onOwned: (partitions) => owned.push(partitions), onError });
  await log.append({ topic, partition: 0, records: [Buffer.from('secret')] });
  await expect.poll(() => read, SOON).toEqual([0]);
  await expect.poll(() => owned.at(-1), SOON).toEqual([0, 1, 2, 3]);
  await membership.close();
  await subscription.close();
  await engine.close();
}
