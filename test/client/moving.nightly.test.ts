/**
 * Clients straight from Redis while their streams move, a pool's Redis is killed, and gateways beside them serve the same sequence: nobody
 * gets a value that somebody else got, and everybody goes on.
 */
import { connect, type SeqcastClient } from 'seqcast-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, pause, TestInstallation } from '../e2e/installation.ts';
import { post } from '../e2e/server.ts';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const CLIENTS = 8;

/** Takes one value after the other, through whatever fails in passing. */
class Taker {
  readonly values: bigint[] = [];
  readonly failures: unknown[] = [];
  isStopped = false;
  readonly done: Promise<void>;

  constructor(client: SeqcastClient, sequence: string) {
    this.done = this.#take(client, sequence);
  }

  async #take(client: SeqcastClient, sequence: string): Promise<void> {
    const ids = client.sequence(sequence);
    while (!this.isStopped) {
      try {
        this.values.push(await ids.next(), ...(await ids.take(7)));
      } catch (error) {
        this.failures.push(error);
      }
      await pause(3);
    }
    await client.close();
  }
}

describe.skipIf(!available)('clients straight from Redis (needs Kafka, Redis)', () => {
  test('follow their streams, and outlive a Redis', { timeout: 240_000 }, async () => {
    const [kafka, home, a, b] = await Promise.all([startKafka(), startRedis(), startRedis(), startRedis()]);
    onTestFinished(async () => {
      await Promise.all([kafka, home, a, b].map((engine) => engine.stop()));
    });
    const on = new TestInstallation(kafka.brokers);
    await on.start('back', 'allocator,forecaster', home.url);
    await on.start('filler-a', 'filler', a.url, { pool: 'pool-a', routes: home.url });
    await on.start('filler-b', 'filler', b.url, { pool: 'pool-b', routes: home.url });
    const { url } = await on.start('gateway-a', 'gateway', home.url);
    const living = async (): Promise<string[]> =>
      (await on.members()).filter(({ role, state }) => role === 'pool' && state === 'living').map(({ member }) => member);
    await eventually(async () => (await living()).filter((pool) => /^pool-[ab]$/.test(pool)).length === 2);
    await on.create();

    const addresses = Array.from({ length: CLIENTS }, (_, index) => (index % 4 === 0 ? url : home.url));
    const takers = await Promise.all(
      addresses.map(async (address, index) => new Taker(await connect(address, { service: `s${index}`, timeoutMs: 15_000 }), on.sequence)),
    );
    const move = async (what: 'drain' | 'undrain', pool: string) =>
      expect((await post(`${url}/v1/pools/${pool}/${what}`, {})).status).toBe(202);
    await pause(3_000);
    await move('drain', 'pool-a');
    await pause(4_000);
    await move('undrain', 'pool-a');
    await pause(2_000);
    await b.kill();
    await pause(1_000);
    await b.restart();
    await pause(8_000);
    const before = takers.map(({ values }) => values.length);
    await pause(3_000);
    for (const taker of takers) taker.isStopped = true;
    await Promise.all(takers.map(({ done }) => done));

    const all = takers.flatMap(({ values }) => values);
    expect(new Set(all).size).toBe(all.length);
    for (const [index, { values }] of takers.entries()) expect(values.length, `client ${index}`).toBeGreaterThan(before[index] ?? 0);
    for (const failure of takers.flatMap(({ failures }) => failures)) expect(failure).toMatchObject({ retriable: true });
    expect(await on.audit()).toMatchObject({ ok: true, duplicates: 0 });
    console.log(`${all.length} values, ${takers.flatMap(({ failures }) => failures).length} failed calls`);
  });
});
