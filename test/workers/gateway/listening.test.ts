/** Opening the port, and what is said when that cannot be. */
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../../workers/gateway/gateway.ts';
import { listen } from '../../../workers/gateway/listening.ts';
import { FakeService } from './fake-service.ts';

const open: Gateway[] = [];

function gateway(): Gateway {
  const made = createGateway({ service: new FakeService(), logger: { error: () => undefined } });
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe('listen', () => {
  it('takes a free port and says where', async () => {
    const { port, url } = await listen(gateway(), { host: '127.0.0.1', port: 0 });
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ live: true });
  });

  it('names an address that a caller can use', async () => {
    expect((await listen(gateway(), { host: '0.0.0.0', port: 0 })).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('says that a port is taken', async () => {
    const { port } = await listen(gateway(), { host: '127.0.0.1', port: 0 });
    await expect(listen(gateway(), { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'SEQ_PORT_IN_USE', details: { port } });
  });

  it('says that an address is not of this machine', async () => {
    await expect(listen(gateway(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
  });
});
