/** A counter in Redis that others INCR, read once in a while: nothing but `GET` is ever sent, to a primary or to a replica. */
import { Redis } from 'ioredis';
import { misnamed, type ObservedSource, positionOf } from '../counters/observed-source.ts';
import { redisAddress, redisAway } from '../redis-server/address.ts';
import { openConnection } from '../redis-server/connection.ts';

/** One step of Redis takes well under a millisecond: after this it is away. */
const COMMAND_TIMEOUT_MS = 2_000;

/** `redis://user:password@host:port/db?key=NAME`. Throws `SEQ_ENGINE_UNREACHABLE` with what to change. */
export async function openObservedRedis(url: string): Promise<ObservedSource> {
  const key = URL.canParse(url) ? new URL(url).searchParams.get('key') : undefined;
  if (key === null || key === '') throw misnamed('say which counter to observe: redis://host:port?key=NAME');
  const address = redisAddress(url);
  // The check whether Redis is loading its data would need another right than GET.
  const connection = await openConnection(address, COMMAND_TIMEOUT_MS, (options) => new Redis({ ...options, enableReadyCheck: false }));
  const what = `counter ${key}`;
  const source: ObservedSource = {
    shown: `${what} in ${address.shown}`,
    async read() {
      let text: string | null;
      try {
        text = await connection.get(key ?? '');
      } catch (error) {
        throw /WRONGTYPE/.test(String(error)) ? misnamed(`${what} in ${address.shown} is no counter`) : redisAway(address.shown, error);
      }
      // A counter that nobody has used yet is not there.
      return { position: positionOf(text ?? '0', what), life: '', block: 1, resolution: 1 };
    },
    async close() {
      connection.disconnect();
    },
  };
  try {
    await source.read();
    return source;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}
