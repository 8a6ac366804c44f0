/**
 * Values over Kafka against a raw kafkajs echo over the same kind of topics, with the same client and the same number under way: how many
 * answers a second, and how long one takes.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { connectKafka, type KafkaClient } from 'seqcast-client/kafka';
import { benchEngines } from './installation/engines.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const PARTITIONS = 4;
const UNDER_WAY = 500;
const REQUESTS = 20_000;
const SINGLE_REQUESTS = 200;
/** Two processes that answer, a broker and a client share the cores: single rounds scatter by a third. */
const ROUNDS = 9;
const THROUGHPUT_MIN = 0.8;
const LATENCY_MAX = 1.5;

export async function run(): Promise<BenchResult[]> {
  const { env, kafka: brokers } = benchEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const running: WorkerProcess[] = [];
  const topics = { requests: `bench.requests.${Date.now()}`, replies: `bench.replies.${Date.now()}` };
  const kafka = { brokers: brokers.split(','), logLevel: logLevel.NOTHING };
  await createTopics(new Kafka(kafka), Object.values(topics));
  const echo = spawn(
    process.execPath,
    [fileURLToPath(new URL('./kafka-values-echo.js', import.meta.url)), brokers, topics.requests, topics.replies],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const clients: KafkaClient[] = [];
  try {
    await new Promise((resolve) => echo.stdout.once('data', resolve));
    running.push(
      await startWorkerProcess({ env, name: 'bench-back', roles: 'allocator,filler,forecaster', dataDir: join(dataDir, 'back') }),
    );
    const gateway = await startWorkerProcess({ env, name: 'bench-gateway', roles: 'gateway', dataDir: join(dataDir, 'gateway') });
    running.push(gateway);
    const sequence = `bench-${Date.now()}`;
    const headers = { 'content-type': 'application/json' };
    await fetch(`${gateway.url}/v1/sequences`, { method: 'POST', headers, body: JSON.stringify({ name: sequence }) });
    const ours = await connectKafka({ kafka });
    const raw = await connectKafka({ kafka, requestTopic: topics.requests, replyTopic: topics.replies });
    clients.push(ours, raw);
    await inBatches(ours, sequence, REQUESTS);
    await inBatches(raw, sequence, REQUESTS);
    const rates: { ours: number; raw: number }[] = [];
    const waits: { ours: number; raw: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rates.push({ raw: await inBatches(raw, sequence, REQUESTS), ours: await inBatches(ours, sequence, REQUESTS) });
      waits.push({ raw: await oneByOne(raw, sequence), ours: await oneByOne(ours, sequence) });
    }
    const ratio = median(rates.map((each) => each.ours / each.raw));
    const latency = median(waits.map((each) => each.ours / each.raw));
    const note = `${UNDER_WAY} under way, same client and batching, medians of ${ROUNDS} rounds`;
    return [
      {
        name: 'kafka-values',
        value: median(rates.map((each) => each.ours)),
        unit: 'answers/s',
        baseline: median(rates.map((each) => each.raw)),
        ratio,
        target: `>= ${THROUGHPUT_MIN} x`,
        kept: ratio >= THROUGHPUT_MIN,
        note,
      },
      {
        name: 'kafka-values-p50',
        value: median(waits.map((each) => each.ours)),
        unit: 'ms p50, one under way',
        baseline: median(waits.map((each) => each.raw)),
        ratio: latency,
        target: `<= ${LATENCY_MAX} x`,
        kept: latency <= LATENCY_MAX,
      },
    ];
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    echo.kill('SIGTERM');
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
    await deleteTopics(new Kafka(kafka), Object.values(topics));
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Answers a second with so many requests under way. */
async function inBatches(client: KafkaClient, sequence: string, requests: number): Promise<number> {
  const startMs = performance.now();
  let left = requests;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left--;
      await client.request({ sequence });
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, caller));
  return (requests * 1_000) / (performance.now() - startMs);
}

/** Median wait of a request alone, in milliseconds. */
async function oneByOne(client: KafkaClient, sequence: string): Promise<number> {
  const waits: number[] = [];
  for (let request = 0; request < SINGLE_REQUESTS; request++) {
    const startMs = performance.now();
    await client.request({ sequence });
    waits.push(performance.now() - startMs);
  }
  return median(waits);
}

async function createTopics(kafka: Kafka, names: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: names.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 })),
  });
  await admin.disconnect();
}

async function deleteTopics(kafka: Kafka, names: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [...names] });
  await admin.disconnect();
}
