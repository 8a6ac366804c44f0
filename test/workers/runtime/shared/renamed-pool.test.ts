/** A store that goes on under another pool's name, as where its filler was started with a new one. */
import { beforeEach, expect, test } from 'vitest';
import { type Installation, installed, until } from './processes.ts';

let installation: Installation;

beforeEach(async () => {
  installation = await installed();
});

test('what the new pool is given stays when the old one is lost', { timeout: 60_000 }, async () => {
  await installation.allocator('allocator-a');
  await installation.forecaster('forecaster-a');
  await installation.filler('filler-a', 'former');
  const { service, parts } = await installation.gateway('gateway-a');
  const isLiving = (pool: string): boolean => parts.members.livingPools().some(({ member }) => member === pool);
  await until(() => isLiving('former'));
  await service.create('orders', {});
  await service.next({ sequence: 'orders', count: 5, service: 'old' });
  const lifeOf = (pool: string): string => service.members().find(({ member }) => member === pool)?.incarnation ?? '';
  const former = lifeOf('former');
  await installation.stop('filler-a');
  const left = (await service.audit()).accounts[0]?.stock ?? 0;
  await installation.filler('filler-b', 'renamed', 'former');
  await until(() => isLiving('renamed'));
  const life = lifeOf('renamed');
  await service.next({ sequence: 'orders', count: 5, service: 'new' });
  await until(() => parts.reader.shards.some(({ lost }) => lost.has(former)));
  // What the pool had under its old name is lost with it, the five of which nobody can say how many were issued among it, and nothing else.
  await service.next({ sequence: 'orders', count: 5, service: 'new' });
  expect(lifeOf('renamed')).toBe(life);
  expect((await service.audit()).accounts[0]?.inDoubt).toBe(left + 5);
  expect(await service.audit()).toMatchObject({ ok: true, duplicates: 0 });
});
