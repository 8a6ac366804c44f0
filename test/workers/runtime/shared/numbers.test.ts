/** Numbers without a gap in several processes: one runs the transaction pool, others stand by, and gateways ask whoever it is. */
import { beforeEach, describe, expect, it } from 'vitest';
import { METRICS, type MetricName } from '../../../../workers/runtime/observability/metric-catalogue.ts';
import { RemoteNumbers } from '../../../../workers/runtime/reservations/remote-numbers.ts';
import type { NextAnswer } from '../../../../workers/runtime/service/service.ts';
import { type Installation, installed, type Process, until } from './processes.ts';

let installation: Installation;

beforeEach(async () => {
  installation = await installed();
});

/** The process that runs the transaction pool now, by the address that it says it is reached at. */
function ownerAmong({ parts }: Process): string | undefined {
  const members = parts.members.list();
  const pool = members.find(({ member, state }) => member === 'transaction-0' && state === 'living');
  const owner = members.find(({ role, endpoint }) => role === 'filler' && endpoint === pool?.endpoint);
  return owner?.member.replace('/transaction-0', '');
}

async function smallest() {
  await installation.allocator('allocator-a');
  await installation.numbers('filler-a');
  await installation.numbers('filler-b');
  const gateways = [await installation.gateway('gateway-a'), await installation.gateway('gateway-b')] as const;
  await until(() => gateways.every((each) => ownerAmong(each) !== undefined));
  return gateways;
}

type Gateway = Awaited<ReturnType<typeof smallest>>[0];

async function reserved({ service }: Gateway, key: string, count = 1) {
  return await service.reservations().reserve({ sequence: 'invoices', key, count, ttlMs: 60_000, owner: 'test' });
}

describe('the transaction pool of several processes', () => {
  it('goes on with one who stands by when its owner is frozen, without a gap and without a double', async () => {
    const [a, b] = await smallest();
    await a.service.create('invoices', { guarantee: 'gapless' });
    const first = await reserved(a, 'one', 3);
    expect(first.values).toEqual([1n, 2n, 3n]);
    await a.service.reservations().confirm({ id: first.id, by: 'a' });
    const given = await reserved(b, 'two', 2);
    const owner = ownerAmong(a) ?? '';
    installation.freeze(owner);
    // Written down by the frozen one, perhaps, and told by nobody: the next owner finds the key, or reserves afresh.
    const caught = await reserved(b, 'three', 2);
    expect(ownerAmong(b)).not.toBe(owner);
    expect(caught.values).toEqual([6n, 7n]);
    expect((await reserved(a, 'three', 2)).id).toBe(caught.id);
    expect(await b.service.reservations().find(undefined, given.id)).toMatchObject({ state: 'reserved', values: [4n, 5n] });
    await a.service.reservations().cancel({ id: given.id, by: 'a', because: 'rolled back' });
    await b.service.reservations().confirm({ id: caught.id, by: 'b' });
    const again = await reserved(a, 'four', 2);
    expect(again.values).toEqual([4n, 5n]);
    await b.service.reservations().confirm({ id: again.id, by: 'b', sequence: 'invoices' });
    expect((await a.service.reservations().voids({ sequence: 'invoices', from: 0, limit: 10 })).entries).toEqual([]);
    expect(await b.service.who('invoices', 4n)).toMatchObject({ state: 'issued', holder: { reservation: again.id } });
    const report = await a.service.audit();
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.accounts[0]).toMatchObject({ sequence: 'invoices', issued: 7, inDoubt: 0, burnt: 0 });
  }, 20_000);

  it('hands over at once when its owner is stopped, and shows what was asked for', async () => {
    const [a, b] = await smallest();
    await a.service.create('invoices', { guarantee: 'gapless' });
    await reserved(a, 'one', 2);
    const owner = ownerAmong(a) ?? '';
    const asked = Array.from({ length: 20 }, (_, index) => reserved(b, `many-${index}`));
    await installation.stop(owner);
    const values = (await Promise.all(asked)).flatMap(({ values: each }) => each);
    expect(values.map(Number).sort((x, y) => x - y)).toEqual(Array.from({ length: 20 }, (_, index) => index + 3));
    await until(() => (b.service.status().streams[0]?.requestsTotal ?? 0) > 0);
    expect(b.service.status().streams[0]).toMatchObject({ stream: expect.stringContaining('invoices'), pool: 'transaction-0' });
    expect(b.service.explain(b.service.status().streams[0]?.stream ?? '').sentences[0]).toContain('The last shard held');
    await a.service.restart('invoices');
    expect((await reserved(b, 'fresh')).values).toEqual([1n]);
  }, 20_000);

  it('answers next from the database where that is promised: once a request, each with its caller, over HTTP and over the log', async () => {
    const [a, b] = await smallest();
    await a.service.create('payments', { durability: 'answered' });
    await a.service.registerClient('till-7', { clientType: 'pos', service: 'berlin' });
    await until(() => b.parts.reader.ranges.some(({ live }) => live.has('payments')));
    const numbersOf = ({ blocks }: NextAnswer): number[] =>
      blocks.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => Number(start) + index));
    const caller = { clientType: 'web', service: 'shop' };
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? a : b).service.next({ sequence: 'payments', count: 2, ...caller })),
    );
    const keyed = await a.service.next({ sequence: 'payments', count: 2, clientId: 'till-7', idempotencyKey: 'one' });
    const requests = ['two', 'three', 'one'].map((id) => ({
      request: { sequence: 'payments', count: 2, clientId: 'till-7' },
      id,
      payloadHash: '',
    }));
    const overTheLog = (await b.service.nextForRequests(requests)) as NextAnswer[];
    // A request that was answered over HTTP is the same request over the log.
    expect(overTheLog[2]?.blocks).toEqual(keyed.blocks);
    const values = [...answers, keyed, ...overTheLog.slice(0, 2)].flatMap(numbersOf).sort((x, y) => x - y);
    expect(values).toEqual(Array.from({ length: 66 }, (_, index) => index + 1));
    await expect(a.service.next({ sequence: 'payments', count: 3, clientId: 'till-7', idempotencyKey: 'one' })).rejects.toMatchObject({
      code: 'SEQ_REQUEST_CONFLICT',
    });
    const [first = 0] = numbersOf(keyed);
    expect(await b.service.who('payments', BigInt(first))).toMatchObject({
      stream: 'payments/pos/berlin',
      holder: { owner: 'pos/berlin till-7' },
    });
    expect(b.service.find('payments', caller)).toMatchObject({ pool: 'transaction-0', endpoint: expect.stringContaining('http://') });
    installation.freeze(ownerAmong(a) ?? '');
    expect(numbersOf(await b.service.next({ sequence: 'payments', count: 2, ...caller })).length).toBe(2);
    await a.service.alter('payments', { increment: 10n });
    const changed = await b.service.next({ sequence: 'payments', count: 1, ...caller });
    expect(numbersOf(changed)[0]).toBeGreaterThan(68);
    const audit = await b.service.audit();
    expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    expect(audit.accounts.reduce((sum, { issued }) => sum + issued, 0)).toBeGreaterThanOrEqual(69);
  }, 20_000);

  it('says in words that there is none, at once', async () => {
    const gateway = await installation.gateway('gateway-a');
    await gateway.service.create('invoices', { guarantee: 'gapless' });
    await expect(reserved(gateway, 'one')).rejects.toMatchObject({ code: 'SEQ_NOT_READY', message: expect.stringContaining('--postgres') });
  });

  it('counts what the catalogue says of a filler', async () => {
    const { parts } = await installation.numbers('filler-a');
    const names = parts.metrics.registry.getMetricsAsArray().map(({ name }) => name);
    const own = names.filter((name) => !/^seqcast_(process|nodejs)_/.test(name));
    expect(own.length).toBeGreaterThan(8);
    expect(own.filter((name) => METRICS[name as MetricName]?.exporters.includes('filler') !== true)).toEqual([]);
  });

  it('is not open to other machines without a secret, nor to whoever does not know it', async () => {
    const open = installation.numbers('filler-a', { transactionsHost: '0.0.0.0' });
    await expect(open).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID', message: expect.stringContaining('SECRET') });
    const secret = 'a secret of sixteen';
    await installation.numbers('filler-b', { transactionsSecret: secret });
    const { parts } = await installation.gateway('gateway-a');
    await until(() => parts.members.list().some(({ member }) => member === 'transaction-0'));
    const numbers = (known: string | undefined) => new RemoteNumbers({ ...parts, secret: known, seen: () => undefined });
    await expect(numbers('a secret of others').find(undefined, '1-1-a')).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    await expect(numbers(secret).find(undefined, '1-1-a')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_RESERVATION' });
  });
});
