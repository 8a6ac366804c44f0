/** The ACL file, in a real Redis: each role does its work through the real adapters, and is refused what is not its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { connect, type SeqcastClient } from 'seqcast-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBullJobQueue } from '../../../adapters/bullmq/job-queue.ts';
import { openRedisRouteTable } from '../../../adapters/redis/route-table.ts';
import { openRedisStock } from '../../../adapters/redis/stock.ts';
import { redisAclFile, redisUsers } from '../../../cli/acl/redis-acl.ts';
import { BULK_JOBS } from '../../../workers/runtime/bulk/bulk-desk.ts';
import { TRAINING_JOBS } from '../../../workers/runtime/training/trainings.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');
/** What every connection says when it begins, and Redis lets nobody be without. */
const OF_EVERYBODY = ['auth', 'hello', 'ping', 'quit', 'reset'];

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
    const connection = new Redis(urlOf(role), { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null });
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

  it('leaves API keys of an older version, which lie among the routes, to the first gateway that starts', async () => {
    const old = new Redis(server.url.replace('redis://', `redis://${operator.user}:${operator.password}@`));
    const told: string[] = [];
    try {
      await old.hset('{seqcast}:routes:entries', 'keys/0123456789ab', '7 {}');
      await old.zadd('{seqcast}:routes:keys', 0, 'keys/0123456789ab');
      const allocator = await openRedisRouteTable({ url: urlOf('allocator'), onLog: (message) => told.push(message) });
      await allocator.close();
      expect(await old.hexists('{seqcast}:routes:entries', 'keys/0123456789ab')).toBe(1);
      const gateway = await openRedisRouteTable({ url: urlOf('gateway'), onLog: (message) => told.push(message) });
      expect((await gateway.list('keys/')).map(({ value }) => value)).toEqual(['{}']);
      await gateway.delete('keys/0123456789ab');
      await gateway.close();
      expect(await old.hexists('{seqcast}:routes:entries', 'keys/0123456789ab')).toBe(0);
      expect(told.filter((message) => message.startsWith('API keys of an older version'))).toHaveLength(1);
    } finally {
      old.disconnect();
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

  it('lets an application take values through the client, from the pool that the routes name, and give back what it did not use', async () => {
    const filler = await openRedisStock({ url: urlOf('filler') });
    const writer = await openRedisRouteTable({ url: urlOf('gateway') });
    let client: SeqcastClient | undefined;
    try {
      const stream = 'orders/web/cart';
      const values = { start: '1', increment: '1', firstPass: 0, period: 0, passStart: '1' };
      const shard = { stream, sequence: 'orders', generation: 1, partition: 0, shard: 8, ordered: false, start: 0, end: 100, values };
      expect(await filler.load(await filler.hello(), shard)).toBe('loaded');
      await writer.put('pools/pool-0', JSON.stringify({ endpoint: server.url, state: 'joined' }));
      await writer.put(`streams/${stream}`, JSON.stringify({ pool: 'pool-0', partition: 0, shard: 8, ahead: 1 }));
      client = await connect(urlOf('application'), { clientType: 'web', service: 'cart' });
      const orders = client.sequence('orders');
      expect([await orders.next(), await orders.next()]).toEqual([1n, 2n]);
    } finally {
      await client?.close();
      await writer.close();
      await filler.close();
    }
    // What the client had in hand came back when it was closed.
    const again = await openRedisStock({ url: urlOf('filler') });
    const reports = await again.cursors('orders/web/cart');
    const unissued = reports.map(({ end, cursor, recycled }) => recycled.reduce((sum, each) => sum + each.end - each.start, end - cursor));
    expect(unissued).toEqual([98]);
    await again.close();
  });

  it('lets an application see no hash of an API key', async () => {
    const gateway = await openRedisRouteTable({ url: urlOf('gateway') });
    await gateway.put('keys/abc', '{"digest":"secret-hash"}');
    expect((await gateway.list('keys/')).map(({ key }) => key)).toEqual(['keys/abc']);
    expect((await gateway.get('keys/abc'))?.value).toContain('secret-hash');
    await gateway.close();
    const operator = new Redis(server.url.replace('redis://', 'redis://seqcast-operator:password-of-operator@'));
    const found: string[] = [];
    for (const key of await operator.keys('*'))
      if ((await operator.type(key)) === 'hash') found.push(`${key} ${await operator.hgetall(key).then(JSON.stringify)}`);
    operator.disconnect();
    expect(found.filter((each) => each.includes('secret-hash')).map((each) => each.split(' ')[0])).toEqual(['{seqcast}:routes:secrets']);
    expect(await refused('application', 'HMGET', '{seqcast}:routes:entries', 'streams/orders/web/cart', 'keys/abc')).not.toContain(
      'secret-hash',
    );
    for (const role of ['application', 'forecaster', 'allocator', 'filler', 'jobs']) {
      expect(await refused(role, 'HMGET', '{seqcast}:routes:secrets', 'keys/abc'), role).toBe('NOPERM');
      expect(await refused(role, 'HGET', '{seqcast}:routes:secrets', 'keys/abc'), role).toBe('NOPERM');
    }
  });

  it('allows an application six things: every other command of this Redis is refused', async () => {
    const operator = new Redis(server.url.replace('redis://', 'redis://seqcast-operator:password-of-operator@'));
    const commands = (await operator.call('COMMAND', 'LIST')) as string[];
    const may = async (...command: string[]): Promise<boolean> =>
      (await operator.call('ACL', 'DRYRUN', 'seqcast-application', ...command)) === 'OK';
    const allowed: string[] = [];
    try {
      expect(commands.length).toBeGreaterThan(200);
      // Whatever a command takes: no argument, or the keys that an application knows.
      for (const name of commands) {
        const tries = [[], ['{a/b/c}:stock'], ['{a/b/c}:stock', '1'], ['{seqcast}:routes:entries', 'a'], ['1', '{a/b/c}:stock', '1']];
        for (const words of tries) if (await may(name, ...words).catch(() => false)) allowed.push(name);
      }
      expect([...new Set(allowed)].filter((name) => !OF_EVERYBODY.includes(name)).sort()).toEqual(['hmget', 'time']);
      const stock = '{orders/web/cart}:stock';
      expect(await may('FCALL', 'seqcast_next', '1', stock, '1')).toBe(true);
      expect(await may('FCALL', 'seqcast_give_back', '0', 'x', '1', '1', '2')).toBe(true);
      expect(await may('ZRANGEBYLEX', '{seqcast}:routes:keys', '[pools/', '(pools0')).toBe(true);
      for (const other of ['load', 'revoke', 'remint', 'forget', 'poll', 'cursors', 'hello', 'next_each', 'moved']) {
        expect(await may('FCALL', `seqcast_${other}`, '1', stock), other).toBe(false);
      }
      expect(await may('FCALL', 'seqcast_next', '1', 'orders', '1')).toBe(false);
      expect(await may('HMGET', '{seqcast}:routes:secrets', 'keys/abc')).toBe(false);
      expect(await may('ZRANGEBYLEX', '{seqcast}:routes:secret-keys', '-', '+')).toBe(false);
      expect(await may('HMGET', 'ours', 'a')).toBe(false);
    } finally {
      operator.disconnect();
    }
  });
});
