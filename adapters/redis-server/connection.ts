/**
 * How connections to Redis are opened for callers who would rather hear that it is away than wait: the first opening says what is wrong
 * and with which setting, later ones are tried again for ever. The client itself is made by the adapter that owns it.
 */

import { within } from '../engines/engine-calls.ts';
import { reconnectPauseMs } from '../engines/reconnect-pause.ts';
import { CONNECT_TIMEOUT_MS, type RedisAddress, redisUnreachable } from './address.ts';

/** What is used of a client of `ioredis`. */
interface Connection {
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

type CallerOptions = ReturnType<typeof callerOptions>;

/** Throws `SEQ_ENGINE_UNREACHABLE` with what to change. */
export async function openConnection<C extends Connection>(
  address: RedisAddress,
  commandTimeoutMs: number,
  create: (options: CallerOptions) => C,
): Promise<C> {
  let isOpen = false;
  let problem: unknown;
  const connection = create(callerOptions(address, commandTimeoutMs, () => isOpen));
  connection.on('error', (error) => {
    problem = error;
  });
  try {
    await within(CONNECT_TIMEOUT_MS, connection.connect());
    await connection.ping();
    isOpen = true;
    return connection;
  } catch (error) {
    connection.disconnect();
    throw redisUnreachable(address.shown, problem ?? error);
  }
}

export function serverOptions({ host, port, db, username, password, tls }: RedisAddress) {
  return {
    host,
    port,
    db,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function callerOptions(address: RedisAddress, commandTimeoutMs: number, isOpen: () => boolean) {
  return {
    ...serverOptions(address),
    lazyConnect: true,
    // An opening that fails is told at once; what was open is opened again.
    retryStrategy: (times: number) => (isOpen() ? reconnectPauseMs(times) : null),
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Whether a command whose answer was lost did its work is for the caller to find out.
    autoResendUnfulfilledCommands: false,
    // The primary became a replica: the address may lead to the new one by now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
}
