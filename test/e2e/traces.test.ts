/** One trace over several processes: from a caller's `traceparent` through Kafka's headers to the pool and back. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { eventually, TestInstallation } from './installation.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const TIMEOUT_MS = 150_000;
const TRACER = new URL('../../dist/bench/installation/tracer-into-file.js', import.meta.url).href;
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const PRODUCER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

interface Told {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly pid: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

describe.skipIf(!available)('with a tracer in every process (needs Kafka, Redis)', () => {
  test('a call, a request over Kafka and a refill are one trace each', { timeout: TIMEOUT_MS }, async () => {
    const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    const directory = mkdtempSync(join(tmpdir(), 'seqcast-spans-'));
    onTestFinished(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
      rmSync(directory, { recursive: true, force: true });
    });
    const file = join(directory, 'spans.jsonl');
    const told = (): Told[] =>
      readFileSync(file, { encoding: 'utf8', flag: 'a+' })
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    const on = new TestInstallation(kafka.brokers, { NODE_OPTIONS: `--import ${TRACER}`, SPANS_FILE: file });
    await on.start('allocator-a', 'allocator', redis.url);
    await on.start('filler-a', 'filler', redis.url);
    const { url } = await on.start('gateway-a', 'gateway', redis.url);
    await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
    await on.create();

    const next = await fetch(`${url}/v1/sequences/${on.sequence}/next`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: traceparent(CALLER) },
      body: JSON.stringify({ count: 3 }),
    });
    expect(next.status).toBe(200);
    await eventually(async () => told().some(({ parentId }) => parentId === CALLER.spanId));
    const ofCall = told().filter(({ traceId }) => traceId === CALLER.traceId);
    const take = ofCall.find(({ name }) => name === 'take');
    const served = ofCall.find(({ name }) => name === 'POST /v1/sequences/{name}/next');
    expect(served?.parentId).toBe(CALLER.spanId);
    expect(take).toMatchObject({
      parentId: served?.spanId,
      attributes: { 'seqcast.pool': on.pool, 'seqcast.count': 3, 'seqcast.stalled': true },
    });

    const reply = await requested(kafka.brokers, on.sequence);
    await eventually(async () => told().some(({ traceId }) => traceId === PRODUCER.traceId));
    const [answer] = told().filter(({ traceId }) => traceId === PRODUCER.traceId);
    expect(answer).toMatchObject({ name: 'process seqcast.requests', parentId: PRODUCER.spanId, attributes: { 'seqcast.count': 2 } });
    expect(reply).toBe(traceparent({ traceId: PRODUCER.traceId, spanId: answer?.spanId ?? '' }));

    // The first call found no stock: what was ordered for it, maybe more than once, went from the filler to the allocator and back.
    const refill = (): (Told | undefined)[] => {
      const spans = told();
      const above = (below: Told | undefined): Told | undefined => spans.find(({ spanId }) => spanId === below?.parentId);
      const filled = spans.find(({ name }) => name === 'process seqcast.shards');
      return [filled, above(filled), above(above(filled))];
    };
    // A span ends with the answer of the log, which may come after whoever reads the record.
    await eventually(async () => refill().every((span) => span !== undefined));
    const [filled, allocated, ordered] = refill();
    expect(filled).toMatchObject({ traceId: ordered?.traceId, pid: on.processes.get('filler-a')?.pid });
    expect(allocated).toMatchObject({
      name: 'process seqcast.orders',
      traceId: ordered?.traceId,
      pid: on.processes.get('allocator-a')?.pid,
    });
    expect(ordered).toMatchObject({ name: 'send seqcast.orders', pid: on.processes.get('filler-a')?.pid });
    expect(filled?.attributes['seqcast.stream']).toBe(ordered?.attributes['seqcast.stream']);
  });
});

function traceparent({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Sends a request over Kafka within the producer's span; the `traceparent` of the reply. */
async function requested(brokers: readonly string[], sequence: string): Promise<string> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: 'traced', maxWaitTimeInMs: 100 });
  await Promise.all([producer.connect(), consumer.connect()]);
  onTestFinished(async () => {
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
  });
  await consumer.subscribe({ topic: 'seqcast.values', fromBeginning: true });
  const heard = new Promise<string>((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.headers?.traceparent)) });
  });
  const value = JSON.stringify({ request: 'traced-1', sequence, count: 2 });
  await producer.send({ topic: 'seqcast.requests', messages: [{ value, headers: { traceparent: traceparent(PRODUCER) } }] });
  return await heard;
}
