/** Ports for the stack: the usual ones where they are free, as the compose file has them, else any that nobody listens on. */
import { createServer } from 'node:net';
import { SequenceError } from '../../core/errors.ts';
import { LOOPBACK } from './engine-process.ts';

/** Where clients expect an engine; a port after an engine's first is for its next process. */
export const USUAL_PORTS: Readonly<Record<string, number>> = {
  'kafka-1': 9092,
  'kafka-2': 9094,
  'kafka-3': 9096,
  redis: 6379,
  'redis-replica': 6380,
  'redis-jobs': 6381,
  etcd: 2379,
  postgres: 5432,
};

/** Below the range from which systems take ports for outgoing connections: a port from there may be gone when an engine restarts. */
const LOWEST = 20_000;
const HIGHEST = 29_999;
const TRIES = 200;

/** The usual port of that process if wanted and free, else a random free one. `taken` are promised to others. */
export async function freePort(taken: ReadonlySet<number>, usual?: number): Promise<number> {
  if (usual !== undefined && !taken.has(usual) && (await isFree(usual))) return usual;
  for (let tries = 0; tries < TRIES; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new SequenceError('SEQ_PORT_IN_USE', `no free port was found between ${LOWEST} and ${HIGHEST}`);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
