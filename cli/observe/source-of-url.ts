/** Opens what the URL names, by its scheme; only that engine's client is loaded. */
import type { ObservedSource } from '../../adapters/counters/observed-source.ts';
import { SequenceError } from '../../core/errors.ts';

const OPENERS: Readonly<Record<string, (url: string) => Promise<ObservedSource>>> = {
  postgres: async (url) => await (await import('../../adapters/postgres/observed-sequence.ts')).openObservedPostgres(url),
  mysql: async (url) => await (await import('../../adapters/mysql/observed-counter.ts')).openObservedMysql(url),
  redis: async (url) => await (await import('../../adapters/redis/observed-counter.ts')).openObservedRedis(url),
  'leaf+http': async (url) => await (await import('../../adapters/leaf/observed-tag.ts')).openObservedLeaf(url),
};
const ALIASES: Readonly<Record<string, string>> = { postgresql: 'postgres', mariadb: 'mysql', rediss: 'redis', 'leaf+https': 'leaf+http' };

export async function openSource(url: string): Promise<ObservedSource> {
  const scheme = /^([a-z+]+):\/\//.exec(url)?.[1] ?? '';
  const open = OPENERS[ALIASES[scheme] ?? scheme];
  if (open !== undefined) return await open(url);
  const known = [...Object.keys(OPENERS), ...Object.keys(ALIASES)].map((each) => `${each}://`).join(', ');
  throw new SequenceError('SEQ_CONFIG_INVALID', `it cannot be told what to observe: the address begins with one of ${known}`);
}
