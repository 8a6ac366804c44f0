/**
 * Keeps an eye on one connection to Redis. A connection whose other end froze, or vanished without a word, looks like a quiet one: it is
 * asked now and then, and replaced when it does not answer.
 */
import type { HealthRecord } from '../engines/engine-health.ts';

/** A dead connection is noticed after this and a time-out. */
const PING_EVERY_MS = 5_000;

/** What is used of a client of `ioredis`. */
interface Connection {
  readonly status: string;
  ping(): Promise<unknown>;
  disconnect(reconnect: boolean): void;
  on(event: 'ready' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Call it on a connection that is ready; its commands must have a time-out. */
export function watchLiveness(connection: Connection, health: HealthRecord): { stop(): void } {
  let problem = 'the connection was closed';
  connection.on('error', (error) => {
    problem = error.message;
    if (connection.status !== 'ready') health.down(problem);
  });
  connection.on('close', () => health.down(problem));
  connection.on('ready', () => {
    problem = 'the connection was closed';
    health.up();
  });
  const timer = setInterval(() => {
    if (connection.status !== 'ready') return;
    connection.ping().catch((error: unknown) => {
      problem = error instanceof Error ? error.message : String(error);
      if (connection.status === 'ready') connection.disconnect(true);
    });
  }, PING_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
