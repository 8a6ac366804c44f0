/** Full disks: an engine that cannot write ends, or refuses, and is started again when there is room. */
import pg from 'pg';
import { LOOPBACK } from '../../../cli/stack/engine-process.ts';
import { POSTGRES_NAME } from '../../../cli/stack/postgres.ts';
import { type Fault, heldMs, type Touched } from './fault.ts';

const FULL_MS_MIN = 1_000;
const FULL_MS_MAX = 10_000;
const PRESS_MS_MAX = 2_000;
const SEGMENTS = 3;

/** `press` makes it want room at once, where it would write into what it has for a while. */
function full(name: string, touches: Touched, of: 'broker' | 'postgres', press?: (port: number) => Promise<void>): Fault {
  return {
    name,
    touches: [touches],
    weight: 1,
    isPossible: ({ engines }) => engines.disks[of] !== undefined,
    async begin({ engines }, dice) {
      const disk = engines.disks[of];
      const engine = of === 'broker' ? engines.brokers[0] : engines.postgres;
      if (disk === undefined || engine === undefined) throw new Error(`there is no small disk for ${name}`);
      await disk.fill();
      await press?.(engine.port);
      const heal = async (): Promise<void> => {
        disk.empty();
        // Whether it ended by itself or hangs half alive, a supervisor begins anew.
        await engine.kill();
        await engine.start();
      };
      return { target: engine.name, holdMs: heldMs(dice, FULL_MS_MIN, FULL_MS_MAX), heal };
    },
  };
}

/** Wants a new segment of the write-ahead log, which there is no room for: the server panics. */
async function wantSegments(port: number): Promise<void> {
  const settings = { host: LOOPBACK, port, user: POSTGRES_NAME, database: POSTGRES_NAME };
  const client = new pg.Client({ ...settings, connectionTimeoutMillis: PRESS_MS_MAX, query_timeout: PRESS_MS_MAX });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (let segment = 0; segment < SEGMENTS; segment++) await client.query('SELECT pg_current_xact_id(), pg_switch_wal()');
  } catch {
    // As it should be.
  } finally {
    await client.end().catch(() => undefined);
  }
}

export const DISK_FAULTS: readonly Fault[] = [
  full('disk of a broker full', 'kafka', 'broker'),
  full('disk of PostgreSQL full', 'postgres', 'postgres', wantSegments),
];
