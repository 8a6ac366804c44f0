/** What docs/guides/deploy.md says about engines is run as it stands there: the commands of its stack, and the users that it locks engines with. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openBullJobQueue } from '../../adapters/bullmq/job-queue.ts';
import { type KafkaOptions, openKafka } from '../../adapters/kafka/kafka.ts';
import { openRedisRouteTable } from '../../adapters/redis/route-table.ts';
import { openRedisStock } from '../../adapters/redis/stock.ts';
import { KAFKA_VERSION } from '../../cli/stack/kafka-jars.ts';
import { freePort } from '../../cli/stack/ports.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { newCertificate } from '../adapters/bullmq/certificate.ts';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { JAR_DIRECTORY } from '../engines/run-directory.ts';

const kafka = engineOrSkip('kafka');
const redis = engineOrSkip('redis');
const etcd = engineOrSkip('etcd');
const postgres = engineOrSkip('postgres');

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const GUIDE = readFileSync('docs/guides/deploy.md', 'utf8');
/** A JVM, several processes of Node and a first allocation, on a machine that may be busy. */
const TIMEOUT_MS = 150_000;

/** The blocks of one language, in order. */
function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code);
}

/** Cells of the table whose head begins with that column. */
function tableRows(column: string): string[][] {
  const lines = GUIDE.slice(GUIDE.indexOf(`\n| ${column} |`))
    .trimStart()
    .split('\n');
  const rows = lines.slice(
    2,
    lines.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe.skipIf(!(kafka.available && redis.available && etcd.available && postgres.available))(
  'the guide to deploying (needs every engine)',
  () => {
    test('starts a stack, and processes on it that give out values', { timeout: TIMEOUT_MS }, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'seqcast-guide-'));
      // PostgreSQL runs as another user, who must be able to enter.
      chmodSync(directory, 0o755);
      const command = join(directory, 'seqcast');
      writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
      chmodSync(command, 0o755);
      mkdirSync(join(directory, '.seqcast-stack'));
      symlinkSync(join(JAR_DIRECTORY, `kafka-${KAFKA_VERSION}`), join(directory, '.seqcast-stack', `kafka-${KAFKA_VERSION}`));
      const port = await freePort(new Set());
      const env = { PATH: `${directory}:${process.env.PATH ?? ''}`, SEQCAST_PORT: String(port), SEQCAST_URL: `http://127.0.0.1:${port}` };
      const run = (script: string) =>
        new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
          execFile('sh', ['-e', '-c', script], { cwd: directory, env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
            resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
          });
        });
      onTestFinished(async () => {
        await run('seqcast stack down --delete');
        rmSync(directory, { recursive: true, force: true });
      }, TIMEOUT_MS);
      const [script = ''] = blocks('bash');
      const endings = `trap 'kill $gateway $workers 2> /dev/null || true' EXIT\n`;
      const { code, output } = await run(endings + script.replaceAll('7070', String(port)));
      expect(output).not.toContain('SEQ_');
      expect(code, output).toBe(0);
      expect(output).toContain('\n1000\n1001\n1002\n');
      expect(output).toContain('pool-0');
      expect(output).toContain('ended kafka-1, redis, redis-jobs, etcd, postgres');
    });
  },
);

describe.skipIf(!redis.available)('the users of Redis that the guide names (needs Redis)', () => {
  /** A Redis whose users are those of the guide. */
  async function lockedRedis() {
    const own = await startRedis({ args: ['--appendonly', 'yes'] });
    onTestFinished(() => own.stop());
    const lines = blocks('redis').flatMap((block) => block.trim().split('\n'));
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(await own.cli(...line.split(' '))).toBe('OK');
    return { own, urlOf: (user: string) => own.url.replace('//', `//${user}:password@`) };
  }

  test('may do what the stock needs, and not what would cost stock', async () => {
    const { own, urlOf } = await lockedRedis();
    const warnings: string[] = [];
    const stock = await openRedisStock({ url: urlOf('seqcast-stock'), onLog: (message) => warnings.push(message) });
    onTestFinished(() => stock.close());
    const stream = 'orders/web/checkout';
    const loaded = new Promise<string>((resolve) => {
      const notices = stock.onLoaded(resolve);
      onTestFinished(() => notices.close());
    });
    // A notice may be missed by whoever has not subscribed yet.
    await expect.poll(() => own.cli('PUBSUB', 'NUMSUB', 'seqcast:loaded')).toMatch(/1$/);
    const shard = { stream, sequence: 'orders', generation: 1, partition: 0, shard: 1, start: 0, end: 10, ordered: false };
    await stock.load(await stock.hello(), shard);
    expect(await loaded).toBe(stream);
    const call = { count: 1, numbered: false, again: false, waiter: '', waiting: 0, request: '', payloadHash: '' };
    expect((await stock.next(stream, call)).outcome).toBe('taken');
    expect(warnings).toEqual([]);
    for (const costly of ['FLUSHALL', 'RESTORE key 0 value', 'FUNCTION FLUSH', 'CONFIG GET save', 'SHUTDOWN NOSAVE']) {
      expect(await own.cli('--user', 'seqcast-stock', '--pass', 'password', '--no-auth-warning', ...costly.split(' '))).toContain('NOPERM');
    }
  });

  test('may do what the route table and the jobs need', async () => {
    const { urlOf } = await lockedRedis();
    const url = urlOf('seqcast-jobs');
    const warnings: string[] = [];
    const onLog = (message: string) => void warnings.push(message);
    const routes = await openRedisRouteTable({ url, onLog });
    onTestFinished(() => routes.close());
    await routes.put('pools/pool-0', 'healthy');
    expect(await routes.get('pools/pool-0')).toMatchObject({ value: 'healthy' });
    const jobs = await openBullJobQueue({ url, onLog });
    onTestFinished(() => jobs.close());
    const done = new Promise<unknown>((resolve) => {
      const worker = jobs.work('guide', async (job) => resolve(job.data));
      onTestFinished(() => worker.close());
    });
    await jobs.add({ name: 'guide', id: 'one', data: { step: 1 } });
    expect(await done).toEqual({ step: 1 });
    expect(warnings).toEqual([]);
  });
});

describe.skipIf(!kafka.available)('the user of Kafka that the guide names (needs Kafka)', () => {
  test('may do what seqcast needs, and a stranger nothing', { timeout: TIMEOUT_MS }, async () => {
    const { certFile, keyFile } = newCertificate();
    const own = await startKafka({
      secure: { certFile, keyFile, users: { seqcast: 'secret', stranger: 'secret' } },
      // The brokers among themselves, and this test, come in by the other door.
      settings: { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users': 'User:ANONYMOUS' },
    });
    onTestFinished(() => own.stop());
    const admin = new Kafka({ brokers: [...own.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    await admin.createAcls({ acl: tableRows('resource').flatMap(aclsOf) });

    const options = (username: string): KafkaOptions => ({
      brokers: own.secureBrokers,
      clientId: 'guide',
      tls: { caFile: certFile },
      sasl: { mechanism: 'scram-sha-512', username, password: 'secret' },
      partitionCount: 2,
      onFailure: () => undefined,
    });
    const engine = await openKafka(options('seqcast'));
    onTestFinished(() => engine.close());
    const topic = TOPICS.consumption.name;
    expect(await engine.log.append({ topic, partition: 0, records: [Uint8Array.of(1)] })).toBe(0);
    expect(await engine.log.read(topic, 0, 0, 10)).toHaveLength(1);
    await engine.log.commit('seqcast-forecasters', topic, 0, 1);
    expect(await engine.log.committed('seqcast-forecasters', topic, 0)).toBe(1);
    await engine.log.cut(TOPICS.shards.name, 0, 0);
    const owned = new Promise<readonly number[]>((resolve) => {
      void engine.groups
        .join({
          group: 'seqcast-allocators',
          topics: [topic],
          onOwned: (partitions) => (partitions.length > 0 ? resolve(partitions) : undefined),
          onError: () => undefined,
        })
        .then((member) => onTestFinished(() => member.close()));
    });
    expect(await owned).toEqual([0, 1]);

    await expect(openKafka(options('stranger'))).rejects.toMatchObject({ code: expect.stringMatching(/^SEQ_ENGINE_/) });
  });
});

const RESOURCES = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP, cluster: AclResourceTypes.CLUSTER };
const PATTERNS = { prefixed: ResourcePatternTypes.PREFIXED, literal: ResourcePatternTypes.LITERAL };
const OPERATIONS = {
  Create: AclOperationTypes.CREATE,
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Delete: AclOperationTypes.DELETE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

function aclsOf([resource = '', resourceName = '', pattern = '', operations = '']: string[]) {
  return operations.split(', ').map((operation) => ({
    resourceType: RESOURCES[resource as keyof typeof RESOURCES],
    resourceName,
    resourcePatternType: PATTERNS[pattern as keyof typeof PATTERNS],
    principal: 'User:seqcast',
    host: '*',
    operation: OPERATIONS[operation as keyof typeof OPERATIONS],
    permissionType: AclPermissionTypes.ALLOW,
  }));
}
