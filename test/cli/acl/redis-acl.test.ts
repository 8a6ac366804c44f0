/** The ACL file, in a real Redis: each role does its work through the real adapters, and is refused what is not its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBullJobQueue } from '../../../adapters/bullmq/job-queue.ts';
import { openRedisRouteTable } from '../../../adapters/redis/route-table.ts';
import { openRedisStock } from '../../../adapters/redis/stock.ts';
import { redisAclFile, redisUsers } from '../../../cli/acl/redis-acl.ts';
import { BULK_JOBS } from '../../../workers/runtime/bulk/bulk-desk.ts';
import { TRAINING_JOBS } from '../../../workers/runtime/training/trainings.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');

describe.skipIf(!redis.available)('the ACL file for Redis (needs redis-server)', () => {
  const users = redisUsers('seqcast', (user) => `password-of-${user}`);
  const operator = { user: 'seqcast-operator', password: 'password-of-operator' };
  let server: PrivateRedis;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seqcast-acl-'));
    const path = join(directory, 'users.acl');
    // Whoever starts the server in this test asks it as the default user whether it is there; last line wins over the file's first.
    const file = redisAclFile(users, operator).replace(
      /^user default .*$/m,
      'user default on nopass resetkeys resetchannels -@all +ping +shutdown',
    );
    await writeFile(path, file);
    server = await startRedis({ args: ['--aclfile', path] });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const urlOf = (role: string): string => server.url.replace('redis://', `redis://seqcast-${role}:password-of-seqcast-${role}@`);
  async function refused(role: string, ...command: [string, ...string[]]): Promise<string> {
    const connection = new Redis(urlOf(role), { lazyConnect: true, retryStrategy: () => null });
    connection.on('error', () => undefined);
    try {
      await connection.connect();
      const [name, ...words] = command;
      return String(await connection.call(name, ...words).catch((error: Error) => error.message.split(' ')[0]));
    } finally {
      connection.disconnect();
    }
  }

  it('knows every kind of job', () => {
    const { rules = '' } = users.find(({ user }) => user === 'seqcast-jobs') ?? {};
    for (const name of [...TRAINING_JOBS, ...BULK_JOBS]) expect(rules).toContain(`~{seqcast}:${name}:*`);
  });

  it('lets nobody in without a password', () => {
    expect(redisAclFile(users, operator).split('\n')[0]).toBe('user default off resetpass resetkeys resetchannels -@all');
    expect(redisAclFile(users, operator)).not.toContain('password-of');
  });

  it('lets a filler fill and a gateway take, and a gateway load nothing into the server', async () => {
    const filler = await openRedisStock({ url: urlOf('filler') });
    const gateway = await openRedisStock({ url: urlOf('gateway') });
    try {
      const life = await filler.hello();
      const shard = {
        stream: 'orders/web/checkout',
        sequence: 'orders',
        generation: 1,
        partition: 0,
        shard: 7,
        ordered: false,
        start: 0,
        end: 100,
      };
      expect(await filler.load(life, shard)).toBe('loaded');
      const taken = await gateway.take(shard.stream, 3, false);
      expect(JSON.stringify(taken)).toContain('"count":3');
      expect(await filler.cursors()).toHaveLength(1);
    } finally {
      await gateway.close();
      await filler.close();
    }
    expect(await refused('gateway', 'FUNCTION', 'LOAD', '#!lua name=x')).toBe('NOPERM');
    expect(await refused('gateway', 'FUNCTION', 'DELETE', 'seqcast_v3')).toBe('NOPERM');
    expect(await refused('filler', 'FUNCTION', 'DELETE', 'seqcast_v3')).toBe('NOPERM');
  });

  it('lets an allocator change routes and a forecaster read them only', async () => {
    const writer = await openRedisRouteTable({ url: urlOf('allocator') });
    const reader = await openRedisRouteTable({ url: urlOf('forecaster') });
    try {
      const heard = new Promise<string>((resolve) => {
        reader.watch('streams/', (key, value) => resolve(`${key}=${String(value)}`));
      });
      expect(await writer.put('streams/a', 'pool-0')).toMatchObject({ key: 'streams/a' });
      expect(await heard).toBe('streams/a=pool-0');
      expect((await reader.list('streams/')).map(({ value }) => value)).toEqual(['pool-0']);
      await expect(reader.put('streams/a', 'pool-1')).rejects.toThrow();
      expect((await writer.get('streams/a'))?.value).toBe('pool-0');
    } finally {
      await reader.close();
      await writer.close();
    }
  });

  it('lets a gateway order jobs and the jobs role run them', async () => {
    const gateway = await openBullJobQueue({ url: urlOf('gateway') });
    const jobs = await openBullJobQueue({ url: urlOf('jobs') });
    try {
      const ran = new Promise<unknown>((resolve) => {
        jobs.work('ledger-audit', async ({ data }) => resolve(data));
      });
      await gateway.add({ name: 'ledger-audit', id: 'once', data: { to: 'you' } });
      expect(await ran).toEqual({ to: 'you' });
    } finally {
      await gateway.close();
      await jobs.close();
    }
  });

  it.each([
    ['application', 'GET', '{seqcast}:routes:version'],
    ['application', 'PUBLISH', 'seqcast:loaded', 'x'],
    ['application', 'FUNCTION', 'LIST'],
    ['filler', 'FLUSHALL'],
    ['gateway', 'KEYS', '*'],
    ['gateway', 'CONFIG', 'GET', '*'],
    ['gateway', 'ACL', 'LIST'],
    ['gateway', 'GET', 'something-of-another-application'],
    ['allocator', 'FCALL', 'seqcast_hello', '0', 'x'],
    ['allocator', 'SET', 'orders/web/checkout:stock', '1'],
    ['forecaster', 'GET', '{seqcast}:job-names'],
    ['jobs', 'HSET', '{seqcast}:routes:entries', 'keys/x', '1 {}'],
    ['jobs', 'SHUTDOWN', 'NOSAVE'],
  ] as const)('refuses %s: %s %s', async (role, ...command) => {
    expect(await refused(role, ...(command as unknown as [string, ...string[]]))).toBe('NOPERM');
  });

  it('lets an application take values by FCALL and do nothing else', async () => {
    expect(await refused('application', 'FCALL', 'seqcast_next', '1', '{orders/web/checkout}:stock', '1')).not.toBe('NOPERM');
  });
});
