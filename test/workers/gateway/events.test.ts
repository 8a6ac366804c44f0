/** Server-sent events on a real port: what a browser would read. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../../workers/gateway/gateway.ts';
import { listen } from '../../../workers/gateway/listening.ts';
import { served } from './served.ts';

let gateway: Gateway | undefined;

afterEach(async () => {
  await gateway?.close();
});

async function listening() {
  const made = await served('orders');
  gateway = made.gateway;
  const { url } = await listen(made.gateway, { host: '127.0.0.1', port: 0 });
  return { ...made, url };
}

/** Reads until `text` has come; gives everything that came before it, too. */
async function readUntil(body: ReadableStream<Uint8Array>, text: string): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let read = '';
  while (!read.includes(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    read += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return read;
}

describe('GET /v1/events', () => {
  it('tells what happens as numbered events, and goes on behind the last one that was received', async () => {
    const { url, service } = await listening();
    service.live().look();
    const first = await fetch(`${url}/v1/events`);
    expect(first.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    if (first.body === null) throw new Error('no body');
    const looked = await readUntil(first.body, '\n\nid');
    expect(looked).toContain('id: 1\nevent: streams\ndata: {"kind":"streams","atMs":61000,"streams":[{"stream":"orders/web/checkout"');
    service.ledgerListeners[0]?.onRanges?.(0, 5, { kind: 'SequenceDropped', name: 'orders', previous: 1 }, 'accepted', true);
    await first.body.cancel();
    const second = await fetch(`${url}/v1/events`, { headers: { 'last-event-id': '1' } });
    if (second.body === null) throw new Error('no body');
    expect(await readUntil(second.body, '"dropped"}\n\n')).toContain(
      'event: sequence\ndata: {"kind":"sequence","atMs":61000,"sequence":"orders"',
    );
    await second.body.cancel();
  });

  it('lets its listeners go when the process drains, and takes no new ones', async () => {
    const { url } = await listening();
    const answer = await fetch(`${url}/v1/events`);
    gateway?.drain();
    // Ends, where it would else go on for ever.
    await answer.text();
    expect((await fetch(`${url}/v1/events`)).status).toBe(503);
  });

  it('has room for a crowd, not for everyone', async () => {
    const { url } = await listening();
    const answers = await Promise.all(Array.from({ length: 64 }, () => fetch(`${url}/v1/events`)));
    const refused = await fetch(`${url}/v1/events`);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { code: 'SEQ_NOT_READY', detail: '64 listeners are connected already' },
    ]);
    for (const { body } of answers) await body?.cancel();
    await expect.poll(async () => (await fetch(`${url}/v1/events`)).status).toBe(200);
  });
});

describe('GET /v1/streams/…/past', () => {
  it('gives what is remembered, or says that nothing is', async () => {
    const { get, service } = await served('orders');
    service.live().look();
    expect((await get('/v1/streams/orders/web/checkout/past')).json()).toMatchObject({ stream: 'orders/web/checkout', atMs: [] });
    const unknown = await get('/v1/streams/orders/web/none/past');
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'SEQ_UNKNOWN_STREAM']);
  });
});
