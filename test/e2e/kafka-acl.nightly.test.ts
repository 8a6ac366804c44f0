/** What `seqcast acl --for kafka` allows is enough for every role, each under a user of its own, and no more than that. */
import kafkajs from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kafkaRules } from '../../cli/acl/kafka-acl.ts';
import { hasOpenssl, newCertificate } from '../adapters/bullmq/certificate.ts';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { eventually, TestInstallation } from './installation.ts';
import { post } from './server.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available && hasOpenssl;
const TIMEOUT_MS = 120_000;
const ROLES = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'] as const;
const PASSWORD = 'correct-horse';
const USERS = Object.fromEntries([...ROLES, 'operator', 'application'].map((role) => [`seqcast-${role}`, PASSWORD]));
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

describe.skipIf(!available)('a Kafka that refuses what is not allowed (needs Kafka, Redis)', () => {
  test('lets each role do its work and nobody else’s', { timeout: TIMEOUT_MS }, async () => {
    const { certFile, keyFile } = newCertificate();
    const [kafka, redis] = await Promise.all([
      startKafka({
        secure: { certFile, keyFile, users: USERS },
        settings: {
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          // The listener without users is the broker's own, and this test's to set the rules.
          'super.users': 'User:ANONYMOUS',
        },
      }),
      startRedis(),
    ]);
    onTestFinished(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
    });
    await allow(kafka.brokers);
    const on = new TestInstallation(kafka.secureBrokers, {
      ...{ SEQCAST_KAFKA_TLS: 'true', SEQCAST_KAFKA_CA_FILE: certFile, SEQCAST_KAFKA_SASL: 'scram-sha-256' },
      SEQCAST_KAFKA_PASSWORD: PASSWORD,
    });
    for (const role of ['allocator', 'filler', 'forecaster', 'jobs', 'gateway'] as const) {
      await on.start(`${role}-a`, role, redis.url, { env: { SEQCAST_KAFKA_USER: `seqcast-${role}` } });
    }
    await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
    await on.create();
    const base = `${on.gateways[0]}/v1/sequences/${on.sequence}`;
    expect((await post(`${base}/next`, { count: 5 })).status).toBe(200);
    expect((await post(`${base}/announcements`, { rate: 10, untilMs: Date.now() + 60_000 })).status).toBe(202);
    expect((await post(`${base}/restart`, {})).status).toBe(200);
    expect((await post(`${base}/next`, { count: 5 })).status).toBe(200);
    expect((await on.members()).map(({ role }) => role)).toEqual(expect.arrayContaining([...ROLES, 'pool']));

    const ssl = { rejectUnauthorized: false };
    const sasl = { mechanism: 'scram-sha-256', username: 'seqcast-application', password: PASSWORD } as const;
    const application = new kafkajs.Kafka({
      brokers: [...kafka.secureBrokers],
      ssl,
      sasl,
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 0 },
    });
    const producer = application.producer();
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const send = (topic: string) =>
      producer.send({ topic, messages: [{ value: JSON.stringify({ request: 'r', sequence: on.sequence }) }] });
    await send('seqcast.requests');
    for (const topic of ['seqcast.ranges', 'seqcast.shards', 'seqcast.members'])
      await expect(send(topic)).rejects.toThrow(/not authorized|authorization/i);
    const refused = [...on.processes.values()].filter((each) => /authoriz/i.test(each.output())).map((each) => each.output().slice(-400));
    expect(refused).toEqual([]);
    expect(await on.audit()).toMatchObject({ ok: true, problems: [] });
  });
});

/** As the lines of the command would. */
async function allow(brokers: readonly string[]): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const acl = kafkaRules('seqcast').flatMap(({ principal, resource, name, pattern, operations }) =>
    operations.map((operation) => ({
      resourceType: AclResourceTypes[resource.toUpperCase() as 'TOPIC' | 'GROUP' | 'CLUSTER'],
      resourceName: name,
      resourcePatternType: ResourcePatternTypes[pattern.toUpperCase() as 'LITERAL' | 'PREFIXED'],
      ...{ principal, host: '*', permissionType: AclPermissionTypes.ALLOW },
      operation: AclOperationTypes[constantOf(operation)],
    })),
  );
  await admin.createAcls({ acl });
  await admin.disconnect();
}

/** `DescribeConfigs` is DESCRIBE_CONFIGS there. */
function constantOf(operation: string): keyof typeof AclOperationTypes {
  return operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() as keyof typeof AclOperationTypes;
}
