/** What callers of the stock see while its Redis is away, frozen or heard badly: an error they may retry, soon, and no value twice. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedisStock, type RedisStock } from '../../../adapters/redis/stock.ts';
import { pause, until } from '../../conformance/harness.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { startLine } from '../../engines/line.ts';
import { ownRedis } from '../bullmq/own-redis.ts';
import { eventually, Issuance, outcomeOf, STREAM } from './stock-life.ts';

const redis = engineOrSkip('redis');
const COMMAND_TIMEOUT_MS = 400;

interface Opened {
  readonly stock: RedisStock;
  readonly log: string[];
}

async function opened(url: string): Promise<Opened> {
  const log: string[] = [];
  const onLog = (message: string, level: string): void => void log.push(`${level} ${message}`);
  const stock = await openRedisStock({ url, commandTimeoutMs: COMMAND_TIMEOUT_MS, onLog });
  onTestFinished(() => stock.close());
  return { stock, log };
}

function timed<T>(promise: Promise<T>): Promise<number> {
  const startMs = performance.now();
  return promise.then(
    () => performance.now() - startMs,
    () => performance.now() - startMs,
  );
}

describe.skipIf(!redis.available)('while the Redis of a stock is (needs Redis)', { timeout: 30_000 }, () => {
  test('killed: calls fail at once and can be retried, and its next life is found by itself', async () => {
    const own = await ownRedis();
    const { stock, log } = await opened(own.url);
    const issuance = new Issuance();
    const life = await stock.hello();
    await issuance.load(stock, life, 100_000);
    const inFlight = Array.from({ length: 500 }, () => outcomeOf(stock.take(STREAM, 1, false).then(({ outcome }) => outcome)));
    await own.kill();
    expect(['taken', 'SEQ_ENGINE_AWAY']).toEqual(expect.arrayContaining([...new Set(await Promise.all(inFlight))]));
    await until(() => !stock.health().up);
    await expect(stock.take(STREAM, 1, false)).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', retriable: true });
    await expect(stock.poll({ holder: 'filler', holdMs: 1, orderLeaseMs: 0, incarnation: '' })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_AWAY',
    });
    expect(await timed(stock.take(STREAM, 1, false))).toBeLessThan(COMMAND_TIMEOUT_MS);
    await own.restart();
    const now = (await eventually(() => stock.poll({ holder: 'filler', holdMs: 1, orderLeaseMs: 0, incarnation: '' }))).incarnation;
    expect(now).not.toBe(life);
    expect(await issuance.load(stock, now, 10)).toBe('loaded');
    expect(await eventually(() => stock.take(STREAM, 1, false))).toMatchObject({ outcome: 'taken', blocks: [{ start: 100_000 }] });
    await until(() => stock.health().up);
    expect(log).toEqual([expect.stringMatching(/^warn .* is away: /), expect.stringMatching(/^info .* is back after /)]);
  });

  test('frozen: calls end after their time-out, and what it did meanwhile is not given out again', async () => {
    const own = await ownRedis();
    const { stock } = await opened(own.url);
    const issuance = new Issuance();
    const life = await stock.hello();
    await issuance.load(stock, life, 100);
    await own.freeze();
    const waited = await Promise.all(Array.from({ length: 20 }, () => timed(stock.take(STREAM, 1, false))));
    // Those that were not written yet when the first ones timed out have their own time.
    expect(Math.max(...waited)).toBeLessThan(3 * COMMAND_TIMEOUT_MS);
    expect(await outcomeOf(stock.hello())).toBe('SEQ_ENGINE_AWAY');
    await own.thaw();
    expect(await eventually(() => stock.hello())).toBe(life);
    await eventually(() => stock.take(STREAM, 1, false));
    const [cursor] = await stock.cursors(STREAM);
    await issuance.take(stock, 10);
    expect((await stock.cursors(STREAM))[0]?.cursor).toBe((cursor?.cursor ?? 0) + 10);
  });

  test('heard no more: what was sent is not sent again by itself', async () => {
    const own = await ownRedis();
    const line = await startLine(own.port);
    const { stock: near } = await opened(own.url);
    const { stock: far } = await opened(`redis://127.0.0.1:${line.port}`);
    const life = await near.hello();
    const issuance = new Issuance();
    await issuance.load(near, life, 100);
    line.mute();
    expect(await outcomeOf(far.take(STREAM, 7, false).then(({ outcome }) => outcome))).toBe('SEQ_ENGINE_AWAY');
    expect(await issuance.load(far, life, 50)).toBe('SEQ_ENGINE_AWAY');
    const unheard = { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, ordered: false, shard: 9, start: 900, end: 950 };
    expect(await outcomeOf(far.load(life, unheard))).toBe('SEQ_ENGINE_AWAY');
    line.mend();
    expect(await eventually(() => far.hello())).toBe(life);
    await pause(200);
    expect((await near.cursors(STREAM)).map(({ shard, cursor }) => [shard, cursor])).toEqual([
      [1, 7],
      [2, 100],
      [9, 900],
    ]);
    // The filler that heard nothing asks again: it is there.
    expect(await far.load(life, unheard)).toBe('held');
    expect(await far.revoke(life, 0, 9)).toMatchObject({ outcome: 'revoked', slices: [{ start: 900, end: 950 }] });
  });

  test('slow: more calls than it can hold are refused at once', async () => {
    const own = await ownRedis();
    const { stock } = await opened(own.url);
    await own.freeze();
    const waiting = Array.from({ length: 10_000 }, () => outcomeOf(stock.take(STREAM, 1, false).then(({ outcome }) => outcome)));
    expect(await timed(stock.take(STREAM, 1, false))).toBeLessThan(COMMAND_TIMEOUT_MS / 2);
    await own.thaw();
    await Promise.all(waiting);
    expect(await eventually(() => stock.take(STREAM, 1, false))).toMatchObject({ outcome: 'empty' });
  });
});

describe.skipIf(!redis.available)('two processes before one stock (needs Redis)', () => {
  test('a life that somebody else has ended already is not ended again', async () => {
    const own = await ownRedis();
    const [{ stock: one }, { stock: other }] = [await opened(own.url), await opened(own.url)];
    const lost = await one.hello();
    await other.hello();
    const now = await one.remint();
    await one.load(now, { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard: 1, start: 0, end: 10, ordered: false });
    expect(now).not.toBe(lost);
    expect(await other.remint()).toBe(now);
    expect(await one.take(STREAM, 10, false)).toMatchObject({ outcome: 'taken' });
  });

  test('after close every call is refused', async () => {
    const { stock } = await opened((await ownRedis()).url);
    await stock.close();
    await expect(stock.hello()).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(stock.take(STREAM, 1, false)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await stock.close();
  });
});
