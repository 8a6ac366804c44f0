/** If-Match: a change that was meant for another version of a sequence is not made. */
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../../workers/gateway/gateway.ts';
import { opened } from '../embedded/scratch-directory.ts';

async function gatewayOf() {
  const service = await opened();
  const gateway = createGateway({ service, logger: { error: (details) => expect.fail(JSON.stringify(details)) } });
  await service.create('orders', {});
  const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, etag?: string, payload?: object) =>
    gateway.inject({
      method,
      url: `/v1/sequences/orders${url}`,
      headers: etag === undefined ? {} : { 'if-match': etag },
      ...(payload && { payload }),
    });
  const tag = async (): Promise<string> => String((await ask('GET', '')).headers.etag);
  return { service, ask, tag };
}

describe('the ETag of a sequence', () => {
  it('stays while values are taken and is another after every change', async () => {
    const { service, ask, tag } = await gatewayOf();
    const first = await tag();
    await service.next({ sequence: 'orders', count: 5 });
    expect(await tag()).toBe(first);
    const altered = await ask('PATCH', '', first, { max: 50_000 });
    expect(altered.statusCode).toBe(200);
    expect(altered.headers.etag).toBe(await tag());
    expect(altered.headers.etag).not.toBe(first);
  });

  it('that is out of date is refused by alter, restart and drop, also on trial, and nothing changes', async () => {
    const { ask, tag } = await gatewayOf();
    const stale = await tag();
    const { etag } = (await ask('PATCH', '', undefined, { max: 500 })).headers;
    for (const refused of [
      await ask('PATCH', '', stale, { max: 9 }),
      await ask('PATCH', '?dryRun=true', stale, { max: 9 }),
      await ask('POST', '/restart', stale, {}),
      await ask('DELETE', '', stale),
      await ask('DELETE', '', `W/${etag}`),
    ])
      expect(refused.json()).toMatchObject({ status: 412, code: 'SEQ_PRECONDITION_FAILED', retriable: false, details: { etag } });
    expect(await tag()).toBe(etag);
    expect((await ask('DELETE', '', 'g0')).json().code).toBe('SEQ_INVALID_REQUEST');
    expect((await ask('POST', '/restart', '*', {})).statusCode).toBe(200);
    expect((await ask('DELETE', '', `"x", ${await tag()}`)).statusCode).toBe(204);
  });

  it('lets one of two win that change the same version at the same time', async () => {
    const { ask, tag } = await gatewayOf();
    const etag = await tag();
    const answers = await Promise.all([7, 8, 9].map((max) => ask('PATCH', '', etag, { max: max * 100 })));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409]);
  });
});
