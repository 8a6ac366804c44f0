/** Whatever goes wrong, the answer has one shape. */
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SequenceError } from '../../../core/errors.ts';
import { createGateway, type Gateway } from '../../../workers/gateway/gateway.ts';
import { listen } from '../../../workers/gateway/listening.ts';
import { FakeService } from './fake-service.ts';
import { served } from './served.ts';

const NEXT = '/v1/sequences/orders/next';

describe('a problem', () => {
  it('says what happened, whether to retry and what to do', async () => {
    const { send } = await served();
    const answer = await send('POST', NEXT, {});
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toEqual({
      type: 'urn:seqcast:error:SEQ_UNKNOWN_SEQUENCE',
      title: 'No sequence of that name exists',
      status: 404,
      detail: 'no sequence is called orders',
      code: 'SEQ_UNKNOWN_SEQUENCE',
      retriable: false,
      whatToDo: 'Create it first, or check the name with `seqcast list`.',
    });
  });

  it.each([
    ['SEQ_TOO_MANY_WAITING', 429],
    ['SEQ_WAIT_TIMEOUT', 503],
  ] as const)('asks to come back later: %s', async (code, status) => {
    const { service, send } = await served('orders');
    service.fault = new SequenceError(code, 'not now', { waiting: 10n });
    const answer = await send('POST', NEXT, {});
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().retriable]).toEqual([status, '1', true]);
    expect(answer.json().details).toEqual({ waiting: '10' });
  });

  it('tells nothing of an unforeseen error but to the log', async () => {
    const { service, send, logged } = await served('orders');
    service.fault = new TypeError('a secret');
    const answer = await send('POST', NEXT, {});
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(logged).toEqual([{ err: service.fault }]);
  });

  it.each([
    ['not JSON', '{"count":', 'application/json', 'SEQ_INVALID_REQUEST', 400],
    ['an empty body', '', 'application/json', 'SEQ_INVALID_REQUEST', 400],
    ['a poisoned body', '{"__proto__":{}}', 'application/json', 'SEQ_INVALID_REQUEST', 400],
    ['a form', 'count=3', 'application/x-www-form-urlencoded', 'SEQ_INVALID_REQUEST', 400],
    ['no content type', 'count=3', '', 'SEQ_INVALID_REQUEST', 400],
    ['too large a body', JSON.stringify({ service: 'x'.repeat(16 * 1024) }), 'application/json', 'SEQ_BODY_TOO_LARGE', 413],
  ])('answers %s', async (_, payload, type, code, status) => {
    const { gateway } = await served('orders');
    const answer = await gateway.inject({ method: 'POST', url: NEXT, payload, headers: type === '' ? {} : { 'content-type': type } });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it.each([
    ['GET', '/v1/nothing'],
    ['PUT', '/v1/sequences'],
    ['GET', NEXT],
    ['GET', '/v1/sequences/%zz'],
    ['GET', `/v1/sequences/${'n'.repeat(600)}`],
  ] as const)('answers %s %s, which does not exist', async (method, url) => {
    const { gateway } = await served('orders');
    const answer = await gateway.inject({ method, url });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'SEQ_UNKNOWN_ROUTE']);
  });
});

describe('a connection', () => {
  let gateway: Gateway | undefined;
  afterEach(async () => {
    await gateway?.close();
  });

  async function exchange(bytes: string): Promise<string> {
    gateway = createGateway({ service: new FakeService(), logger: { error: () => undefined } });
    const { port } = await listen(gateway, { host: '127.0.0.1', port: 0 });
    return await new Promise((resolve, reject) => {
      let text = '';
      const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  }

  it('that does not speak HTTP is told so', async () => {
    const answer = await exchange('HELLO seqcast\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"SEQ_INVALID_REQUEST"');
  });

  it('with endless headers is told so', async () => {
    const answer = await exchange(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
  });
});
