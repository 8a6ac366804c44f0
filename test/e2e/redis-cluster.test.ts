/**
 * An installation whose pools are the primaries of a Redis Cluster, with real processes: streams are served where their slots are, over HTTP
 * and to clients that know the Cluster only; a slot changes its owner, a primary dies and its copy takes over, and nothing comes twice.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PacedCallers } from '../../bench/installation/paced-callers.ts';
import { connect } from '../../client/src/connect.ts';
import type { PoolView } from '../../workers/runtime/members/pool-views.ts';
import { engineOrSkip, type PrivateRedis, startKafka, startRedis } from '../engines/engines.ts';
import { startRedisCluster } from '../engines/redis-cluster.ts';
import { eventually, pause, TestInstallation } from './installation.ts';
import { post } from './server.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
/** The copy is voted in after two seconds; the rest is for a busy machine. */
const TIMEOUT_MS = 180_000;
const SERVICES = Array.from({ length: 12 }, (_, index) => `shop-${index}`);
const COUNT = 5;
const DEPLOY = readFileSync(new URL('../../docs/guides/deploy.md', import.meta.url), 'utf8');
const VALUES = readFileSync(new URL('../../docs/guides/values-from-redis.md', import.meta.url), 'utf8');
/** Streams that nobody asked for before a client of the package does, which has to find out where they belong. */
const FRESH = ['till-0', 'till-1', 'till-2', 'till-3'];

describe.skipIf(!available)('an installation on a Redis Cluster (needs Kafka, Redis)', { timeout: TIMEOUT_MS }, () => {
  test('serves every stream at the owner of its slot, also when that is another one, and gives nothing out twice', async () => {
    const [kafka, cluster, single] = await Promise.all([startKafka(), startRedisCluster({ replicas: 1 }), startRedis()]);
    onTestFinished(async () => {
      await Promise.all([kafka.stop(), cluster.stop(), single.stop()]);
    });
    const [first, second, third] = cluster.primaries as [PrivateRedis, PrivateRedis, PrivateRedis];
    const settings = settingsOfGuide({ 'redis-cluster:6379': `127.0.0.1:${second.port}`, 'redis-jobs:6379': `127.0.0.1:${single.port}` });
    expect(Object.keys(settings)).toContain('SEQCAST_REDIS_CLUSTER');
    const on = new TestInstallation(kafka.brokers, settings);
    const start = (name: string, roles: string) => on.start(name, roles, second.url);
    await Promise.all([start('allocator', 'allocator'), start('filler', 'filler,forecaster'), start('gateway', 'gateway')]);
    const pools = async () => (await on.members()).filter(({ role, state }) => role === 'pool' && state === 'living');
    await eventually(async () => (await pools()).length === 3);
    const board = (await (await fetch(`${on.gateways[0]}/v1/pools`)).json()) as { readonly pools: readonly PoolView[] };
    const slots = board.pools.flatMap((pool) => pool.slots ?? []).reduce((sum, { from, to }) => sum + to - from + 1, 0);
    expect([slots, new Set(board.pools.map((pool) => pool.cluster)).size]).toEqual([16_384, 1]);
    await on.create();
    const streams = SERVICES.map((service) => ({ service, perSecond: 3 }));
    const callers = new PacedCallers({ sequence: on.sequence, gateways: on.gateways, streams, count: COUNT });
    let byCommand = 0;
    /** Whether the stream has values where `server` leads a client that knows nothing of us. */
    const taken = async (server: PrivateRedis, service: string, ...flags: string[]): Promise<boolean> => {
      const key = `{${on.sequence}/default/${service}}:stock`;
      const [outcome, , value] = (await server.cli(...flags, 'FCALL', 'seqcast_next', '1', key, '1').catch(String)).split(/\s+/);
      if (outcome !== 'taken') return false;
      callers.issued.add(Number(value), 1);
      byCommand++;
      return true;
    };
    const answered = async (): Promise<void> => {
      for (const service of SERVICES) {
        await eventually(async () => {
          const { status, body } = await post(`${on.gateways[0]}/v1/sequences/${on.sequence}/next`, { count: 1, service });
          if (status !== 200) return false;
          callers.issued.add(Number((body as { values: string[] }).values[0]), 1);
          byCommand++;
          return true;
        });
      }
    };
    callers.start();
    await answered();
    for (const service of SERVICES) await eventually(() => taken(third, service, '-c'));
    // As the guide has it, with any server of the Cluster.
    const [, command = ''] = /^redis-cli (-c .*)$/m.exec(VALUES) ?? [];
    await post(`${on.gateways[0]}/v1/sequences`, { name: 'orders' });
    await eventually(async () => (await third.cli(...command.replace(/-p \d+ /, '').split(' '))).startsWith('taken'));
    for (const service of FRESH) {
      const client = await connect(single.url, { service });
      callers.issued.add(Number(await client.sequence(on.sequence).next()), 1);
      byCommand++;
      await client.close();
    }

    const moved = `${on.sequence}/default/${SERVICES[0]}`;
    const slot = await first.cli('CLUSTER', 'KEYSLOT', `{${moved}}:stock`);
    const from = Math.min(2, Math.floor(Number(slot) / 5_461));
    const source = cluster.primaries[from] as PrivateRedis;
    const target = cluster.primaries[(from + 1) % 3] as PrivateRedis;
    const ids = await Promise.all([source.cli('CLUSTER', 'MYID'), target.cli('CLUSTER', 'MYID')]);
    await cluster.moveSlot(slot, ...(ids as [string, string]));
    await eventually(() => taken(target, SERVICES[0] ?? ''));
    // What the former owner held is taken out there, and returned.
    await eventually(async () => !(await source.cli('FCALL', 'seqcast_cursors', '0', moved)).includes(moved));

    const lost = (await first.cli('CLUSTER', 'MYID')).slice(0, 8);
    await first.kill();
    await pause(500);
    await answered();
    const after = await pools();
    expect(after).toHaveLength(3);
    expect(after.map(({ member }) => member)).not.toContain(`${on.pool}-${lost}`);

    await first.restart();
    await eventually(async () => (await first.cli('INFO', 'replication')).includes('master_link_status:up'));
    await pause(1_500);
    for (const service of SERVICES) await eventually(() => taken(first, service, '-c'));
    expect(await pools()).toHaveLength(3);
    // Promoted again, it is the pool that it was, in a life of its own.
    expect(await first.cli('CLUSTER', 'FAILOVER')).toBe('OK');
    await eventually(async () => (await pools()).some(({ member }) => member === `${on.pool}-${lost}`));
    await answered();

    await callers.stop();
    expect(callers.failures).toBe(0);
    expect(callers.issued.duplicates).toBe(0);
    expect(callers.issued.count).toBe(callers.requests * COUNT + byCommand);
    const audit = await on.audit();
    expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    const { issued = 0, burnt = 0, inDoubt = 0 } = audit.account ?? {};
    expect(issued + burnt + inDoubt).toBeGreaterThanOrEqual(callers.issued.count);
  });
});

/** The settings of the guide's section, with the addresses of here. */
function settingsOfGuide(addresses: Readonly<Record<string, string>>): Record<string, string> {
  const [, block = ''] = /^```properties\n(SEQCAST_REDIS_CLUSTER=[\s\S]*?)^```$/m.exec(DEPLOY) ?? [];
  const lines = block.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', text = ''] = line.split(/=(.*)/s);
      return [name, Object.entries(addresses).reduce((value, [there, here]) => value.replace(there, here), text)];
    }),
  );
}
