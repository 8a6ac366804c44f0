/**
 * What happens to a server does to its stock one of two things: it serves on exactly where it was, under the same nonce, or it is gone
 * and the nonce is another one. Each event on a real server.
 */
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { librarySource } from '../../../adapters/redis/library.ts';
import { openRedisStock, type RedisStock } from '../../../adapters/redis/stock.ts';
import { pause } from '../../conformance/harness.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';
import { eventually, Issuance, KEY, STREAM } from './stock-life.ts';

const redis = engineOrSkip('redis');
const TIMEOUT_MS = 30_000;

interface Served {
  readonly server: PrivateRedis;
  readonly stock: RedisStock;
  readonly issuance: Issuance;
  readonly life: string;
}

async function server(options: Parameters<typeof startRedis>[0] = {}): Promise<PrivateRedis> {
  const started = await startRedis(options);
  onTestFinished(() => started.stop());
  return started;
}

async function opened({ url }: PrivateRedis): Promise<RedisStock> {
  const stock = await openRedisStock({ url });
  onTestFinished(() => stock.close());
  return stock;
}

/** A server that has given out ten of a hundred ordinals. */
async function served(args: readonly string[] = []): Promise<Served> {
  const on = await server({ args });
  const stock = await opened(on);
  const issuance = new Issuance();
  const life = await stock.hello();
  expect(await issuance.load(stock, life, 100)).toBe('loaded');
  expect(await issuance.take(stock, 10)).toBe(10);
  return { server: on, stock, issuance, life };
}

/** The same life, at the next ordinal. */
async function servesOn({ stock, life, issuance }: Served): Promise<void> {
  expect(await eventually(() => stock.hello())).toBe(life);
  expect(await stock.cursors(STREAM)).toMatchObject([{ start: 0, end: 100, cursor: 10 }]);
  expect(await eventually(() => stock.next(STREAM, plain(1)))).toMatchObject({
    outcome: 'taken',
    incarnation: life,
    blocks: [{ start: 10 }],
  });
  expect(await issuance.take(stock, 1, 89)).toBe(89);
}

/** Another life, without any stock; whatever was meant for the old one is refused, and what is loaded anew is served. */
async function livesAnew({ stock, life, issuance }: Served): Promise<void> {
  const now = await eventually(() => stock.hello());
  expect(now).toMatch(/^[0-9a-f]{40}$/);
  expect(now).not.toBe(life);
  expect(await stock.cursors()).toEqual([]);
  expect(await eventually(() => stock.next(STREAM, plain(1)))).toEqual({ outcome: 'empty', incarnation: now, stock: 0 });
  expect(await issuance.load(stock, life, 100)).toBe('fenced');
  expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'fenced', incarnation: now });
  expect(await issuance.load(stock, now, 50)).toBe('loaded');
  expect(await issuance.take(stock, 50)).toBe(50);
}

function plain(count: number) {
  return { count, numbered: false, again: false, waiter: '', waiting: 0, request: '', payloadHash: '' };
}

const PERSISTENT = ['--appendonly', 'yes', '--appendfsync', 'always', '--enable-debug-command', 'yes'];
const OTHER_LIBRARY = "#!lua name=other\nredis.register_function('other_noop', function() return 1 end)";

describe.skipIf(!redis.available)('the stock of a Redis (needs Redis)', { timeout: TIMEOUT_MS }, () => {
  describe('serves on after', () => {
    test('FLUSHALL, FLUSHDB and keys that an operator writes in its name', async () => {
      const all = await served();
      await all.server.cli('SET', KEY, 'nonsense');
      await all.server.cli('FLUSHALL');
      await all.server.cli('FLUSHDB');
      await all.server.cli('HSET', KEY, 'cursor', '0');
      await servesOn(all);
    });

    test('scripts, other libraries and a replacement that does not load', async () => {
      const all = await served();
      const { cli } = all.server;
      await cli('EVAL', 'life = 1 return 1', '0').catch(() => undefined);
      await cli('SCRIPT', 'FLUSH');
      await cli('FUNCTION', 'LOAD', OTHER_LIBRARY);
      await cli('FUNCTION', 'DELETE', 'other');
      expect(await cli('FUNCTION', 'LOAD', 'REPLACE', '#!lua name=seqcast_v3\nthis is no Lua')).toContain('Error compiling');
      expect(await cli('FUNCTION', 'LOAD', librarySource())).toContain('already exists');
      await servesOn(all);
    });

    test('saving, rewriting its log, and replicas that come and go', async () => {
      const all = await served(PERSISTENT);
      await all.server.cli('SAVE');
      await all.server.cli('BGREWRITEAOF');
      const replica = await server({ replicaOf: all.server.port });
      await replica.stop();
      await servesOn(all);
    });

    test('a role of replica in between, when it was not given other data', async () => {
      const all = await served();
      const replica = await server({ replicaOf: all.server.port });
      await inStep(all.server, replica);
      await replica.cli('REPLICAOF', 'NO', 'ONE');
      await all.server.cli('REPLICAOF', '127.0.0.1', String(replica.port));
      await linked(all.server);
      expect(await infoOf(replica, 'sync_partial_ok')).toBe('1');
      await all.server.cli('REPLICAOF', 'NO', 'ONE');
      await servesOn(all);
    });
  });

  describe('is gone after', () => {
    test('a restart in good order, which keeps the data and the library', async () => {
      const all = await served(PERSISTENT);
      await all.server.restart();
      expect(await all.server.cli('FUNCTION', 'LIST')).toContain('seqcast_v3');
      await livesAnew(all);
    });

    test('kill -9, with a saved copy and a log that is always synced', async () => {
      const all = await served(PERSISTENT);
      await all.server.cli('SAVE');
      await all.issuance.take(all.stock, 10);
      await all.server.kill();
      await all.server.restart();
      await livesAnew(all);
    });

    test('kill -9 of a server that keeps nothing, so that the library is loaded again', async () => {
      const all = await served();
      await all.server.kill();
      await all.server.restart();
      expect(await all.server.cli('FUNCTION', 'LIST')).toBe('');
      await livesAnew(all);
      expect(await all.server.cli('FUNCTION', 'LIST')).toContain('seqcast_v3');
    });

    test.each([[['DEBUG', 'RELOAD']], [['DEBUG', 'RELOAD', 'NOSAVE']], [['DEBUG', 'LOADAOF']]])('%s', async (command) => {
      const all = await served(PERSISTENT);
      await all.server.cli('SAVE');
      await all.issuance.take(all.stock, 10);
      expect(await all.server.cli(...command)).toBe('OK');
      await livesAnew(all);
    });

    test('FUNCTION LOAD REPLACE, FUNCTION FLUSH, FUNCTION DELETE and FUNCTION RESTORE', async () => {
      const all = await served();
      const { cli } = all.server;
      let { life } = all;
      for (const replace of [
        () => cli('FUNCTION', 'LOAD', 'REPLACE', librarySource()),
        () => cli('FUNCTION', 'FLUSH'),
        () => cli('FUNCTION', 'FLUSH', 'ASYNC'),
        () => cli('FUNCTION', 'DELETE', 'seqcast_v3'),
        () => restored(all.server),
      ]) {
        await replace();
        await livesAnew({ ...all, life });
        life = await all.stock.hello();
      }
    });

    test.each([
      ['disabled', 'no'],
      ['disabled', 'yes'],
      ['swapdb', 'no'],
      ['swapdb', 'yes'],
    ])('a fail-over to a lagging replica and back (diskless load %s, sync %s)', async (load, sync) => {
      const settings = ['--repl-diskless-load', load, '--repl-diskless-sync', sync];
      const all = await served(settings);
      const other = await server({ replicaOf: all.server.port, args: settings });
      await inStep(all.server, other);
      // What the replica misses from here on is issued by the first one.
      await other.cli('REPLICAOF', 'NO', 'ONE');
      await all.issuance.take(all.stock, 10);
      await all.server.cli('SET', 'diverged', '1');
      const promoted = await opened(other);
      await livesAnew({ ...all, server: other, stock: promoted });
      await all.server.cli('REPLICAOF', '127.0.0.1', String(other.port));
      await linked(all.server);
      expect(await infoOf(other, 'sync_full')).toBe('1');
      await all.server.cli('REPLICAOF', 'NO', 'ONE');
      await livesAnew(all);
    });

    test('a command that died half way', async () => {
      const on = await server();
      // Thirteen values kill whoever takes them, after the cursor moved.
      const take = 'local start = take_from(stream, shard, count)\n';
      expect(librarySource()).toContain(take);
      await on.cli('FUNCTION', 'LOAD', librarySource().replace(take, `${take}  if count == 13 then error('died') end\n`));
      const stock = await opened(on);
      const issuance = new Issuance();
      const life = await stock.hello();
      await issuance.load(stock, life, 100);
      await issuance.take(stock, 10);
      await expect(stock.take(STREAM, 13, false)).rejects.toMatchObject({ code: 'SEQ_INTERNAL' });
      await livesAnew({ server: on, stock, issuance, life });
    });
  });

  // What the broken copy leaves behind differs between the modes; that it is one of the two does not.
  test.each(['disabled', 'swapdb', 'on-empty-db'])(
    'a copy that broke off leaves the stock whole or gone (diskless load %s)',
    async (load) => {
      const all = await served(['--repl-diskless-load', load]);
      const other = await server({ args: ['--repl-diskless-sync', 'yes', '--rdb-key-save-delay', '500'] });
      await other.cli('EVAL', "for i = 1, 20000 do redis.call('SET', 'k' .. i, string.rep('x', 200)) end", '0');
      await all.server.cli('REPLICAOF', '127.0.0.1', String(other.port));
      while ((await infoOf(all.server, 'master_sync_in_progress')) !== '1') await pause(10);
      await pause(300);
      await other.kill();
      await all.server.cli('REPLICAOF', 'NO', 'ONE');
      if ((await eventually(() => all.stock.hello())) === all.life) await servesOn(all);
      else await livesAnew(all);
    },
  );

  test('a replica serves nothing and begins no life; promoted it begins its own', async () => {
    const all = await served();
    const replica = await server({ replicaOf: all.server.port });
    await inStep(all.server, replica);
    for (const [name, ...args] of [
      ['seqcast_next', '1', KEY, '1'],
      ['seqcast_hello', '0', ''],
      ['seqcast_load', '1', KEY, all.life, '1', '0', '9', '0', '10', '0'],
      ['seqcast_poll', '0', 'filler', '1', '0', ''],
    ]) {
      expect(await replica.cli('FCALL', name as string, ...args)).toContain('READONLY');
    }
    await expect(openRedisStock({ url: replica.url })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
    await replica.cli('REPLICAOF', 'NO', 'ONE');
    await livesAnew({ ...all, server: replica, stock: await opened(replica) });
    // The one that was left behind goes on with what is addressed to it, and nobody else has that.
    await servesOn(all);
  });

  test('a stock whose server is demoted says so and begins no life there', async () => {
    const all = await served();
    const other = await server();
    await all.server.cli('REPLICAOF', '127.0.0.1', String(other.port));
    await expect(all.stock.hello()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', details: { reason: 'replica' } });
  });
});

async function infoOf(server: PrivateRedis, field: string): Promise<string | undefined> {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(await server.cli('INFO'))?.[1];
}

/** Restores the server's own dump of its libraries. */
async function restored({ url }: PrivateRedis): Promise<void> {
  const client = new Redis(url);
  const dump = await client.callBuffer('FUNCTION', 'DUMP');
  expect(await client.call('FUNCTION', 'RESTORE', dump as Buffer, 'FLUSH')).toBe('OK');
  client.disconnect();
}

/** The replica has everything that the primary wrote. */
async function inStep(primary: PrivateRedis, replica: PrivateRedis): Promise<void> {
  await primary.cli('SET', 'in-step', '1');
  while ((await infoOf(primary, 'master_repl_offset')) !== (await infoOf(replica, 'master_repl_offset'))) {
    await pause(20);
  }
}

/** It follows the server that it was told to follow. */
async function linked(replica: PrivateRedis): Promise<void> {
  while ((await infoOf(replica, 'master_link_status')) !== 'up') await pause(20);
}
