/** Partitions are followed wherever they go, also to a broker that led nothing before and while no question fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import type { Follower } from '../../../adapters/follower.ts';
import type { Lines } from '../../../adapters/kafka/lines.ts';
import { createLiveFeed } from '../../../adapters/kafka/live-feed.ts';
import type { Placement } from '../../../adapters/kafka/placement.ts';

interface Asked {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
  }[];
}

test('a partition that passes to an idle broker is asked for there', async () => {
  const leaders = new Map([
    [0, 1],
    [1, 1],
  ]);
  const asked = new Map<number, Set<number>>();
  const broker = (node: number) => ({
    async fetch({ topics }: Asked) {
      await sleep(5);
      const [first] = topics;
      for (const { partition } of first?.partitions ?? []) asked.set(node, (asked.get(node) ?? new Set()).add(partition));
      const partitions = first?.partitions.map(({ partition, fetchOffset }) => ({ partition, highWatermark: fetchOffset, messages: [] }));
      return { responses: [{ topicName: first?.topic, partitions }] };
    },
  });
  const lines = {
    ask: <T>(node: number, question: (of: Broker) => Promise<T>) => question(broker(node) as unknown as Broker),
  } as unknown as Lines;
  const placement = {
    leader: (_topic: string, partition: number) => leaders.get(partition),
    locate: async (_topic: string, partition: number) => leaders.get(partition) ?? 1,
    doubt: () => undefined,
  } as unknown as Placement;
  const failures: unknown[] = [];
  const feed = createLiveFeed({ lines, placement, onFailure: (error) => failures.push(error) });
  onTestFinished(() => feed.close());
  for (const partition of [0, 1]) {
    const place = feed.feed({ topic: 't', partition });
    place.followers.add({ offer: () => undefined } as unknown as Follower);
    feed.begin(place, 0);
  }
  while (asked.get(1)?.size !== 2) await sleep(5);
  leaders.set(1, 2);
  const deadline = performance.now() + 1_000;
  while (!asked.has(2) && performance.now() < deadline) await sleep(5);
  expect([...(asked.get(2) ?? [])]).toEqual([1]);
  expect(failures).toEqual([]);
});
