/** What callers meet when the server, or what lies between, is in trouble. */
import { describe, expect, test } from 'vitest';
import type { OwnErrorCode } from '../../client/src/client-error.ts';
import { connect, SeqcastClientError } from '../../client/src/index.ts';
import { ERROR_CODES } from '../../core/errors.ts';
import { connected, until } from './connected.ts';

const NOT_READY = { kind: 'refuse', status: 503, code: 'SEQ_NOT_READY', retriable: true } as const;

describe('a retriable refusal', () => {
  test('is tried again until it works', async () => {
    const { orders, server } = await connected();
    server.mishaps.push(NOT_READY, NOT_READY, { kind: 'html', status: 502 });
    expect(await orders.next()).toBe(1001n);
    expect(server.seen.length).toBeGreaterThanOrEqual(4);
  });

  test('is not tried again before the time the server asked for', async () => {
    const { orders, server } = await connected();
    server.mishaps.push({ ...NOT_READY, retryAfter: 1 });
    const startMs = performance.now();
    await orders.next();
    expect(performance.now() - startMs).toBeGreaterThan(950);
  });

  test('reaches the caller when its time is over', async () => {
    const { orders, server } = await connected({}, { timeoutMs: 250 });
    for (let i = 0; i < 1_000; i += 1) server.mishaps.push(NOT_READY);
    await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_NOT_READY', retriable: true, status: 503, whatToDo: 'Nothing.' });
    await expect(orders.takeBlock(5)).rejects.toMatchObject({ code: 'SEQ_NOT_READY' });
    server.mishaps.length = 0;
    expect(await orders.next()).toBe(1001n);
  });

  test('of a prefetch is not met by those who take what is in hand', async () => {
    const { orders, server } = await connected();
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    server.mishaps.push(NOT_READY, NOT_READY);
    expect(await orders.take(7)).toEqual(Array.from({ length: 7 }, (_, i) => 1002n + BigInt(i)));
    await until(() => server.seen.length >= 3);
    expect(await orders.next()).toBe(1009n);
    expect(await orders.next()).toBe(1010n);
  });
});

describe('a refusal for good', () => {
  test('reaches every caller that waits, at once', async () => {
    const { orders, server } = await connected();
    server.mishaps.push({ kind: 'refuse', status: 404, code: 'SEQ_UNKNOWN_SEQUENCE', retriable: false });
    const outcomes = await Promise.allSettled([orders.next(), orders.take(3)]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'SEQ_UNKNOWN_SEQUENCE', retriable: false } });
    expect(server.seen.length).toBe(1);
  });

  test('leaves what is in hand usable', async () => {
    const { orders, server } = await connected();
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    server.mishaps.push({ kind: 'refuse', status: 410, code: 'SEQ_DROPPED', retriable: false });
    await expect(orders.take(100)).rejects.toMatchObject({ code: 'SEQ_DROPPED' });
    expect(await orders.next()).toBe(1002n);
  });
});

describe('a sequence near its end', () => {
  test('gives out its last value before it refuses', async () => {
    const { orders } = await connected({ capacity: 13 });
    for (let i = 0; i < 13; i += 1) expect(await orders.next()).toBe(1001n + BigInt(i));
    await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED', status: 410 });
    expect(orders.figures()).toMatchObject({ fetched: 13, inHand: 0 });
  });

  test('serves small requests behind one that is too large', async () => {
    const { orders } = await connected({ capacity: 6 });
    const outcomes = await Promise.allSettled([orders.take(3), orders.take(50), orders.next(), orders.take(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  test.each(['stream', undefined] as const)('refuses what is too large without asking for ever, order %s', async (order) => {
    const { orders, server } = await connected({ capacity: 4, ...(order === undefined ? {} : { order }) });
    await orders.next();
    await expect(orders.take(4)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    expect(await orders.take(3)).toEqual([1002n, 1003n, 1004n]);
    expect(server.seen.length).toBeLessThan(12);
  });
});

describe('a lost answer', () => {
  test('costs its values, and the caller gets others', async () => {
    const { orders, server } = await connected();
    server.mishaps.push({ kind: 'lose-answer' });
    expect(await orders.next()).toBe(1002n);
    expect(orders.figures().lost).toBe(0);
  });

  test('is told as unreachable when none arrives in time', async () => {
    const { orders, server } = await connected({}, { timeoutMs: 60 });
    server.mishaps.push({ kind: 'wait', until: new Promise(() => {}) });
    await expect(orders.takeBlock(3)).rejects.toMatchObject({
      code: 'SEQ_UNREACHABLE',
      retriable: true,
      message: expect.stringContaining('60 ms'),
    });
    server.mishaps.push({ kind: 'wait', until: new Promise(() => {}) });
    await expect(orders.next()).rejects.toMatchObject({ retriable: true });
  });

  test('on a kept connection that the server had closed is asked for again', async () => {
    const { orders, server } = await connected({}, { timeoutMs: 1_000 });
    await (await orders.takeBlock(1)).close();
    server.dropConnections();
    expect((await orders.takeBlock(1)).nextNumber()).toBe(1002);
  });
});

describe('a caller that gives up', () => {
  test('takes nothing, and those behind it move up', async () => {
    const { orders, server } = await connected();
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    server.mishaps.push({ kind: 'wait', until: new Promise(() => {}) });
    const abort = new AbortController();
    const large = orders.take(50, { signal: abort.signal });
    const small = orders.next();
    abort.abort(new Error('no longer wanted'));
    await expect(large).rejects.toThrow('no longer wanted');
    expect(await small).toBe(1002n);
    expect(orders.figures().waiting).toBe(0);
  });

  test('before it asks is told so', async () => {
    const { orders, server } = await connected();
    await expect(orders.next({ signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    expect(server.seen).toEqual([]);
  });

  test('by timeout moves those behind it up too', async () => {
    const { orders, server } = await connected({}, { timeoutMs: 80 });
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    server.mishaps.push({ kind: 'wait', until: new Promise(() => {}) });
    const large = orders.take(50);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const small = orders.next();
    await expect(large).rejects.toMatchObject({ retriable: true });
    expect(await small).toBe(1002n);
  });
});

describe('the line', () => {
  test('takes 10,000 callers and sends the next one away', async () => {
    const { orders, server } = await connected();
    let release = () => {};
    server.mishaps.push({ kind: 'wait', until: new Promise((resolve) => (release = () => resolve())) });
    const waiting = Array.from({ length: 10_000 }, () => orders.next());
    await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_TOO_MANY_WAITING', retriable: true });
    release();
    expect(new Set(await Promise.all(waiting)).size).toBe(10_000);
  });
});

describe('a count', () => {
  test.each([0, -1, 1.5, 10_001, Number.NaN])('of %s is refused without asking', async (count) => {
    const { orders, server } = await connected();
    await expect(orders.take(count)).rejects.toMatchObject({ code: 'SEQ_INVALID_COUNT' });
    await expect(orders.takeBlock(count)).rejects.toMatchObject({ code: 'SEQ_INVALID_COUNT' });
    expect(server.seen).toEqual([]);
  });
});

describe('connect', () => {
  test('says so when no server answers', async () => {
    const { server } = await connected();
    const { url } = server;
    await server.stop();
    const attempt = connect(url, { timeoutMs: 100, firstPauseMs: 10 });
    await expect(attempt).rejects.toBeInstanceOf(SeqcastClientError);
    await expect(attempt).rejects.toMatchObject({
      code: 'SEQ_UNREACHABLE',
      retriable: true,
      whatToDo: expect.stringContaining('seqcast up'),
    });
  });

  test('refuses what is no address and no time', async () => {
    await expect(connect('orders.example')).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    await expect(connect('ftp://127.0.0.1')).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    await expect(connect('http://127.0.0.1', { timeoutMs: -1 })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  });

  test('says so when something else answers', async () => {
    const { orders, server } = await connected();
    server.mishaps.push({ kind: 'html', status: 404 });
    await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_UNREACHABLE', retriable: false, status: 404 });
  });
});

test('the codes that the client finds out by itself are of the catalogue', () => {
  const own: Record<OwnErrorCode, true> = {
    SEQ_UNREACHABLE: true,
    SEQ_CLOSED: true,
    SEQ_WAIT_TIMEOUT: true,
    SEQ_TOO_MANY_WAITING: true,
    SEQ_INVALID_COUNT: true,
    SEQ_INVALID_REQUEST: true,
    SEQ_UNKNOWN_CLIENT: true,
    SEQ_UNSUPPORTED: true,
  };
  expect(ERROR_CODES).toEqual(expect.arrayContaining(Object.keys(own)));
});
