/** Redis `INCR`, with its commands logged on disk, as whoever needs the counter after a restart runs it, and without. */
import type { Peer } from './peer.ts';

function redisCounter(which: 'redis' | 'redisDurable', words: Pick<Peer, 'name' | 'title' | 'how'>): Peer {
  return {
    ...words,
    ...{ kind: 'a call each', isOurs: false, needs: ['redis'], stockIs: 'nowhere' },
    prepare: async (lines, counter) => void (await lines.redis(which).alone.del(counter)),
    open: (lines, counter) => {
      const { alone, together } = lines.redis(which);
      return {
        next: (_, callers) => (callers === 1 ? alone : together).incr(counter),
        idle: () => 0,
        close: async () => undefined,
      };
    },
  };
}

export const REDIS_INCR = redisCounter('redisDurable', {
  name: 'redis-incr',
  title: 'Redis INCR',
  how: 'ioredis, sends together what many ask for; append-only file, synced every second',
});

export const REDIS_INCR_IN_MEMORY = redisCounter('redis', {
  name: 'redis-incr-in-memory',
  title: 'Redis INCR, nothing on disk',
  how: 'ioredis, sends together what many ask for; no file',
});
