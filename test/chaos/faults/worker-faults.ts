/** Workers: killed, frozen until they are zombies, and with a clock that somebody has set. */
import type { Dice } from '../../../simulator/dice.ts';
import type { Worker } from '../workers.ts';
import { type Fault, heldMs, type Installation } from './fault.ts';

const DEAD_MS_MIN = 300;
const DEAD_MS_MAX = 8_000;
const FROZEN_MS_MIN = 1_000;
const FROZEN_MS_MAX = 60_000;
const STEP_MS_MAX = 7_200_000;
const STEP_MS_MIN = 500;
const STEPPED_MS_MIN = 2_000;
const STEPPED_MS_MAX = 15_000;
/** Share of faults that meet both workers of a role at once. */
const BOTH = 0.15;

/** One worker, or now and then both of a role. */
function victims({ workers }: Installation, dice: Dice): Worker[] {
  const victim = dice.pick(workers.all);
  return dice.chance(BOTH) ? workers.of(victim.role) : [victim];
}

const named = (some: readonly Worker[]): string => some.map(({ name }) => name).join(' and ');
/** The other one may be frozen elsewhere, never in this fault's time: workers are met by one fault at a time. */
const isMaster = (some: readonly Worker[]): boolean => some.some(({ role }) => role === 'allocator');

export const WORKER_FAULTS: readonly Fault[] = [
  {
    name: 'kill -9',
    touches: 'workers',
    weight: 8,
    async begin(on, dice) {
      const some = victims(on, dice);
      const holdMs = heldMs(dice, DEAD_MS_MIN, DEAD_MS_MAX);
      await Promise.all(some.map((worker) => worker.kill()));
      const heal = (): void => {
        for (const worker of some) worker.start();
      };
      return { target: named(some), holdMs, isMasterDead: isMaster(some), heal };
    },
  },
  {
    name: 'freeze',
    touches: 'workers',
    weight: 5,
    begin(on, dice) {
      const some = victims(on, dice);
      for (const worker of some) worker.freeze();
      const heal = (): void => {
        for (const worker of some) worker.thaw();
      };
      const holdMs = heldMs(dice, FROZEN_MS_MIN, Math.min(FROZEN_MS_MAX, on.holdMsMax));
      return { target: named(some), holdMs, isMasterDead: isMaster(some), heal };
    },
  },
  {
    name: 'clock step',
    touches: 'workers',
    weight: 2,
    begin(on, dice) {
      const [worker] = victims(on, dice) as [Worker];
      const ms = heldMs(dice, STEP_MS_MIN, STEP_MS_MAX) * (dice.chance(0.5) ? 1 : -1);
      worker.stepClock(ms);
      const holdMs = heldMs(dice, STEPPED_MS_MIN, Math.min(STEPPED_MS_MAX, on.holdMsMax));
      return { target: `${worker.name} by ${(ms / 1_000).toFixed(1)} s`, holdMs, heal: () => worker.stepClock(0) };
    },
  },
];
