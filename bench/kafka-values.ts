/**
 * Values over Kafka against a raw kafkajs echo over the same kind of topics, with the same client and the same number under way: how many
 * answers a second, and how long one takes. Beside them the least that any gateway could do, echo and one command to Redis for each batch:
 * where that stays under the promise, the promise is about the machine, and our share of the ceiling says what there is to gain.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { connectKafka, type KafkaClient } from 'seqcast-client/kafka';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, streamId } from '../core/stream.ts';
import { commit } from './commit.ts';
import { type BenchEngines, benchEngines } from './installation/engines.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import { median } from './median.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

const PARTITIONS = 4;
const UNDER_WAY = 500;
const WARM_UP_REQUESTS = 40_000;
/** Short rounds, and many: whatever else the machine does meanwhile then slows all of them down alike. */
const REQUESTS = 6_000;
const SINGLE_REQUESTS = 50;
const ROUNDS = 21;
const THROUGHPUT_MIN = 0.8;
const LATENCY_MAX = 1.5;

const CONTESTANTS = ['ours', 'echo', 'least'] as const;
type Contestant = (typeof CONTESTANTS)[number];
type Round = Readonly<Record<Contestant, number>>;

export async function run(request: BenchRequest): Promise<BenchResult[]> {
  const engines = benchEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const kafka = { brokers: engines.kafka.split(','), logLevel: logLevel.NOTHING };
  const sequence = `bench-${Date.now()}`;
  const topics = Object.fromEntries(['echo', 'least'].map((name) => [name, topicsOf(name, sequence)]));
  const all = Object.values(topics).flatMap(({ requests, replies }) => [requests, replies]);
  await createTopics(new Kafka(kafka), all);
  const workers: WorkerProcess[] = [];
  const others: ChildProcess[] = [];
  const clients: KafkaClient[] = [];
  try {
    workers.push(...(await installation(engines, dataDir, sequence)));
    const stream = streamId({ sequence, clientType: DEFAULT_CLIENT_TYPE, service: DEFAULT_SERVICE });
    for (const [name, { requests, replies }] of Object.entries(topics)) {
      others.push(await answering(name, [engines.kafka, requests, replies, engines.redis, stream]));
    }
    const client = async (of?: Topics): Promise<KafkaClient> => {
      const options = of === undefined ? {} : { requestTopic: of.requests, replyTopic: of.replies };
      const connected = await connectKafka({ kafka, ...options });
      clients.push(connected);
      return connected;
    };
    const { echo, least } = topics;
    const results = await rounds({ ours: await client(), echo: await client(echo), least: await client(least) }, sequence);
    if (request.accuracy?.results !== undefined) writeResults(request.accuracy.results, results);
    return results;
  } finally {
    await Promise.all(clients.map((each) => each.close()));
    for (const each of others) each.kill('SIGTERM');
    await Promise.all(workers.map((worker) => worker.signal('SIGKILL')));
    await deleteTopics(new Kafka(kafka), all);
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Topics {
  readonly requests: string;
  readonly replies: string;
}

function topicsOf(name: string, sequence: string): Topics {
  return { requests: `${sequence}.${name}.requests`, replies: `${sequence}.${name}.replies` };
}

async function installation({ env }: BenchEngines, dataDir: string, sequence: string): Promise<WorkerProcess[]> {
  const back = await startWorkerProcess({ env, name: 'bench-back', roles: 'allocator,filler,forecaster', dataDir: join(dataDir, 'back') });
  const gateway = await startWorkerProcess({ env, name: 'bench-gateway', roles: 'gateway', dataDir: join(dataDir, 'gateway') });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${gateway.url}/v1/sequences`, { method: 'POST', headers, body: JSON.stringify({ name: sequence }) });
  return [back, gateway];
}

/** Starts a process that answers; resolves when it does. */
async function answering(name: string, args: readonly string[]): Promise<ChildProcess> {
  const program = fileURLToPath(new URL(`./kafka-values-${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function rounds(clients: Readonly<Record<Contestant, KafkaClient>>, sequence: string): Promise<BenchResult[]> {
  // Ours is first: what it asks for is what the stock is sized by.
  for (const name of CONTESTANTS) await inBatches(clients[name], sequence, WARM_UP_REQUESTS);
  const rates: Round[] = [];
  const waits: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Whoever comes later finds a warmer processor and fuller logs: they take turns.
    const order = CONTESTANTS.map((_, at) => CONTESTANTS[(at + round) % CONTESTANTS.length] as Contestant);
    rates.push(await inTurn(order, (name) => inBatches(clients[name], sequence, REQUESTS)));
    waits.push(await inTurn(order, (name) => oneByOne(clients[name], sequence)));
  }
  return resultsOf(rates, waits);
}

async function inTurn(order: readonly Contestant[], measure: (name: Contestant) => Promise<number>): Promise<Round> {
  const found: Partial<Record<Contestant, number>> = {};
  for (const name of order) found[name] = await measure(name);
  return found as Round;
}

function resultsOf(rates: readonly Round[], waits: readonly Round[]): BenchResult[] {
  const ratio = (all: readonly Round[], of: Contestant, to: Contestant): number => median(all.map((each) => each[of] / each[to]));
  const middle = (all: readonly Round[], of: Contestant): number => median(all.map((each) => each[of]));
  const load = loadavg()[0]?.toFixed(1);
  const note = `${UNDER_WAY} under way, same client and batching, medians of ${ROUNDS} rounds, ${availableParallelism()} cores, load ${load}`;
  const throughput = ratio(rates, 'ours', 'echo');
  const latency = ratio(waits, 'ours', 'echo');
  return [
    {
      name: 'kafka-values',
      value: middle(rates, 'ours'),
      unit: 'answers/s',
      baseline: middle(rates, 'echo'),
      ratio: throughput,
      target: `>= ${THROUGHPUT_MIN} x`,
      kept: throughput >= THROUGHPUT_MIN,
      note,
    },
    {
      name: 'kafka-values-ceiling',
      value: middle(rates, 'least'),
      unit: 'answers/s of an echo with one Redis command a batch',
      baseline: middle(rates, 'echo'),
      ratio: ratio(rates, 'least', 'echo'),
      note: `seqcast reaches ${ratio(rates, 'ours', 'least').toFixed(2)} of it`,
    },
    {
      name: 'kafka-values-p50',
      value: middle(waits, 'ours'),
      unit: 'ms p50, one under way',
      baseline: middle(waits, 'echo'),
      ratio: latency,
      target: `<= ${LATENCY_MAX} x`,
      kept: latency <= LATENCY_MAX,
    },
  ];
}

function writeResults(folder: string, results: readonly BenchResult[]): void {
  const report = { command: 'seqcast bench kafka-values', commit: commit(), node: process.version, results };
  const shown = (value: number): string => (value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));
  const rows = results.map(
    ({ name, value, unit, baseline, ratio, target = '', kept, note = '' }) =>
      `| ${name} | ${shown(value)} ${unit} | ${shown(baseline)} | ${ratio.toFixed(2)} x | ${target} ${kept === undefined ? '' : kept ? 'kept' : 'MISSED'} | ${note} |`,
  );
  const page = [
    '# Values over Kafka against an echo, and against the least that a gateway could do',
    '',
    `\`${report.command}\` at ${report.commit}, Node ${process.versions.node}. One record a request, one a reply, JSON.`,
    '',
    '| figure | measured | echo | ratio | promised | |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kafka-values.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'kafka-values.md'), page.join('\n'));
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
