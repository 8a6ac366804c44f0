/** Processes that share partitions: who owns what while members come and go, and whose commits count. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaEngine } from '../../../adapters/kafka/kafka.ts';
import type { Subscription } from '../../../pipelines/ports.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { dropTopics, newPrefix, openTestKafka } from './test-kafka.ts';

const kafka = engineOrSkip('kafka');
const TOPICS = ['seqcast.forecasts', 'seqcast.orders'];
/** Leaving is told at once, a rebalance at the next heartbeat. */
const SETTLE = { timeout: 10_000 };

interface Member {
  readonly owned: () => readonly number[];
  readonly heard: (readonly number[])[];
  readonly errors: unknown[];
  readonly membership: Subscription;
}

describe.skipIf(!kafka.available)('a group on Kafka (needs Kafka)', { timeout: 30_000 }, () => {
  const prefix = newPrefix();
  const engines: KafkaEngine[] = [];

  beforeAll(async () => {
    for (let index = 0; index < 3; index++) engines.push(await openTestKafka(kafka.brokers, { prefix }));
    // New partitions have no leader for a moment, which makes kafkajs join anew.
    const places = TOPICS.flatMap((topic) => [0, 1, 2, 3].map((partition) => ({ topic, partition, records: [Buffer.from('first')] })));
    const { log } = engines[0] as KafkaEngine;
    await Promise.all(places.map((place) => log.append(place)));
  });
  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await dropTopics(kafka.brokers, prefix);
  });

  async function join(engine: number, group: string): Promise<Member> {
    const heard: (readonly number[])[] = [];
    const errors: unknown[] = [];
    const membership = await (engines[engine] as KafkaEngine).groups.join({
      group,
      topics: TOPICS,
      onOwned: (partitions) => heard.push(partitions),
      onError: (error) => errors.push(error),
    });
    return { heard, errors, membership, owned: () => heard.at(-1) ?? [] };
  }

  function shares(...members: readonly Member[]): Promise<void> {
    return expect.poll(() => members.flatMap((member) => member.owned()).sort(), SETTLE).toEqual([0, 1, 2, 3]);
  }

  test('shares all partitions among its members, again when one comes and when one leaves', async () => {
    const one = await join(0, 'sharing');
    await shares(one);
    const two = await join(1, 'sharing');
    await expect.poll(() => two.owned().length, SETTLE).toBe(2);
    await shares(one, two);
    const kept = two.owned();
    expect(one.owned()).toHaveLength(2);
    // While it was shared out anew nobody was sure of anything.
    expect(one.heard).toContainEqual([]);
    await one.membership.close();
    await expect.poll(() => two.owned(), SETTLE).toEqual([0, 1, 2, 3]);
    const told = one.heard.length;
    const three = await join(2, 'sharing');
    await expect.poll(() => three.owned().length, SETTLE).toBe(2);
    await shares(two, three);
    expect(one.heard).toHaveLength(told);
    expect([one.errors, two.errors, three.errors]).toEqual([[], [], []]);
    expect(kept).toHaveLength(2);
    await two.membership.close();
    await three.membership.close();
  });

  test('takes commits of its members, from strangers only while it has none, and keeps the last', async () => {
    const [inside, outside] = engines.map(({ log }) => log);
    const topic = TOPICS[0] as string;
    await outside?.commit('committing', topic, 1, 3);
    const member = await join(0, 'committing');
    await shares(member);
    expect(await inside?.committed('committing', topic, 1)).toBe(3);
    await inside?.commit('committing', topic, 1, 5);
    expect(await outside?.committed('committing', topic, 1)).toBe(5);
    await expect(outside?.commit('committing', topic, 1, 4)).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    await member.membership.close();
    await outside?.commit('committing', topic, 1, 6);
    expect(await inside?.committed('committing', topic, 1)).toBe(6);
  });
});
