/**
 * The connections of one stock: one for calls for values, of which many leave in one piece, one for the filler's commands, so that
 * neither waits behind the other, and one more for notices once somebody listens. A command that finds the library missing loads it and is
 * sent once more: it did not run.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { SequenceError } from '../../core/errors.ts';
import { createEngineCalls } from '../engines/engine-calls.ts';
import { createHealthRecord, type EngineHealth, type EngineLog } from '../engines/engine-health.ts';
import { reconnectPauseMs } from '../engines/reconnect-pause.ts';
import { type RedisAddress, redisAddress } from '../redis-server/address.ts';
import { openConnection, serverOptions } from '../redis-server/connection.ts';
import { watchLiveness } from '../redis-server/liveness.ts';
import { loadLibrary } from './library.ts';
import { checkRedis } from './self-check.ts';
import { commandError, isLibraryMissing } from './stock-errors.ts';
import type { StockReply } from './stock-replies.ts';

/** One step of Redis takes well under a millisecond: after this it is away, and a pool that is away is passed over. */
const COMMAND_TIMEOUT_MS = 1_000;
/** Commands that wait for an answer at a time: more only make a queue in front of a server that does not keep up. */
const WAITING_MAX = 10_000;
/** Enough to make a write cheap for each of them, few enough for the server to begin soon. */
const CALLS_PER_PIECE = 16;
/** Sentinels listen here unless their address says otherwise. */
const SENTINEL_PORT = 26_379;

export interface RedisStockOptions {
  /** `redis://` or `rediss://`, with user and password; with Sentinels only those and the scheme count. */
  readonly url: string;
  /** The server is whichever the Sentinels call the primary of this name. */
  readonly sentinels?: { readonly name: string; readonly hosts: readonly string[] };
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string;
  readonly commandTimeoutMs?: number;
  readonly onLog?: EngineLog;
  /** Whether it has to be a primary of a Cluster; `either` for who goes where a filler is already. */
  readonly isClusterNode?: boolean | 'either';
}

export interface StockConnection {
  /** For messages: where it leads. */
  readonly shown: string;
  /** A command for callers; those of one turn of the event loop share a write. */
  serve(name: string, ...args: (string | number)[]): Promise<StockReply | string>;
  /** A command of the filler or the audit. */
  command(name: string, ...args: (string | number)[]): Promise<StockReply>;
  /** Calls `handler` with what is published on the channel, whenever the connection for it stands. */
  listen(channel: string, handler: (message: string) => void): void;
  health(): EngineHealth;
  close(): void;
}

/** Throws `SEQ_ENGINE_UNREACHABLE` or `SEQ_ENGINE_UNUSABLE` with what to change. */
export async function openStockConnection(options: RedisStockOptions): Promise<StockConnection> {
  const { url, sentinels, caFile, commandTimeoutMs = COMMAND_TIMEOUT_MS, onLog, isClusterNode = false } = options;
  const read = redisAddress(url, caFile);
  const address = sentinels === undefined ? read : { ...read, shown: `the primary ${sentinels.name} of ${sentinels.hosts.join(', ')}` };
  const { shown } = address;
  const open = (timeouts: Pick<RedisOptions, 'commandTimeout' | 'socketTimeout'>): Promise<Redis> =>
    openConnection(
      address,
      commandTimeoutMs,
      // As numbers, ioredis 6 reads integers within 48 of 2^53 wrong; the text of them is right.
      (caller) => new Redis({ ...place(caller, address, sentinels), ...timeouts, stringNumbers: true }),
    );

  const commands = await open({ commandTimeout: commandTimeoutMs });
  let serving: Redis;
  try {
    // A timer for each call would cost as much as the call: the connection as a whole is given up when it says nothing for so long.
    serving = await open({ commandTimeout: undefined, socketTimeout: commandTimeoutMs });
  } catch (error) {
    commands.disconnect();
    throw error;
  }
  const health = createHealthRecord(`the stock (Redis at ${shown})`, onLog);
  const calls = createEngineCalls({ waitingMax: WAITING_MAX, timeoutMs: commandTimeoutMs, failure: (cause) => commandError(shown, cause) });
  const together = writesTogether(serving);
  let listening: Redis | undefined;
  let loading: Promise<void> | undefined;
  let isClosed = false;

  function ensureLibrary(): Promise<void> {
    loading ??= loadLibrary(commands, shown).finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function call(connection: Redis, args: readonly (string | number)[]): Promise<StockReply | string> {
    // The name, the number of keys, keys and arguments; ioredis's types want them one by one.
    const fcall = connection.fcall as (...words: (string | number)[]) => Promise<unknown>;
    try {
      return (await fcall.apply(connection, args as (string | number)[])) as StockReply | string;
    } catch (error) {
      if (!isLibraryMissing(error)) throw error;
      await ensureLibrary();
      return (await fcall.apply(connection, args as (string | number)[])) as StockReply | string;
    }
  }

  function mustBeOpen(): void {
    if (isClosed) throw new SequenceError('SEQ_CLOSED', 'the stock was closed');
  }

  function close(): void {
    isClosed = true;
    for (const each of liveness) each.stop();
    for (const each of [serving, commands, listening]) each?.disconnect();
  }

  let liveness: { stop(): void }[] = [];
  try {
    await checkRedis(commands, { shown, isClusterNode, onLog });
  } catch (error) {
    close();
    throw commandError(shown, error);
  }
  // The stock is as well as the worse of its two connections.
  const ofBoth = { ...health, up: () => commands.status === 'ready' && serving.status === 'ready' && health.up() };
  liveness = [watchLiveness(commands, ofBoth), watchLiveness(serving, ofBoth)];

  return {
    shown,
    async serve(...args) {
      mustBeOpen();
      try {
        return await together(() => call(serving, args));
      } catch (error) {
        throw commandError(shown, error);
      }
    },
    async command(...args) {
      mustBeOpen();
      return (await calls(() => call(commands, args))) as StockReply;
    },
    listen(channel, handler) {
      if (isClosed || listening !== undefined) return;
      // Notices may be missed: this connection waits for the server as long as it takes, and tells nobody.
      const caller = { ...serverOptions(address), retryStrategy: reconnectPauseMs };
      const messages = new Redis({ ...place(caller, address, sentinels), commandTimeout: commandTimeoutMs, autoResubscribe: false });
      listening = messages;
      messages.on('ready', () => {
        messages.subscribe(channel).catch(() => messages.disconnect(true));
      });
      messages.on('message', (_, message) => handler(message));
      liveness.push(watchLiveness(messages, createHealthRecord('', undefined)));
    },
    health: () => health.read(),
    close,
  };
}

/**
 * What is written to the connection in one tick leaves in few pieces. It costs half of what ioredis's own automatic pipelining does, a
 * call that is alone is not held back, and the server works on the first piece while the next one is made.
 */
function writesTogether(connection: Redis): <T>(write: () => T) => T {
  let corked: Redis['stream'] | undefined;
  let written = 0;

  function send(): void {
    corked?.uncork();
    corked = undefined;
    written = 0;
  }

  return (write) => {
    if (corked === undefined) {
      corked = connection.stream;
      corked.cork();
      process.nextTick(send);
    }
    const result = write();
    written++;
    if (written === CALLS_PER_PIECE) send();
    return result;
  };
}

/** Where a connection goes: to the address, or to whoever the Sentinels name each time. */
function place<T extends { readonly retryStrategy: (times: number) => number | null }>(
  caller: T,
  { tls }: RedisAddress,
  sentinels: RedisStockOptions['sentinels'],
) {
  if (sentinels === undefined) return caller;
  return {
    ...caller,
    sentinels: sentinels.hosts.map(sentinelAddress),
    name: sentinels.name,
    role: 'master' as const,
    sentinelRetryStrategy: caller.retryStrategy,
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  };
}

function sentinelAddress(text: string): { host: string; port: number } {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { host, port: port === undefined ? SENTINEL_PORT : Number(port) };
}
