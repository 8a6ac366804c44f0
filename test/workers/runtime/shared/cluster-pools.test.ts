/** The pools of a Cluster as its filler opens, keeps and closes them, look by look. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SeenCluster, SeenPrimary } from '../../../../workers/runtime/shared/cluster-changes.ts';
import { ClusterPools } from '../../../../workers/runtime/shared/cluster-pools.ts';
import type { FilledPool } from '../../../../workers/runtime/shared/filled-pool.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

function seen(node: string, from: number, to: number): SeenPrimary {
  return { node, endpoint: `redis://${node.slice(0, 1)}:1`, slots: [{ from, to }] };
}

function filled(first: SeenCluster) {
  let now: SeenCluster | undefined = first;
  const events: string[] = [];
  const pools = new ClusterPools({
    cluster: 'pool-0',
    async look() {
      if (now === undefined) throw new Error('no server of the Cluster answers');
      return now;
    },
    async open(place) {
      events.push(`open ${place.name}`);
      const told = () => events.push(`tell ${place.name} ${place.home.slots.map(({ from, to }) => `${from}-${to}`)}`);
      return { ...place, pool: {}, report: told, close: async () => void events.push(`close ${place.name}`) } as unknown as FilledPool;
    },
    onLog: () => undefined,
  });
  const look = async (next: SeenCluster | undefined): Promise<string[]> => {
    now = next;
    await vi.advanceTimersByTimeAsync(1_000);
    return events.splice(0);
  };
  return { pools, events, look };
}

const certain = (...primaries: SeenPrimary[]): SeenCluster => ({ primaries, uncertain: new Set() });

describe('the pools of a Cluster', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are called after the Cluster and their server, and tell at once of other slots', async () => {
    const { pools, events, look } = filled(certain(seen(A, 0, 99), seen(B, 100, 199)));
    await pools.start();
    expect(events.splice(0)).toEqual(['open pool-0-aaaaaaaa', 'open pool-0-bbbbbbbb']);
    expect(await look(certain(seen(A, 0, 49), seen(B, 50, 199)))).toEqual(['tell pool-0-aaaaaaaa 0-49', 'tell pool-0-bbbbbbbb 50-199']);
    expect(await look(certain(seen(A, 0, 49), seen(B, 50, 199)))).toEqual([]);
    await pools.close();
  });

  it('are kept through a moment in which nobody knows, and closed once a server is known to be no primary', async () => {
    const { pools, events, look } = filled(certain(seen(A, 0, 99), seen(B, 100, 199)));
    await pools.start();
    events.splice(0);
    for (let round = 0; round < 5; round++) expect(await look({ primaries: [seen(A, 0, 99)], uncertain: new Set([B]) })).toEqual([]);
    expect(await look(undefined)).toEqual([]);
    expect(pools.problems()).toEqual(['cluster pool-0: no server of the Cluster answers']);
    expect(await look(certain(seen(A, 0, 199)))).toEqual(['tell pool-0-aaaaaaaa 0-199']);
    expect(pools.problems()).toEqual([]);
    expect(await look(certain(seen(A, 0, 199)))).toEqual([]);
    expect(await look(certain(seen(A, 0, 199)))).toEqual(['close pool-0-bbbbbbbb']);
    await pools.close();
  });

  it('are missed where no server serves yet, and opened when one does', async () => {
    const { pools, look } = filled({ primaries: [], uncertain: new Set([A]) });
    await pools.start();
    expect(pools.problems().join()).toContain('none of its primaries serves');
    expect(await look(certain(seen(A, 0, 99)))).toEqual(['open pool-0-aaaaaaaa']);
    expect(pools.problems()).toEqual([]);
    await pools.close();
  });

  it('have no name that is too long', () => {
    const options = { look: async () => certain(), open: async () => ({}) as never, onLog: () => undefined };
    expect(() => new ClusterPools({ cluster: 'p'.repeat(55), ...options })).toThrow('at most 54 characters');
  });
});
