/** What happens when engines and processes fail: real processes, killed, frozen and cut off under load, each run ending in the audit. */
import { afterAll, describe, expect, test } from 'vitest';
import { engineOrSkip, type PrivateKafka, type PrivateRedis, startKafka, startRedis } from '../engines/engines.ts';
import { startLine } from '../engines/line.ts';
import { type AtEnd, eventually, pause, TestInstallation } from './installation.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
interface Engines {
  readonly kafka: PrivateKafka;
  /** For its route table and its jobs. */
  readonly redis: PrivateRedis;
}

interface Serving {
  readonly on: TestInstallation;
  readonly callers: ReturnType<TestInstallation['callers']>;
  readonly kafka: PrivateKafka;
  /** Starts one more of its processes. */
  readonly start: (name: string, roles: string, store?: string, pool?: string) => ReturnType<TestInstallation['start']>;
}

/** A start of several processes, a failure, and the time to get over it, on two cores. */
const TIMEOUT_MS = 240_000;

describe.skipIf(!available).concurrent('an installation on Kafka and Redis (needs Kafka, Redis)', { timeout: TIMEOUT_MS }, () => {
  const started: Engines[] = [];
  const free: Engines[] = [];

  afterAll(async () => {
    await Promise.all(started.flatMap(({ kafka, redis }) => [kafka.stop(), redis.stop()]));
  });

  /** Those of an installation, while its test lasts; the next one has them after it. */
  async function ownEngines(atEnd: AtEnd): Promise<Engines> {
    let own = free.pop();
    if (own === undefined) {
      const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
      own = { kafka, redis };
      started.push(own);
    }
    const engines = own;
    atEnd(async () => {
      free.push(engines);
    });
    return engines;
  }

  /** The Redis of a test's own pool: a store belongs to one pool for all of its life. */
  async function ownRedis(atEnd: AtEnd): Promise<PrivateRedis> {
    const own = await startRedis();
    atEnd(() => own.stop());
    return own;
  }

  /** One of each role on a store of that address, and callers that have warmed it up. */
  async function serving(url: string, atEnd: AtEnd): Promise<Serving> {
    const { kafka, redis } = await ownEngines(atEnd);
    const on = new TestInstallation(kafka.brokers, {}, atEnd);
    const start = (name: string, roles: string, store = url, pool = on.pool) => on.start(name, roles, store, { pool, routes: redis.url });
    await Promise.all([start('allocator-a', 'allocator'), start('filler-a', 'filler,forecaster'), start('gateway-a', 'gateway')]);
    await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
    await on.create({ rideThroughMs: 15_000 });
    const callers = on.callers();
    callers.start();
    await pause(6_000);
    return { on, callers, kafka, start };
  }

  /** Nothing twice, nothing lost: what every one of these runs ends in. */
  async function accounted(
    on: TestInstallation,
    callers: ReturnType<TestInstallation['callers']>,
  ): Promise<Awaited<ReturnType<TestInstallation['audit']>>> {
    await callers.stop();
    expect(callers.failures).toBe(0);
    expect(callers.issued.duplicates).toBe(0);
    expect(callers.issued.count).toBe(callers.requests * 5);
    const audit = await on.audit();
    expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    const { issued = 0, burnt = 0, inDoubt = 0 } = audit.account ?? {};
    expect(issued + burnt + inDoubt).toBeGreaterThanOrEqual(callers.issued.count);
    return audit;
  }

  test('an allocator that is frozen is replaced by its standby, and does no harm when it thaws', async ({ onTestFinished: atEnd }) => {
    const own = await ownRedis(atEnd);
    const { on, callers, start } = await serving(own.url, atEnd);
    await start('allocator-b', 'allocator');
    await pause(3_000);
    const owner = (await on.members()).find(
      ({ role, partitions, state }) => role === 'allocator' && state === 'living' && partitions.length > 0,
    );
    const frozen = [...on.processes].find(([, { name }]) => name === owner?.member)?.[1];
    expect(frozen).toBeDefined();
    await frozen?.signal('SIGSTOP');
    const before = await on.stalls();
    await pause(4_000);
    const during = (await on.stalls()) - before;
    await frozen?.signal('SIGCONT');
    await pause(2_000);
    await accounted(on, callers);
    expect(during).toBe(0);
  });

  test('a filler that is killed is replaced by another one, and nothing is burnt', async ({ onTestFinished: atEnd }) => {
    const own = await ownRedis(atEnd);
    const { on, callers, start } = await serving(own.url, atEnd);
    await start('filler-b', 'filler,forecaster');
    await on.kill('filler-a');
    await pause(5_000);
    const { account } = await accounted(on, callers);
    expect(account).toMatchObject({ burnt: 0, inDoubt: 0 });
  });

  test('a gateway that is killed loses no value that its pool can still give', async ({ onTestFinished: atEnd }) => {
    const own = await ownRedis(atEnd);
    const { on, callers, start } = await serving(own.url, atEnd);
    const second = await start('gateway-b', 'gateway');
    callers.gateways = [...callers.gateways, second.url];
    await pause(1_000);
    await on.kill('gateway-a');
    callers.gateways = [second.url];
    await pause(3_000);
    const { account } = await accounted(on, callers);
    expect(account).toMatchObject({ burnt: 0, inDoubt: 0 });
  });

  test('Kafka away for less than the ride-through causes no stall', async ({ onTestFinished: atEnd }) => {
    const own = await ownRedis(atEnd);
    const { on, callers, kafka } = await serving(own.url, atEnd);
    // Until the forecast knows the pace, there is nothing to ride through on.
    await pause(10_000);
    const before = await on.stalls();
    for (const broker of kafka.processes) await broker.freeze();
    await pause(5_000);
    for (const broker of kafka.processes) await broker.thaw();
    await pause(4_000);
    expect((await on.stalls()) - before).toBe(0);
    await accounted(on, callers);
  });

  test('a Redis that restarts empty is fenced: its stock is in doubt and never given out again, and it is used on', async ({
    onTestFinished: atEnd,
  }) => {
    const own = await ownRedis(atEnd);
    const { on, callers } = await serving(own.url, atEnd);
    await own.kill();
    await own.restart();
    await pause(12_000);
    const { account } = await accounted(on, callers);
    expect(account?.inDoubt).toBeGreaterThan(0);
  });

  test('a lagging replica that is promoted serves nothing of what it copied', async ({ onTestFinished: atEnd }) => {
    const primary = await ownRedis(atEnd);
    const replica = await startRedis({ replicaOf: primary.port });
    atEnd(() => replica.stop());
    const line = await startLine(primary.port);
    const { on, callers } = await serving(`redis://127.0.0.1:${line.port}`, atEnd);
    // The old primary follows the lagging one: its data are replaced while its process lives on.
    await replica.cli('REPLICAOF', 'NO', 'ONE');
    await primary.cli('REPLICAOF', '127.0.0.1', String(replica.port));
    await pause(3_000);
    await primary.cli('REPLICAOF', 'NO', 'ONE');
    await pause(12_000);
    await accounted(on, callers);
  });

  test('lost replies of Redis burn what they carried, and nothing comes twice', async ({ onTestFinished: atEnd }) => {
    const own = await ownRedis(atEnd);
    const line = await startLine(own.port);
    const { on, callers } = await serving(`redis://127.0.0.1:${line.port}`, atEnd);
    for (let round = 0; round < 5; round++) {
      line.mute();
      await pause(200);
      line.mend();
      await pause(1_500);
    }
    await pause(3_000);
    await accounted(on, callers);
  });

  test('the streams of a pool that dies are served by another pool, and it is used again when it is back', async ({
    onTestFinished: atEnd,
  }) => {
    const [first, second] = await Promise.all([ownRedis(atEnd), ownRedis(atEnd)]);
    const { on, callers, start } = await serving(first.url, atEnd);
    await start('filler-b', 'filler', second.url, `${on.pool}-b`);
    await eventually(async () => (await on.members()).some(({ member, state }) => member === `${on.pool}-b` && state === 'living'));
    await first.kill();
    await pause(8_000);
    const before = callers.issued.count;
    await pause(2_000);
    expect(callers.issued.count).toBeGreaterThan(before);
    await first.restart();
    await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
    await accounted(on, callers);
  });
});
