/** What the stock makes of a Redis that is set up wrongly, and with how few rights it makes do. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { LIBRARY, librarySource } from '../../../adapters/redis/library.ts';
import { openRedisStock, type RedisStock, type RedisStockOptions } from '../../../adapters/redis/stock.ts';
import { SequenceError } from '../../../core/errors.ts';
import { until } from '../../conformance/harness.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { hasOpenssl, newCertificate } from '../bullmq/certificate.ts';
import { anyFreePort, ownRedis } from '../bullmq/own-redis.ts';
import { Issuance, KEY, STREAM } from './stock-life.ts';

const redis = engineOrSkip('redis');

/** The user of fillers and gateways, and one of an application that only takes values: as docs/guides/values-from-redis.md has them. */
const POOL_USER = ['on', '>secret', '+@connection', '+fcall', '+function|load', '+info', '+time', '+publish', '+subscribe'];
const POOL_REACH = ['~{*}:stock', '&seqcast:loaded'];
const CALLER_USER = ['on', '>secret', '+@connection', '+fcall|seqcast_next', '+time', '~{*}:stock'];

async function opened(options: RedisStockOptions): Promise<RedisStock> {
  const stock = await openRedisStock(options);
  onTestFinished(() => stock.close());
  return stock;
}

async function refusalOf(options: RedisStockOptions): Promise<SequenceError> {
  const refusal = await openRedisStock(options).catch((error: unknown) => error);
  if (!(refusal instanceof SequenceError)) throw new Error(`it was opened, or failed otherwise: ${String(refusal)}`);
  return refusal;
}

describe.skipIf(!redis.available)('opening a stock in Redis (needs Redis)', { timeout: 20_000 }, () => {
  test.each([
    ['that may delete keys', ['--maxmemory-policy', 'allkeys-lru'], 'set maxmemory-policy to noeviction'],
    ['that is a replica', ['--replicaof', '127.0.0.1', '1'], 'name the primary'],
    ['that is part of a Cluster', ['--cluster-enabled', 'yes'], 'set SEQCAST_REDIS_CLUSTER=true'],
    ['that cannot load Functions', ['--rename-command', 'FUNCTION', ''], 'use Redis 7.0 or later'],
    ['that cannot call Functions', ['--rename-command', 'FCALL', ''], 'use Redis 7.0 or later'],
  ])('refuses one %s, and says what to change', async (_, args, change) => {
    const { url } = await ownRedis(args);
    expect(await refusalOf({ url })).toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE', message: expect.stringContaining(change) });
  });

  test('refuses one that holds the functions of another version, and leaves them alone', async () => {
    const own = await ownRedis();
    await own.cli('FUNCTION', 'LOAD', librarySource().replaceAll(LIBRARY, 'seqcast_v0'));
    // Functions have one name for all clients: a call reaches whichever version is there.
    const older = await refusalOf({ url: own.url });
    expect(older).toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE', message: expect.stringContaining('FUNCTION DELETE') });
    expect(await own.cli('FUNCTION', 'LIST')).toContain('seqcast_v0');
  });

  test('says where it cannot reach or enter a Redis, and never with which password', async () => {
    const own = await ownRedis(['--requirepass', 'right']);
    const nobody = `127.0.0.1:${await anyFreePort()}`;
    const cases: [url: string, place: string, change: string][] = [
      [`redis://:hidden@${nobody}`, nobody, 'start Redis'],
      [own.url.replace('//', '//:hidden@'), own.url, 'check user and password'],
      [own.url.replace('//', '//somebody:hidden@'), own.url, 'check user and password'],
      [own.url, own.url, 'check user and password'],
      [own.url.replace('redis:', 'rediss:').replace('//', '//:hidden@'), 'rediss://', 'redis://'],
      ['redis://no-such-host.invalid', 'no-such-host.invalid', 'correct the host'],
      ['redis:nowhere', 'Redis', 'correct the URL'],
    ];
    for (const [url, place, change] of cases) {
      const refusal = await refusalOf({ url });
      expect(refusal.code, url).toBe('SEQ_ENGINE_UNREACHABLE');
      expect(refusal.message).toContain(place);
      expect(refusal.message).toContain(change);
      expect(refusal.message).not.toContain('hidden');
    }
  });

  test('a user with the rights of the guide can do all that a pool needs, and a caller all that a caller needs', async () => {
    const own = await ownRedis(['--user', 'pool', ...POOL_USER, ...POOL_REACH, '--user', 'caller', ...CALLER_USER]);
    const stock = await opened({ url: own.url.replace('//', '//pool:secret@') });
    const heard: string[] = [];
    stock.onLoaded((stream) => heard.push(stream));
    const issuance = new Issuance();
    const life = await stock.hello();
    while (heard.length === 0) expect(await issuance.load(stock, life, 10)).toBe('loaded');
    await stock.poll({ holder: 'filler', holdMs: 1_000, orderLeaseMs: 1_000, incarnation: await stock.hello() });
    await stock.setReorderPoints(life, [{ stream: STREAM, reorderPoint: 5 }]);
    await stock.next(STREAM, { count: 1, numbered: false, again: false, waiter: 'w', waiting: 1, request: 'r', payloadHash: 'h' });
    expect(await stock.report([STREAM])).toHaveLength(1);
    expect(await stock.revoke(life, 0, 1)).toMatchObject({ outcome: 'revoked' });
    await stock.forget(life, 0, 1);
    expect(await stock.cursors()).not.toEqual([]);

    const asCaller = (...words: string[]) => own.cli('--no-auth-warning', '--user', 'caller', '--pass', 'secret', ...words);
    expect(await asCaller('FCALL', 'seqcast_next', '1', KEY, '1', 'ordinals')).toMatch(/^taken /);
    expect(await asCaller('FCALL', 'seqcast_next', '1', KEY, '10000')).toMatch(/^empty/);
    expect(await asCaller('FCALL', 'seqcast_revoke', '0', life, '0', '2')).toMatch(/^NOPERM/);
    expect(await asCaller('FCALL', 'seqcast_next', '1', 'other-key', '1')).toMatch(/^NOPERM|^No permissions/);
    expect(await asCaller('GET', KEY)).toMatch(/^NOPERM/);
  });

  test('a user who may not call is told which rights it needs', async () => {
    const own = await ownRedis(['--user', 'guest', 'on', '>secret', '+@connection', '+info']);
    const refusal = await refusalOf({ url: own.url.replace('//', '//guest:secret@') });
    expect(refusal).toMatchObject({ code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringContaining('ACL') });
    expect(refusal.message).not.toContain('secret');
  });

  test.runIf(hasOpenssl)('speaks TLS, and trusts only the authority that it was told of', async () => {
    const { certFile, keyFile } = newCertificate();
    const port = await anyFreePort();
    await ownRedis(['--tls-port', `${port}`, '--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-auth-clients', 'no']);
    const stock = await opened({ url: `rediss://localhost:${port}`, caFile: certFile });
    const heard: string[] = [];
    stock.onLoaded((stream) => heard.push(stream));
    const issuance = new Issuance();
    while (heard.length === 0) await issuance.load(stock, await stock.hello(), 10);
    expect(await issuance.take(stock, 10)).toBe(10);
    const untrusted = await refusalOf({ url: `rediss://localhost:${port}` });
    expect(untrusted).toMatchObject({ code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringContaining('caFile') });
    const plain = await refusalOf({ url: `redis://localhost:${port}` });
    expect(plain).toMatchObject({ code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringContaining('rediss://') });
  });

  test('two processes that open an empty server at once load one library', async () => {
    const { url } = await ownRedis();
    const stocks = await Promise.all(Array.from({ length: 6 }, () => opened({ url })));
    const lives = await Promise.all(stocks.map((stock) => stock.hello()));
    expect(new Set(lives).size).toBe(1);
    await until(() => stocks.every((stock) => stock.health().up));
  });
});
