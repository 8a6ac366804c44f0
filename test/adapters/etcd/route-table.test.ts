/** What the route table in etcd makes of an etcd that is out of reach, dead, frozen, compacted, emptied, or asks for a password. */
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EtcdRouteTable, type EtcdRouteTableOptions, openEtcdRouteTable } from '../../../adapters/etcd/route-table.ts';
import { pause, until } from '../../conformance/harness.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { startLine } from '../../engines/line.ts';
import { hasOpenssl, newCertificate } from '../bullmq/certificate.ts';
import { anyFreePort } from '../bullmq/own-redis.ts';
import { type OwnEtcd, ownEtcd } from './own-etcd.ts';

const etcd = engineOrSkip('etcd');

async function opened(options: EtcdRouteTableOptions): Promise<EtcdRouteTable> {
  const routes = await openEtcdRouteTable(options);
  onTestFinished(() => routes.close());
  return routes;
}

function refusal(options: EtcdRouteTableOptions): Promise<unknown> {
  return openEtcdRouteTable(options).catch((error: unknown) => error);
}

function unreachable(change: string): object {
  return { code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringContaining(change) };
}

/** Turns on passwords, with a user `routes` who may read and write the keys of the table. */
async function askForPasswords(own: OwnEtcd): Promise<void> {
  const key = Buffer.from('seqcast/routes/').toString('base64');
  const range_end = Buffer.from('seqcast/routes0').toString('base64');
  await own.ask('/v3/auth/user/add', { name: 'root', password: 'root' });
  await own.ask('/v3/auth/user/grant', { user: 'root', role: 'root' });
  await own.ask('/v3/auth/role/add', { name: 'routes' });
  await own.ask('/v3/auth/role/grant', { name: 'routes', perm: { permType: 'READWRITE', key, range_end } });
  await own.ask('/v3/auth/user/add', { name: 'routes', password: 'secret' });
  await own.ask('/v3/auth/user/grant', { user: 'routes', role: 'routes' });
  await own.ask('/v3/auth/enable', {});
}

describe.skipIf(!etcd.available)('opening a route table in etcd', () => {
  test('says what to change where it cannot reach etcd', async () => {
    expect(await refusal({ url: `http://127.0.0.1:${await anyFreePort()}` })).toMatchObject(unreachable('start etcd'));
    expect(await refusal({ url: 'http://no-such-host.invalid:2379' })).toMatchObject(unreachable('correct the host'));
    expect(await refusal({ url: '127.0.0.1:2379' })).toMatchObject(unreachable('correct the URL'));
    const caFile = 'no-such-file.pem';
    expect(await refusal({ url: 'https://127.0.0.1', caFile })).toMatchObject(unreachable('correct caFile'));
    const own = await ownEtcd();
    expect(await refusal({ url: own.url.replace('http:', 'https:') })).toMatchObject(unreachable('http:// where'));
  });

  test('refuses what is not etcd', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(await refusal({ url: `http://127.0.0.1:${port}` })).toMatchObject({
      code: 'SEQ_ENGINE_UNUSABLE',
      message: expect.stringContaining('not etcd'),
    });
  });

  test('needs the password where there is one, and no more rights than those over its own keys', async () => {
    const own = await ownEtcd();
    await askForPasswords(own);
    const { url } = own;
    expect(await refusal({ url })).toMatchObject(unreachable('set user and password'));
    expect(await refusal({ url, user: 'routes', password: 'wrong' })).toMatchObject(unreachable('check user and password'));
    expect(await refusal({ url, user: 'routes', password: 'secret', prefix: 'others/' })).toMatchObject(unreachable('grant it a role'));
    const routes = await opened({ url, user: 'routes', password: 'secret' });
    const told: string[] = [];
    routes.watch('clients/', (key) => told.push(key));
    await routes.put('clients/a', 'x');
    await until(() => told.length === 1);
    // A restart forgets who was logged in.
    await own.restart();
    await until(() => routes.health().up);
    while ((await routes.put('clients/b', 'x').catch(() => undefined)) === undefined) await pause(20);
    await until(() => told.includes('clients/b'));
  }, 20_000);

  test('warns about a user that nobody asks for', async () => {
    const lines: string[] = [];
    await opened({ url: etcd.url, user: 'somebody', password: 'x', onLog: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining('somebody is not used')]);
  });

  test.runIf(hasOpenssl)('speaks TLS to a server whose certificate caFile vouches for', async () => {
    const tls = newCertificate();
    const own = await ownEtcd({ tls });
    expect(await refusal({ url: own.url })).toMatchObject(unreachable('caFile'));
    expect(await refusal({ url: own.url.replace('https:', 'http:') })).toMatchObject(unreachable('https:// where'));
    const routes = await opened({ url: own.url, caFile: tls.certFile });
    const told: string[] = [];
    routes.watch('', (key) => told.push(key));
    expect(await routes.put('k', 'v', 0)).toMatchObject({ key: 'k', value: 'v' });
    await until(() => told.length === 1);
  });
});

describe.skipIf(!etcd.available)('a watcher that was cut off', () => {
  test('goes on where it stopped, and hears every change in order', async () => {
    const own = await ownEtcd();
    const line = await startLine(own.port);
    const near = await opened({ url: own.url });
    const far = await opened({ url: `http://127.0.0.1:${line.port}` });
    const told: string[] = [];
    far.watch('clients/', (key, value) => told.push(`${key}=${value}`));
    await near.put('clients/a', '1');
    await until(() => told.length === 1);
    line.cut();
    for (const value of ['2', '3']) await near.put('clients/a', value);
    await near.delete('clients/a');
    await near.put('pools/a', 'elsewhere');
    await expect(far.get('clients/a')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', retriable: true });
    expect(far.health().up).toBe(false);
    line.mend();
    await until(() => far.health().up && told.length === 4);
    expect(told).toEqual(['clients/a=1', 'clients/a=2', 'clients/a=3', 'clients/a=undefined']);
  });

  test('hears the net change where the history was compacted meanwhile', async () => {
    const own = await ownEtcd();
    const line = await startLine(own.port);
    const near = await opened({ url: own.url });
    const far = await opened({ url: `http://127.0.0.1:${line.port}` });
    for (const key of ['kept', 'changed', 'deleted']) await near.put(`clients/${key}`, 'before');
    expect(await far.list('clients/')).toHaveLength(3);
    const told: string[] = [];
    far.watch('clients/', (key, value) => told.push(`${key.slice(8)}=${value}`));
    await near.put('clients/seen', '1');
    await until(() => told.length === 1);

    line.cut();
    for (const value of ['1', '2', '3']) await near.put('clients/changed', value);
    await near.delete('clients/deleted');
    await near.put('clients/passing', 'x');
    await near.delete('clients/passing');
    const last = await near.put('clients/new', 'new');
    await own.ask('/v3/kv/compaction', { revision: `${last?.version}` });
    line.mend();
    await until(() => told.length === 4);
    expect(told.sort()).toEqual(['changed=3', 'deleted=undefined', 'new=new', 'seen=1']);
    await near.put('clients/changed', '4');
    await until(() => told.length === 5);
    expect(told.at(-1)).toBe('changed=4');
  });
});

describe.skipIf(!etcd.available)('an etcd that dies', () => {
  test('is told as away at once, and its watchers go on when it is back', async () => {
    const own = await ownEtcd();
    const lines: string[] = [];
    const routes = await opened({ url: own.url, onLog: (message, level) => lines.push(`${level} ${message}`) });
    const told: string[] = [];
    routes.watch('', (key, value) => told.push(`${key}=${value}`));
    await routes.put('k', '1');
    await own.kill();
    const asked = Date.now();
    await expect(routes.put('k', '2')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', retriable: true });
    expect(Date.now() - asked).toBeLessThan(2_000);
    expect(routes.health()).toMatchObject({ up: false, problem: expect.stringContaining('does not answer') });
    await own.restart();
    await until(() => routes.health().up);
    await routes.put('k', '3');
    await until(() => told.length >= 2);
    expect(told).toEqual(['k=1', 'k=3']);
    expect(lines).toEqual([expect.stringMatching(/^warn .* is away: /), expect.stringMatching(/^info .* is back after /)]);
  }, 20_000);

  test('restored with an older history, what it lost is told, and changes are heard again', async () => {
    const own = await ownEtcd();
    const routes = await opened({ url: own.url });
    for (let step = 0; step < 20; step++) await routes.put('lost', `${step}`);
    expect(await routes.list('')).toHaveLength(1);
    const told: string[] = [];
    routes.watch('', (key, value) => told.push(`${key}=${value}`));
    await routes.put('seen', '1');
    await until(() => told.length === 1);
    await own.restart({ empty: true });
    await until(() => told.length === 3);
    expect(told.slice(1).sort()).toEqual(['lost=undefined', 'seen=undefined']);
    while ((await routes.put('k', 'after').catch(() => undefined)) === undefined) await pause(20);
    await until(() => told.includes('k=after'));
  }, 20_000);

  test('frozen, it is told as away after the time-out', async () => {
    const own = await ownEtcd();
    const routes = await opened({ url: own.url });
    await own.freeze();
    await expect(routes.get('a')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    expect(routes.health().up).toBe(false);
    own.thaw();
    await until(() => routes.health().up);
    expect(await routes.get('a')).toBeUndefined();
  }, 30_000);
});

test.skipIf(!etcd.available)(
  'an entry with a lease vanishes unless it is renewed, and its watchers are told',
  async () => {
    const own = await ownEtcd();
    const routes = await opened({ url: own.url });
    const told: string[] = [];
    routes.watch('members/', (key, value) => told.push(`${key}=${value}`));
    const first = await routes.putWithLease('members/a', '1', 1_500);
    const renewed = await routes.putWithLease('members/a', '2', 1_500);
    expect(renewed.version).toBeGreaterThan(first.version);
    await routes.putWithLease('members/b', 'kept by a put without a lease', 1_500);
    await routes.put('members/b', 'for ever');
    await until(() => told.includes('members/a=undefined'));
    expect(told).toEqual([
      'members/a=1',
      'members/a=2',
      'members/b=kept by a put without a lease',
      'members/b=for ever',
      'members/a=undefined',
    ]);
    expect(await routes.get('members/b')).toMatchObject({ value: 'for ever' });
  },
  20_000,
);

test.skipIf(!etcd.available)('keys and values are bounded, and after close every call is refused', async () => {
  const routes = await openEtcdRouteTable({ url: etcd.url, prefix: 'test-bounds/' });
  await expect(routes.put('x'.repeat(513), '')).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  await expect(routes.put('k', 'x'.repeat(65_537))).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  await routes.close();
  await expect(routes.get('k')).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
  await routes.close();
});
