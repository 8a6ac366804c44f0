/** The outer wall: who may listen, and what a caller who means harm can send before anybody asks who it is. */
import { readFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../../../workers/gateway/gateway.ts';
import { listen } from '../../../../workers/gateway/listening.ts';
import { Doorkeeper } from '../../../../workers/gateway/security/doorkeeper.ts';
import { RequestRate } from '../../../../workers/gateway/security/request-rate.ts';
import { bindProblem } from '../../../../workers/gateway/security/security.ts';
import { readTls, tlsFilesOf, watchTls } from '../../../../workers/gateway/security/tls-files.ts';
import { hasOpenssl, newCertificate } from '../../../adapters/bullmq/certificate.ts';
import { FakeService } from '../fake-service.ts';
import { ADMIN_KEY, guarded } from './guarded.ts';

const open: Gateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function plain(options: Partial<Parameters<typeof createGateway>[0]> = {}): Gateway {
  const gateway = createGateway({ service: new FakeService(), logger: { error: () => undefined }, ...options });
  open.push(gateway);
  return gateway;
}

/** What the server says to these bytes until it closes the connection, and after how long. */
async function told(port: number, bytes: string): Promise<{ readonly text: string; readonly afterMs: number }> {
  const startMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return { text, afterMs: performance.now() - startMs };
}

describe('listening', () => {
  const settings = { host: '127.0.0.1', insecure: false, requireKeys: false, adminKey: undefined };

  it.each(['127.0.0.1', '127.0.0.9', 'localhost', '::1'])('on %s needs no key', (host) => {
    expect(bindProblem({ ...settings, host }, 0)).toBeUndefined();
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.0.0.1.example.org', '::ffff:127.0.0.1'])(
    'on %s is refused without one',
    (host) => {
      expect(bindProblem({ ...settings, host }, 0)).toMatch(/keys create.*SEQCAST_ADMIN_KEY.*--insecure/);
      expect(bindProblem({ ...settings, host }, 1)).toBeUndefined();
      expect(bindProblem({ ...settings, host, adminKey: ADMIN_KEY }, 0)).toBeUndefined();
      expect(bindProblem({ ...settings, host, insecure: true }, 0)).toBeUndefined();
    },
  );

  it('is refused before the port is open', async () => {
    await expect(guarded({ host: '0.0.0.0', requireKeys: false, adminKey: undefined })).rejects.toMatchObject({
      code: 'SEQ_CONFIG_INVALID',
    });
  });
});

describe('a browser on this machine', () => {
  const keeper = new Doorkeeper({
    door: 'loopback',
    book: { principalOf: () => undefined, recognised: () => undefined },
    adminKey: undefined,
  });
  const asks = (method: string, headers: Record<string, string>) =>
    keeper.identify({ raw: { method, headers } } as unknown as Parameters<Doorkeeper['identify']>[0]).name;

  it('may use the dashboard of this server', () => {
    expect(asks('POST', { host: '127.0.0.1:7070', origin: 'http://127.0.0.1:7070' })).toBe('loopback');
    expect(asks('GET', { host: '[::1]:7070' })).toBe('loopback');
    expect(asks('POST', { host: 'localhost' })).toBe('loopback');
  });

  it.each([
    ['a page of another site', { host: '127.0.0.1:7070', origin: 'https://evil.example' }],
    ['a page of another port', { host: '127.0.0.1:7070', origin: 'http://127.0.0.1:8080' }],
    ['a page without an origin of its own', { host: '127.0.0.1:7070', origin: 'null' }],
    ['a name that was pointed here', { host: 'evil.example:7070', origin: 'http://evil.example:7070' }],
    ['a name that only looks like ours', { host: 'localhost.evil.example' }],
  ])('does nothing for %s', (_, headers) => {
    expect(() => asks('POST', headers)).toThrow(expect.objectContaining({ code: 'SEQ_FORBIDDEN' }));
  });
});

describe('bytes that mean harm', () => {
  let door: Awaited<ReturnType<typeof guarded>>;
  let port: number;
  beforeAll(async () => {
    door = await guarded();
    ({ port } = await listen(door.gateway, { host: '127.0.0.1', port: 0 }));
    await door.service.create('acme.orders', {});
    return () => door.close();
  });

  it('split no header', async () => {
    const { text } = await told(
      port,
      `GET /v1/sequences HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\rSet-Cookie: b=c\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    const injected = await door.ask(ADMIN_KEY, 'POST', '/v1/sequences', { name: 'acme.x\r\nset-cookie: a=b' });
    expect(injected.statusCode).toBe(400);
    expect(injected.headers['set-cookie']).toBeUndefined();
  });

  it('cannot say two lengths, or a length and chunks', async () => {
    const head = 'POST /v1/sequences/acme.orders/next HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    for (const lengths of ['Content-Length: 2\r\nContent-Length: 3', 'Content-Length: 2\r\nTransfer-Encoding: chunked']) {
      expect((await told(port, `${head}${lengths}\r\nConnection: close\r\n\r\n{}`)).text).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  it('are not read beyond the limits of headers, paths and bodies', async () => {
    const large = 'a'.repeat(20_000);
    expect((await told(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${large}\r\n\r\n`)).text).toMatch(/^HTTP\/1\.1 431 /);
    expect((await told(port, `GET /${large} HTTP/1.1\r\nHost: x\r\n\r\n`)).text).toMatch(/^HTTP\/1\.1 431 /);
    expect((await door.ask(ADMIN_KEY, 'POST', '/v1/sequences', `"${large}"`)).json()).toMatchObject({
      status: 413,
      code: 'SEQ_BODY_TOO_LARGE',
    });
  });

  it.each([
    '{"__proto__":{"count":5}}',
    '{"\\u005f_proto__":{"count":5}}',
    '{"constructor":{"prototype":{"count":5}}}',
    '{"name":"acme.p","__proto__":{"max":1}}',
    '{"toString":1}',
  ])('pollute no prototype: %s', async (body) => {
    for (const url of ['/v1/sequences/acme.orders/next', '/v1/sequences', '/v1/keys']) {
      expect((await door.ask(ADMIN_KEY, 'POST', url, body)).json()).toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    }
    expect(({} as { count?: number }).count).toBeUndefined();
  });

  it.each([
    'acme.orders%2F..%2Fbeta.orders',
    '..%2Fbeta.orders',
    '%2e%2e/beta.orders',
    'acme.orders/../beta.orders',
    'beta.orders%00',
    'beta%2eorders',
    'BETA.orders',
  ])('reach no sequence of another tenant by the path %s', async (path) => {
    await door.service.create('beta.orders', {});
    const token = await door.key(`acme-${Buffer.from(path).toString('hex').slice(0, 40)}`, ['next:acme.*']);
    const { text } = await told(
      port,
      `POST /v1/sequences/${path}/next HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 (400|404) /);
  });

  it('that drip in are cut off', async () => {
    // The limits of a real server, made short: the code that enforces them is the same.
    const gateway = plain();
    gateway.server.headersTimeout = 300;
    gateway.server.requestTimeout = 600;
    const { port: own } = await listen(gateway, { host: '127.0.0.1', port: 0 });
    const slowHead = await told(own, 'GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ');
    expect(slowHead.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(slowHead.afterMs).toBeLessThan(4_000);
    const slowBody = await told(
      own,
      'POST /v1/sequences HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
    );
    expect(slowBody.text).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('limits', () => {
  it('close connections beyond the maximum', async () => {
    const { port } = await listen(plain({ connectionsMax: 2 }), { host: '127.0.0.1', port: 0 });
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await told(port, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')).text).toBe('');
    for (const socket of held) socket.destroy();
  });

  it('let a key send so many requests a second, and count unproved keys by address', async () => {
    const door = await guarded({ requestsPerSecond: 5 });
    onTestFinished(() => door.close());
    const ask = (token: string) => door.ask(token, 'GET', '/v1/sequences');
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => ask(ADMIN_KEY)))).map(({ statusCode }) => statusCode);
    expect(statuses.filter((each) => each === 429).length).toBeGreaterThanOrEqual(2);
    const refused = await ask(`sqk_0123456789ab_${'b'.repeat(43)}`);
    expect(refused.json()).toMatchObject({ code: 'SEQ_RATE_LIMITED', retriable: true });
    expect(Number(refused.headers['retry-after'])).toBe(1);
  });

  it('refill with time', () => {
    let nowMs = 0;
    const rate = new RequestRate({ perSecond: 2, nowMs: () => nowMs });
    expect([rate.take('a'), rate.take('a')]).toEqual([undefined, undefined]);
    expect(rate.take('a')).toBe(0.5);
    expect(rate.take('b')).toBeUndefined();
    nowMs += 500;
    expect(rate.take('a')).toBeUndefined();
  });
});

describe.skipIf(!hasOpenssl)('TLS (needs openssl)', () => {
  const read = (port: number, ca: Buffer, more: object = {}) =>
    new Promise<{ readonly hsts: unknown; readonly serial: string }>((resolve, reject) => {
      const asked = secureRequest({ port, host: 'localhost', path: '/livez', ca, agent: false, ...more }, (response) => {
        response.resume();
        const { serialNumber } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
        response.on('end', () => resolve({ hsts: response.headers['strict-transport-security'], serial: serialNumber }));
      });
      asked.on('error', reject);
      asked.end();
    });

  it('is spoken with the configured certificate, asks for HTTPS from then on, and shows a renewed one', async () => {
    const first = newCertificate();
    const second = newCertificate();
    const files = { cert: first.certFile, key: first.keyFile };
    const gateway = plain({ tls: readTls(files) });
    const { url, port } = await listen(gateway, { host: '127.0.0.1', port: 0 });
    expect(url).toMatch(/^https:/);
    const before = await read(port, readFileSync(first.certFile));
    expect(before.hsts).toBe('max-age=15552000');
    const problems: unknown[] = [];
    const watch = watchTls(
      gateway.server as unknown as Parameters<typeof watchTls>[0],
      { cert: second.certFile, key: second.keyFile },
      (problem) => problems.push(problem),
    );
    watch.reload();
    watch.close();
    const after = await read(port, readFileSync(second.certFile));
    expect(after.serial).not.toBe(before.serial);
    expect(problems).toEqual([undefined]);
  });

  it('lets nobody in without a certificate of the clients’ authority, where one is named', async () => {
    const { certFile, keyFile } = newCertificate();
    const client = newCertificate();
    const gateway = plain({ tls: readTls({ cert: certFile, key: keyFile, clientCa: client.certFile }) });
    const { port } = await listen(gateway, { host: '127.0.0.1', port: 0 });
    const ca = readFileSync(certFile);
    await expect(read(port, ca)).rejects.toThrow();
    expect((await read(port, ca, { cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) })).serial).not.toBe('');
  });

  it('needs both files', () => {
    expect(() => tlsFilesOf({ tlsCert: 'a', tlsKey: undefined, tlsClientCa: undefined })).toThrow(/--tls-key/);
    expect(() => readTls({ cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' })).toThrow(/nowhere/);
  });
});

it('compares secrets in constant time, and nowhere by ===', () => {
  for (const file of ['key-digest', 'doorkeeper']) {
    const text = readFileSync(new URL(`../../../../workers/gateway/security/${file}.ts`, import.meta.url), 'utf8');
    expect(text).toContain('timingSafeEqual(');
    expect(text).not.toMatch(/(digest|secret|adminKey)\w* (===|!==) (?!undefined)/);
  }
});
