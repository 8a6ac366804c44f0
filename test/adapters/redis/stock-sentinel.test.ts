/** A stock behind Sentinels: its server is whichever they call the primary, and a fail-over is a new life. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedisStock } from '../../../adapters/redis/stock.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import { engineOrSkip, startRedis } from '../../engines/engines.ts';
import { anyFreePort, ownRedis } from '../bullmq/own-redis.ts';
import { eventually, Issuance } from './stock-life.ts';

const redis = engineOrSkip('redis');
const PRIMARY = 'seqcast-stock';

/** One Sentinel that decides alone, and soon. */
async function startSentinel(primaryPort: number): Promise<number> {
  const port = await anyFreePort();
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-sentinel-'));
  const file = join(directory, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor ${PRIMARY} 127.0.0.1 ${primaryPort} 1`,
    `sentinel down-after-milliseconds ${PRIMARY} 500`,
    `sentinel failover-timeout ${PRIMARY} 2000`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const sentinel = spawn(findProgram('redis-server', process.env), [file, '--sentinel'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => sentinel.once('close', resolve));
  onTestFinished(async () => {
    sentinel.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  return port;
}

describe.skipIf(!redis.available)('a stock behind a Sentinel (needs Redis)', { timeout: 60_000 }, () => {
  test('goes on with the promoted replica, in a new life and without what the old primary had', async () => {
    const primary = await ownRedis();
    const replica = await startRedis({ replicaOf: primary.port });
    onTestFinished(() => replica.stop());
    const hosts = [`127.0.0.1:${await startSentinel(primary.port)}`];
    const open = () => openRedisStock({ url: 'redis://sentinel', sentinels: { name: PRIMARY, hosts } });
    // A Sentinel that has just begun does not answer at once.
    const stock = await eventually(open);
    onTestFinished(() => stock.close());
    const heard: string[] = [];
    stock.onLoaded((stream) => heard.push(stream));
    const issuance = new Issuance();
    const life = await stock.hello();
    expect(await issuance.load(stock, life, 100)).toBe('loaded');
    expect(await issuance.take(stock, 10)).toBe(10);
    // It must have seen the replica before it can promote it.
    await expect.poll(() => replica.cli('INFO', 'replication'), { timeout: 20_000 }).toContain('master_link_status:up');
    await new Promise((resolve) => setTimeout(resolve, 2_000));

    await primary.kill();
    let now = life;
    await expect
      .poll(
        async () => {
          now = await eventually(() => stock.hello());
          return now;
        },
        { timeout: 30_000 },
      )
      .not.toBe(life);
    expect(await replica.cli('INFO', 'replication')).toContain('role:master');
    expect(await issuance.load(stock, life, 100)).toBe('fenced');
    heard.length = 0;
    while (heard.length === 0) {
      expect(await eventually(() => issuance.load(stock, now, 10))).toBe('loaded');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Calls have a connection of their own, which finds the new primary in its own time.
    await expect.poll(() => issuance.take(stock, 1, 10), { timeout: 10_000 }).toBe(10);
  });

  test('says which Sentinels it cannot reach', async () => {
    const hosts = [`127.0.0.1:${await anyFreePort()}`];
    await expect(openRedisStock({ url: 'redis://sentinel', sentinels: { name: PRIMARY, hosts } })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNREACHABLE',
      message: expect.stringContaining(hosts[0] as string),
    });
  });
});
