/** Pools that are drained, join and are placed on, with several processes over one log. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Installation, installed, until } from './processes.ts';

const STREAMS = 50;

let installation: Installation;

beforeEach(async () => {
  installation = await installed();
});

/** Callers of every stream, each with one call at a time, until they are told to stop. */
class Load {
  readonly values: bigint[] = [];
  stalls = 0;
  #isStopped = false;
  readonly #callers: Promise<void>[] = [];
  readonly #gateway: Awaited<ReturnType<Installation['gateway']>>;

  constructor(gateway: Awaited<ReturnType<Installation['gateway']>>) {
    this.#gateway = gateway;
  }

  async start(): Promise<void> {
    await Promise.all(Array.from({ length: STREAMS }, (_, index) => this.#take(index)));
    this.stalls = 0;
    for (let index = 0; index < STREAMS; index++) this.#callers.push(this.#caller(index));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#callers);
  }

  async #caller(index: number): Promise<void> {
    while (!this.#isStopped) {
      await this.#take(index);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #take(index: number): Promise<void> {
    const { blocks, stalled } = await this.#gateway.service.next({ sequence: 'orders', count: 1, service: `s${index}` });
    if (stalled) this.stalls++;
    for (const { start, count } of blocks) for (let at = 0; at < count; at++) this.values.push(start + BigInt(at));
  }
}

describe('a pool that is drained', () => {
  it('ends empty under load: nobody waits, nothing is given out twice, and it stays empty when everybody restarts', async () => {
    await installation.allocator('allocator-a');
    await installation.forecaster('forecaster-a');
    await installation.filler('filler-a', 'pool-0');
    await installation.filler('filler-b', 'pool-1');
    const gateway = await installation.gateway('gateway-a');
    const { service } = gateway;
    await until(() => gateway.parts.members.livingPools().length === 2);
    await until(() => service.pools().pools.every(({ heardAtMs }) => heardAtMs > 0));
    await service.create('orders', {});
    const load = new Load(gateway);
    await load.start();
    const pool = (name: string) => service.pools().pools.find((each) => each.pool === name);
    await until(() => (pool('pool-0')?.streams ?? 0) + (pool('pool-1')?.streams ?? 0) === STREAMS);
    const before = pool('pool-0')?.streams ?? 0;
    expect(before).toBeGreaterThan(STREAMS / 10);
    // Stock of every stream is there before anything moves.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    load.stalls = 0;
    expect(await service.drain('pool-0')).toMatchObject({ state: 'draining', streams: before });
    await until(() => pool('pool-0')?.state === 'drained');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(load.stalls).toBe(0);
    await load.stop();
    expect(new Set(load.values).size).toBe(load.values.length);
    expect(await service.audit()).toMatchObject({ ok: true, duplicates: 0, accounts: [{ burnt: 0, inDoubt: 0 }] });
    expect((await installation.store('pool-0').cursors()).filter(({ revoked }) => revoked === undefined)).toEqual([]);
    const { moves } = service.pools();
    expect(moves.length).toBe(before);
    expect(moves[0]).toMatchObject({ from: 'pool-0', to: 'pool-1', reason: 'drain' });
    const { sentences } = service.explain(moves[0]?.stream ?? '');
    expect(sentences.join('\n')).toContain('Moved from pool-0 to pool-1');
    // Another gateway and another allocator know of the drain as well: new streams go elsewhere.
    await installation.stop('allocator-a');
    await installation.allocator('allocator-b');
    const other = await installation.gateway('gateway-b');
    await until(() => other.parts.members.livingPools().length === 2);
    for (let index = 0; index < 10; index++) await other.service.next({ sequence: 'orders', count: 1, service: `new${index}` });
    expect(other.service.pools().pools.find((each) => each.pool === 'pool-0')).toMatchObject({ state: 'drained', streams: 0 });
    expect(await other.service.undrain('pool-0')).toMatchObject({ state: 'living' });
    await expect(other.service.drain('pool-9')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_POOL' });
  }, 30_000);
});
