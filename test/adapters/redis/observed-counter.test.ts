/** A counter of a real Redis, observed by a user who may do nothing but read it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openObservedRedis } from '../../../adapters/redis/observed-counter.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { ownRedis } from '../bullmq/own-redis.ts';

const redis = engineOrSkip('redis');

describe.skipIf(!redis.available)('observing a counter in Redis (needs Redis)', () => {
  test('needs no right but to read it, and shows a server that lost it as a counter that went back', async () => {
    const own = await ownRedis();
    await own.cli('ACL', 'SETUSER', 'observer', 'on', '>secret', '~order:ids', 'resetchannels', '-@all', '+get', '+ping');
    const source = await openObservedRedis(`redis://observer:secret@127.0.0.1:${own.port}?key=order:ids`);
    onTestFinished(async () => await source.close());
    expect(await source.read()).toMatchObject({ position: 0n, resolution: 1 });
    await own.cli('INCRBY', 'order:ids', '9007199254740993');
    expect((await source.read()).position).toBe(9_007_199_254_740_993n);

    await own.kill();
    await expect(source.read()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    await own.restart();
    await own.cli('ACL', 'SETUSER', 'observer', 'on', '>secret', '~order:ids', '-@all', '+get', '+ping');
    await expect.poll(async () => (await source.read().catch(() => undefined))?.position, { timeout: 8_000 }).toBe(0n);
  });

  test('says what to change where the key, the password or the kind of value is wrong', async () => {
    const own = await ownRedis();
    await own.cli('LPUSH', 'list', 'a');
    const url = (rest: string) => `redis://127.0.0.1:${own.port}${rest}`;
    await expect(openObservedRedis(url(''))).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    await expect(openObservedRedis(url('?key=list'))).rejects.toMatchObject({ message: expect.stringContaining('is no counter') });
    await expect(openObservedRedis(`redis://x:y@127.0.0.1:${own.port}?key=a`)).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNREACHABLE' });
  });
});
