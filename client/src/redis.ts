/**
 * The entry `seqcast-client/redis`: values straight from Redis, without a gateway in between. It needs `ioredis`, which the application
 * brings; `connect('redis://…')` loads it by itself.
 */
import { randomUUID } from 'node:crypto';
import { Client, type Connection, type SeqcastClient } from './client.ts';
import { SeqcastClientError } from './client-error.ts';
import { Announcer, type ClientHooks, Standing } from './client-events.ts';
import type { Caller } from './http-transport.ts';
import { redisError } from './redis-replies.ts';
import { RedisRoutes } from './redis-routes.ts';
import { ioredis, RedisServers, type RedisSettings } from './redis-servers.ts';
import { RedisTransport } from './redis-transport.ts';
import { patiently } from './retry.ts';
import { checkedSettings, type SequenceSettings } from './sequence.ts';

export interface RedisConnectOptions extends Caller, Partial<SequenceSettings>, ClientHooks {
  /**
   * `redis://` or `rediss://`, with user and password: the Redis that holds the route table, which says where the pools are. Where it
   * holds none, or the user may not read it, values are taken from this server itself.
   */
  readonly address: string;
  /** As ioredis takes them, for every connection: certificates, for example. */
  readonly redis?: RedisSettings;
}

/** Resolves once the Redis answers, within `timeoutMs`. */
export async function connectRedis(options: RedisConnectOptions): Promise<SeqcastClient> {
  const { address, redis = {}, clientId, clientType, service, onEvent, onRequest, ...given } = options;
  if (!URL.canParse(address) || !/^rediss?:$/.test(new URL(address).protocol)) {
    throw new SeqcastClientError('SEQ_INVALID_REQUEST', 'the address is not of the form redis://host:port or rediss://host:port');
  }
  const settings = checkedSettings(given);
  const { timeoutMs, firstPauseMs } = settings;
  const hooks: ClientHooks = { ...(onEvent && { onEvent }), ...(onRequest && { onRequest }) };
  const servers = new RedisServers(await ioredis(), new URL(address), redis);
  const routes = new RedisRoutes(() => servers.ready(servers.shown), {
    ...(clientId && { clientId }),
    ...(clientType && { clientType }),
    ...(service && { service }),
  });
  const hello = async (): Promise<void> => {
    await routes.pools(true).catch((error: unknown) => {
      throw redisError(servers.shown, error);
    });
  };
  try {
    await patiently(hello, { deadlineMs: performance.now() + timeoutMs, firstPauseMs, signal: NEVER });
  } catch (error) {
    servers.close();
    throw error;
  }
  const standing = new Standing(new Announcer(hooks));
  // Clients that wait for the same stream are told apart, so that the filler orders for all of them.
  const waiter = `client-${randomUUID()}`;
  const connection: Connection = {
    transport: (sequence) => new RedisTransport({ sequence, servers, routes, standing, timeoutMs, waiter }),
    close: () => servers.close(),
  };
  return new Client(connection, { ...settings, ...hooks });
}

const NEVER = new AbortController().signal;
