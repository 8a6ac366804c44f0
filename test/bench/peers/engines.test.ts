/** Two peers on real engines for a moment: their figures make sense (needs PostgreSQL and Redis). */
import { describe, expect, it } from 'vitest';
import { answersOf, Contestant } from '../../../bench/peers/contestants.ts';
import { Lines } from '../../../bench/peers/lines.ts';
import { lossAfter } from '../../../bench/peers/losses.ts';
import type { Peer } from '../../../bench/peers/peer.ts';
import { QUICK, TOGETHER } from '../../../bench/peers/plan.ts';
import { postgresSequence } from '../../../bench/peers/postgres-peers.ts';
import { REDIS_INCR_IN_MEMORY } from '../../../bench/peers/redis-peers.ts';
import { engineOrSkip } from '../../engines/engines.ts';

const postgres = engineOrSkip('postgres');
const redis = engineOrSkip('redis');
const RUN_MS = 100;
const COUNTER = `peers_test_${process.pid}`;

describe.skipIf(!postgres.available || !redis.available)('the comparison (needs PostgreSQL and Redis)', () => {
  it.each([
    ['a sequence without a cache', postgresSequence(1), 0],
    ['a sequence with a cache in each session', postgresSequence(50), 49 * TOGETHER],
    ['a counter that is incremented', REDIS_INCR_IN_MEMORY, 0],
  ] satisfies [string, Peer, number][])('measures %s', async (_, peer, idleMax) => {
    const lines = new Lines({ postgres: postgres.url, redis: redis.url, dataDir: '' }, TOGETHER);
    try {
      const contestant = await Contestant.enter(peer, lines, COUNTER);
      await contestant.run(RUN_MS, true);
      await contestant.run(RUN_MS, false);
      await contestant.noteIdle();
      const { alone, together, idle } = contestant.figures();
      for (const { perSecond, p50Ms, p99Ms, p999Ms } of [alone, together]) {
        expect(perSecond.median).toBeGreaterThan(10);
        expect(p50Ms.median).toBeGreaterThan(0);
        expect([p50Ms.median, p99Ms.median, p999Ms.median]).toEqual([p50Ms.median, p99Ms.median, p999Ms.median].sort((a, b) => a - b));
      }
      expect(idle.max).toBeLessThanOrEqual(idleMax);

      const facts = await answersOf(peer, lines, `${COUNTER}_answers`, { ...QUICK, answers: 320 });
      expect(facts).toMatchObject({ duplicates: 0, outOfOrderOfCaller: 0 });
      expect(facts.gaps).toBeLessThanOrEqual(idleMax);
      if (idleMax === 0) expect(facts).toMatchObject({ gaps: 0, outOfOrder: 0 });
    } finally {
      await lines.close();
    }
  });

  it('finds what a session took with it: the rest of its cache', async () => {
    const peer = postgresSequence(50);
    const [before, after] = ['', ''].map(() => new Lines({ postgres: postgres.url, dataDir: '' }, 1)) as [Lines, Lines];
    try {
      await peer.prepare(before, `${COUNTER}_lost`);
      const session = await peer.open(before, `${COUNTER}_lost`);
      const received: string[] = [];
      while (received.length < 7) received.push(String(await session.next(0, 1)));
      await before.close();
      expect(await lossAfter(peer, after, `${COUNTER}_lost`, received, 3)).toMatchObject({ burnt: 43, again: 0 });
    } finally {
      await after.close();
    }
  });
});
