/** The harness itself: shared engines are there, private ones can be killed and come back, and nothing is left running. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokersKnownAt } from '../../cli/stack/kafka-wire.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from './engines.ts';
import { enginesNamedIn } from './named-engines.ts';

const kafka = engineOrSkip('kafka');
const redis = engineOrSkip('redis');
const etcd = engineOrSkip('etcd');
const postgres = engineOrSkip('postgres');

function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

test('the engines that a file asks for are read from its text', () => {
  expect([...enginesNamedIn([import.meta.filename])].sort()).toEqual(['etcd', 'kafka', 'postgres', 'redis']);
  expect([...enginesNamedIn([`${import.meta.dirname}/../core/limits.test.ts`])]).toEqual([]);
});

test.skipIf(!kafka.available)('Kafka is shared (needs Kafka)', async () => {
  for (const broker of kafka.brokers) expect(await brokersKnownAt(Number(broker.split(':')[1]))).toBe(kafka.brokers.length);
});

test.skipIf(!redis.available)('Redis is shared (needs Redis)', async () => {
  expect(await accepts(redis.url)).toBe(true);
});

test.skipIf(!etcd.available)('etcd is shared (needs etcd)', async () => {
  expect(await (await fetch(`${etcd.url}/health`)).json()).toMatchObject({ health: 'true' });
});

test.skipIf(!postgres.available)('PostgreSQL is shared (needs PostgreSQL)', async () => {
  expect(await accepts(postgres.url)).toBe(true);
});

describe.skipIf(!redis.available)('a Redis of one test (needs Redis)', () => {
  let own: PrivateRedis;
  beforeAll(async () => {
    own = await startRedis();
  });
  afterAll(async () => await own.stop());

  test('is not the shared one', () => {
    expect(own.url).not.toBe(redis.url);
    expect(own.pid).toBeGreaterThan(0);
  });

  test('loses what it held when it is killed, and serves the same port again', async () => {
    const { pid } = own;
    await own.cli('SET', 'key', 'held');
    await own.kill();
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    await own.restart();
    expect(own.pid).not.toBe(pid);
    expect(await own.cli('EXISTS', 'key')).toBe('0');
  });
});
