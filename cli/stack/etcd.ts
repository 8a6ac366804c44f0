/** One etcd for the route table, spoken to through its JSON gateway. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EngineProcess, LOOPBACK } from './engine-process.ts';

export interface EtcdOptions {
  readonly program: string;
  readonly directory: string;
  readonly port: number;
  readonly peerPort: number;
}

const START_TIMEOUT_MS = 15_000;
const HEALTH_TIMEOUT_MS = 2_000;
const NAME = 'etcd';
/** A watch that was away for longer reads a list instead. */
const HISTORY_KEPT = '10m';
/** Writes that it keeps in memory besides, a hundred thousand where left out. */
const ENTRIES_IN_MEMORY = 10_000;

export function etcdProcess({ program, directory, port, peerPort }: EtcdOptions): EngineProcess {
  const url = `http://${LOOPBACK}:${port}`;
  const peerUrl = `http://${LOOPBACK}:${peerPort}`;
  const dataDirectory = join(directory, NAME);
  const settings = {
    name: NAME,
    'data-dir': dataDirectory,
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `${NAME}=${peerUrl}`,
    // Every write is kept until somebody compacts: without these its memory and its disk grow with each route, up to a quota that ends all writes.
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': HISTORY_KEPT,
    'snapshot-count': String(ENTRIES_IN_MEMORY),
  };
  return {
    engine: 'etcd',
    name: NAME,
    port,
    stopSignal: 'SIGTERM',
    startTimeoutMs: START_TIMEOUT_MS,
    // etcd asks that nobody else reads its directory.
    prepare: async () => void (await mkdir(dataDirectory, { recursive: true, mode: 0o700 })),
    command: () => ({
      program,
      args: Object.entries(settings).map(([key, value]) => `--${key}=${value}`),
      directory,
      // Versions before 3.5 start on ARM only when told that this is known.
      ...(process.arch === 'arm64' && { env: { ETCD_UNSUPPORTED_ARCH: 'arm64' } }),
    }),
    answers: () => saysHealthy(url),
    isHealthy: () => saysHealthy(url),
  };
}

async function saysHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    const { health } = (await response.json()) as { readonly health?: unknown };
    return String(health) === 'true';
  } catch {
    return false;
  }
}
