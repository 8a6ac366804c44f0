/** Workers: killed, frozen until they are zombies, and with a clock that somebody has set. */
import type { Dice } from '../../../simulator/dice.ts';
import { ROLES, type Role, type Worker } from '../installation/workers.ts';
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
/** And where it is about what callers notice while nobody allocates. */
const BOTH_MASTERS = 0.5;

/** One worker of a role, or both. */
function victims({ workers }: Installation, role: Role, both: number, dice: Dice): Worker[] {
  const victim = dice.pick(workers.of(role));
  return dice.chance(both) ? workers.of(role) : [victim];
}

const named = (some: readonly Worker[]): string => some.map(({ name }) => name).join(' and ');

/** As often as if every worker were as likely: the weights of a kind are shared by the roles. */
const weightOf = (weight: number): number => weight / ROLES.length;

const killed = (role: Role, both: number): Fault => ({
  name: 'kill -9',
  touches: [role],
  weight: weightOf(8),
  async begin(on, dice) {
    const some = victims(on, role, both, dice);
    const holdMs = heldMs(dice, DEAD_MS_MIN, DEAD_MS_MAX);
    await Promise.all(some.map((worker) => worker.kill()));
    const heal = (): void => {
      for (const worker of some) worker.start();
    };
    return { target: named(some), holdMs, isMasterDead: role === 'allocator', heal };
  },
});

const frozen = (role: Role, both: number): Fault => ({
  name: 'freeze',
  touches: [role],
  weight: weightOf(5),
  begin(on, dice) {
    const some = victims(on, role, both, dice);
    for (const worker of some) worker.freeze();
    const heal = (): void => {
      for (const worker of some) worker.thaw();
    };
    const holdMs = heldMs(dice, FROZEN_MS_MIN, Math.min(FROZEN_MS_MAX, on.holdMsMax));
    return { target: named(some), holdMs, isMasterDead: role === 'allocator', heal };
  },
});

const stepped = (role: Role): Fault => ({
  name: 'clock step',
  touches: [role],
  weight: weightOf(2),
  begin({ workers, holdMsMax }, dice) {
    const worker = dice.pick(workers.of(role));
    const ms = heldMs(dice, STEP_MS_MIN, STEP_MS_MAX) * (dice.chance(0.5) ? 1 : -1);
    worker.stepClock(ms);
    const holdMs = heldMs(dice, STEPPED_MS_MIN, Math.min(STEPPED_MS_MAX, holdMsMax));
    return { target: `${worker.name} by ${(ms / 1_000).toFixed(1)} s`, holdMs, heal: () => worker.stepClock(0) };
  },
});

export const WORKER_FAULTS: readonly Fault[] = ROLES.flatMap((role) => [killed(role, BOTH), frozen(role, BOTH), stepped(role)]);

/** What storms open with: while no master lives, callers are served from stock. */
export const NO_MASTER_FAULTS: readonly Fault[] = [killed('allocator', BOTH_MASTERS), frozen('allocator', BOTH_MASTERS)];
