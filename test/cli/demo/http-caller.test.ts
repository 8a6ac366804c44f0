import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpCaller, httpCaller } from '../../../cli/demo/http-caller.ts';

const REQUEST = { sequence: 'nasa demo', count: 3, clientType: 'x1', service: 'nasa' };

describe('a caller over HTTP', () => {
  let server: Server | undefined;
  let caller: HttpCaller | undefined;

  afterEach(() => {
    caller?.close();
    server?.close();
  });

  async function callerOf(listener: RequestListener, stallsTotal: () => number = () => 0): Promise<HttpCaller> {
    server = createServer(listener);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    caller = httpCaller(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, stallsTotal);
    return caller;
  }

  test('asks as an application would and reads values beyond 2^53 exactly', async () => {
    const seen: unknown[] = [];
    const ask = await callerOf((request, response) => {
      seen.push(request.method, request.url, text(request));
      response.end('{"blocks":[{"start":"9007199254740993","count":3,"increment":"2"}]}');
    });
    const answer = await ask.next(REQUEST);
    const [method, url, body] = await Promise.all(seen);
    expect([method, url]).toEqual(['POST', '/v1/sequences/nasa%20demo/next']);
    expect(JSON.parse(String(body))).toEqual({ count: 3, clientType: 'x1', service: 'nasa', as: 'blocks' });
    expect(answer).toEqual({ blocks: [{ start: 9_007_199_254_740_993n, count: 3, increment: 2n }], stalled: false });
  });

  test('knows from the stream counter that the call stalled', async () => {
    let stalls = 4;
    const ask = await callerOf(
      (_, response) => {
        stalls += 1;
        response.end('{"blocks":[]}');
      },
      () => stalls,
    );
    expect(await ask.next(REQUEST)).toMatchObject({ stalled: true });
  });

  test("passes the server's own code on", async () => {
    const ask = await callerOf((_, response) => {
      response.writeHead(503).end('{"code":"SEQ_WAIT_TIMEOUT","detail":"no allocation arrived in time"}');
    });
    await expect(ask.next(REQUEST)).rejects.toMatchObject({
      code: 'SEQ_WAIT_TIMEOUT',
      message: 'no allocation arrived in time',
      retriable: true,
    });
  });

  test('says that nobody answers when the connection breaks', async () => {
    const ask = await callerOf((request) => request.socket.destroy());
    await expect(ask.next(REQUEST)).rejects.toMatchObject({ code: 'SEQ_UNREACHABLE' });
  });

  test('does not take any other server for seqcast', async () => {
    const ask = await callerOf((_, response) => response.end('hello'));
    await expect(ask.next(REQUEST)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  });
});
