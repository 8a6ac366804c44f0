/** Full disks: an engine that cannot write ends, or refuses, and is started again when there is room. */
import { type Fault, heldMs, type Touched } from './fault.ts';

const FULL_MS_MIN = 1_000;
const FULL_MS_MAX = 10_000;

function full(name: string, touches: Touched, of: 'broker' | 'postgres'): Fault {
  return {
    name,
    touches,
    weight: 1,
    isPossible: ({ engines }) => engines.disks[of] !== undefined,
    begin({ engines }, dice) {
      const disk = engines.disks[of];
      const engine = of === 'broker' ? engines.brokers[0] : engines.postgres;
      if (disk === undefined || engine === undefined) throw new Error(`there is no small disk for ${name}`);
      disk.fill();
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

export const DISK_FAULTS: readonly Fault[] = [
  full('disk of a broker full', 'kafka', 'broker'),
  full('disk of PostgreSQL full', 'postgres', 'postgres'),
];
