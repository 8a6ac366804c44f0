/** Bulk jobs of an installation of several processes: who works them is killed with kill -9, another one goes on, and the count is exact. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import kafkajs from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { eventually, TestInstallation } from './installation.ts';
import { post, scratchDirectory } from './server.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const TIMEOUT_MS = 240_000;
const IN_FILE = 1_000_000;
const IN_TOPIC = 100_000;
const TOPIC = 'ids-for-the-warehouse';

describe.skipIf(!available)('bulk jobs of an installation (needs Kafka, Redis)', () => {
  test('leave exactly the asked count, each value once, in a file and in a topic, when their workers are killed', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const [kafka, redis] = await Promise.all([startKafka(), startRedis({ args: ['--appendonly', 'yes'] })]);
    onTestFinished(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
    });
    const bulkDir = join(scratchDirectory(), 'bulk');
    const settings = { SEQCAST_BULK_DIR: bulkDir, SEQCAST_BULK_TOPICS: TOPIC, SEQCAST_JOB_LOCK_MS: '1500' };
    const on = new TestInstallation(kafka.brokers, settings);
    const client = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
    await Promise.all([on.start('gateway', 'gateway,allocator,filler', redis.url), topic(client)]);
    await on.start('jobs-a', 'jobs', redis.url);
    await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
    await on.create();
    const url = on.gateways[0] ?? '';
    const issue = async (asked: object): Promise<string> => {
      const { status, body } = await post(`${url}/v1/jobs/issue`, { sequence: on.sequence, ...asked });
      expect(status, JSON.stringify(body)).toBe(202);
      return String(body.job);
    };
    const viewOf = async (job: string): Promise<{ state: string; result?: { bytes: number }; error?: string }> =>
      (await (await fetch(`${url}/v1/jobs/${job}`)).json()) as { state: string };

    const inFile = await issue({ count: IN_FILE, file: 'ids.parquet' });
    await eventually(async () => remembered(bulkDir, inFile) !== '');
    await on.kill('jobs-a');
    await on.start('jobs-b', 'jobs', redis.url);
    await eventually(async () => (await viewOf(inFile)).state === 'done');
    expect(remembered(bulkDir, inFile)).toContain('"run"');

    const forbidden = await post(`${url}/v1/jobs/issue`, { sequence: on.sequence, count: 1, topic: 'seqcast.shards' });
    expect(forbidden.body).toMatchObject({ code: 'SEQ_TOPIC_FORBIDDEN' });
    const inTopic = await issue({ count: IN_TOPIC, topic: TOPIC });
    await eventually(async () => (await endOf(client)) > 0);
    const whenKilled = await endOf(client);
    await on.kill('jobs-b');
    await on.start('jobs-c', 'jobs', redis.url);
    await eventually(async () => (await viewOf(inTopic)).state === 'done');

    const file = `'${join(bulkDir, 'ids.parquet')}'`;
    expect(await rowsOf(`SELECT count(*), count(DISTINCT value) FROM ${file}`)).toEqual([[BigInt(IN_FILE), BigInt(IN_FILE)]]);
    const records = await recordsOf(client, await endOf(client));
    const values = new Set(records.map(({ value }) => value));
    console.log(`${records.length} records, ${whenKilled} of them when the worker was killed`);
    expect(records).toHaveLength(IN_TOPIC);
    expect(values.size).toBe(IN_TOPIC);
    expect(new Set(records.map(({ key }) => key))).toEqual(new Set([on.sequence]));
    const [first, last] = [records[0]?.value, records.at(-1)?.value];
    expect(await rowsOf(`SELECT count(*) FROM ${file} WHERE value IN (${first}, ${last})`)).toEqual([[0n]]);
    expect(await on.audit()).toMatchObject({ ok: true, duplicates: 0 });
  });
});

function remembered(bulkDir: string, job: string): string {
  const directory = join(bulkDir, '.jobs');
  const name = existsSync(directory) ? readdirSync(directory).find((each) => each.startsWith(job)) : undefined;
  return name === undefined ? '' : readFileSync(join(directory, name), 'utf8');
}

async function topic(client: kafkajs.Kafka): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1, replicationFactor: 1 }] });
  await admin.disconnect();
}

async function endOf(client: kafkajs.Kafka): Promise<number> {
  const admin = client.admin();
  await admin.connect();
  const [partition] = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  return Number(partition?.high);
}

async function recordsOf(client: kafkajs.Kafka, end: number): Promise<{ readonly key: string; readonly value: string }[]> {
  const consumer = client.consumer({ groupId: 'warehouse' });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  const records: { readonly key: string; readonly value: string }[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages)
          records.push({ key: String(key), value: (JSON.parse(String(value)) as { value: string }).value });
        if (records.length >= end) resolve();
      },
    });
  });
  await consumer.disconnect();
  return records;
}

async function rowsOf(sql: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  return (await connection.runAndReadAll(sql)).getRows();
}
