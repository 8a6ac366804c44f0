/** The recipes of examples/clients, each run as its first lines say, against one server, one Redis and one Kafka. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { createSequence, type Sequence } from 'seqcast-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stamped } from '../../examples/clients/kafkajs-stamping.ts';
import { idsFrom } from '../../examples/clients/prisma-ids.ts';
import { BlockStore } from '../client/block-store.ts';
import { RedisPool } from '../client/redis-pool.ts';
import { engineOrSkip } from '../engines/engines.ts';

const ROOT = join(import.meta.dirname, '../..');
const kafka = engineOrSkip('kafka');
const redis = engineOrSkip('redis');

interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  end(): Promise<number | null>;
}

let directory: string;
let server: Program;

/** Starts a program and waits until it says where it listens. */
async function listening(command: string, ...args: string[]): Promise<Program> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let text = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: unknown): void => {
      text += String(chunk);
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => reject(new Error(`it ended before it listened: ${text}`)));
  });
  return {
    child,
    url,
    end() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function run(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: ROOT }, (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr))));
  });
}

const typescript = (example: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  '--import',
  'tsx',
  `examples/clients/${example}`,
  ...args,
];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'seqcast-recipes-'));
  server = await listening(process.execPath, 'dist/cli/main.js', 'up', '--data-dir', directory, '--port', '0', '--json');
  for (const name of ['orders', 'events']) {
    const body = JSON.stringify({ name });
    await fetch(`${server.url}/v1/sequences`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }
});

afterAll(async () => {
  await server?.end();
  rmSync(directory, { recursive: true, force: true });
});

// Programs start and wait for each other: two of them at a time take little more than one.
describe.concurrent('the recipes that run against a server', () => {
  /** Its lines as numbers: as many as were wanted, all of them different. */
  function ids(output: string, count: number): number[] {
    const values = output.trim().split('\n').map(Number);
    expect(values).toHaveLength(count);
    expect(new Set(values).size).toBe(count);
    expect(values.every((value) => Number.isSafeInteger(value) && value > 0)).toBe(true);
    return values;
  }

  test('callers in Python and Java take different values over HTTP', async () => {
    const [python, java] = await Promise.all([
      run('python3', 'examples/clients/ids_over_http.py', server.url, 'orders', '150'),
      run('java', 'examples/clients/IdsOverHttp.java', server.url, 'orders', '150'),
    ]);
    const all = [...ids(python, 150), ...ids(java, 150)];
    expect(new Set(all).size).toBe(300);
    await expect(run('python3', 'examples/clients/ids_over_http.py', server.url, 'none', '1')).rejects.toThrow('SEQ_UNKNOWN_SEQUENCE');
  });

  test.skipIf(!redis.available)(
    'callers in Python and Java take values straight from Redis, and wait for an empty stock',
    async ({ onTestFinished }) => {
      const pool = await RedisPool.start('pool-a', onTestFinished);
      await pool.load('orders/java/example', 120);
      const address = pool.redis.url.replace('redis://', '');
      const python = run('python3', 'examples/clients/ids_from_redis.py', address, 'orders', '80');
      const java = run('java', 'examples/clients/IdsFromRedis.java', address, 'orders', '120');
      while ((await pool.waiting('orders/python/example')) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await pool.load('orders/python/example', 100);
      expect(new Set([...ids(await python, 80), ...ids(await java, 120)]).size).toBe(200);
      expect(await pool.unissued('orders/python/example')).toBe(20);
    },
  );

  test.for(['express-orders.ts', 'fastify-orders.ts'])('%s numbers orders, and ends cleanly', async (example, { onTestFinished }) => {
    const app = await listening(...typescript(example, server.url, '0'));
    onTestFinished(() => void app.child.kill('SIGKILL'));
    const orders = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const response = await fetch(`${app.url}/orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"item":"tea"}',
        });
        expect(response.status).toBe(201);
        return ((await response.json()) as { id: string }).id;
      }),
    );
    expect(new Set(orders).size).toBe(20);
    expect(await app.end()).toBe(0);
  });

  test('drizzle-ids.ts inserts rows with ids of the sequence', async () => {
    const lines = (await run(...typescript('drizzle-ids.ts', server.url))).trim().split('\n');
    expect(lines.map((line) => line.replace(/^\d+ /, ''))).toEqual(['tea', 'rice', 'salt']);
    ids(lines.map((line) => line.split(' ')[0]).join('\n'), 3);
  });

  test.skipIf(!kafka.available)('kafkajs-stamping.ts sends each record with an id of its own (needs Kafka)', async ({ onTestFinished }) => {
    const topic = `recipes-${process.pid}`;
    const admin = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    const output = await run(...typescript('kafkajs-stamping.ts', server.url, kafka.brokers[0] ?? '', topic, '500'));
    expect(output).toMatch(/^500 records with ids \d+ to \d+\n$/);
    const [offsets] = await admin.fetchTopicOffsets(topic);
    expect(offsets?.high).toBe('500');
  });
});

describe('the recipes that need no server', () => {
  const sequence = (): Sequence => {
    const store = new BlockStore({ start: 1n });
    return createSequence(
      { next: (count) => ({ blocks: store.take(count) }), giveBack: async (blocks) => store.giveBack(blocks) },
      'orders',
    );
  };

  // Prisma is not installed here: what it would be given is looked at instead.
  test('the extension for Prisma gives an id to what is created without one', async () => {
    const { $allModels: extension } = idsFrom({ Order: sequence() }).query;
    const query = vi.fn(async (args: unknown) => args);
    await extension.create({ model: 'Order', args: { data: { item: 'tea' } }, query });
    await extension.create({ model: 'Order', args: { data: { id: 99n, item: 'tea' } }, query });
    await extension.create({ model: 'Customer', args: { data: { name: 'Ada' } }, query });
    await extension.createMany({ model: 'Order', args: { data: [{ item: 'a' }, { id: 98n, item: 'b' }, { item: 'c' }] }, query });
    const upsert = { where: { item: 'tea' }, update: { item: 'salt' }, create: { item: 'salt' } };
    await extension.upsert({ model: 'Order', args: upsert, query });
    expect(query.mock.calls.map(([args]) => args)).toEqual([
      { data: { id: 1n, item: 'tea' } },
      { data: { id: 99n, item: 'tea' } },
      { data: { name: 'Ada' } },
      {
        data: [
          { id: 2n, item: 'a' },
          { id: 98n, item: 'b' },
          { id: 3n, item: 'c' },
        ],
      },
      { ...upsert, create: { id: 4n, item: 'salt' } },
    ]);
  });

  test('a stamped record keeps its key and headers, and gets an id of its own', async () => {
    const made = await stamped(sequence(), [{ value: 'a' }, { key: 'k', value: 'b', headers: { source: 'till' } }]);
    expect(made).toEqual([
      { value: 'a', key: '1', headers: { id: '1' } },
      { value: 'b', key: 'k', headers: { source: 'till', id: '2' } },
    ]);
  });
});
